// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "oort/consensus/evidence.hpp"
#include "oort/consensus/signer_record.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/consensus/verify.hpp"
#include "oort/consensus/wal.hpp"
#include "oort/core/time.hpp"
#include "oort/env/signer.hpp"
#include "oort/env/transport.hpp"

namespace oort::consensus {

/// Local policy: nodes may differ in it without harm to safety.
struct Config {
  Duration delta = 100ms;      ///< Bound on one delay after stabilisation: 100 ms LAN, 400 ms WAN.
  Duration execution = 100ms;  ///< What checking a payload may take.
  Duration idle_max = 200ms;   ///< How long a leader waits for a payload. Equal on all nodes.
  Duration timeout_max = 10s;  ///< Bound of every wait after back-off.
  Duration standstill = 1s;    ///< Without finality for so long, retransmit.
  Duration drift_max = 500ms;  ///< How far ahead of this clock a header's time may be.
  std::uint64_t retransmit_bytes_per_second = 256 * limits::kib;  ///< Per peer.
  std::uint64_t views_ahead = 16;           ///< Votes are admitted so far above the current view.
  std::uint64_t views_kept = 16;            ///< Votes are kept so far below the last final view.
  std::uint64_t uncommitted_depth_max = 8;  ///< Deeper blocks must be empty.
  std::uint64_t jitter_seed = 0;            ///< Differs per node.
  /// Stop signing when this key's vote is seen that this engine did not make: another instance
  /// runs.
  bool refuses_second_instance = true;
};

/// The epoch to run. Its anchor is final: genesis, or the boundary block of the epoch before.
struct EpochStart {
  ChainId chain;
  BlockId anchor;
  Height anchor_height;
  std::uint64_t anchor_time_ms = 0;
  Bytes32 seed;             ///< Shuffles the leaders.
  ValidatorSet validators;  ///< Names the epoch.
};

// Inputs ------------------------------------------------------------------------------------------

/// The first input, once. What the log held, and how far the ledger is within this epoch.
///
/// Without a signer record the key's past counts as unknown: the engine asks the others first, and
/// votes only above everything the key can have signed. A key that was just made has a known past:
/// its record is SignerRecord{}, to be written when the key is.
struct Start {
  Recovered recovered;
  /// The last block of this epoch that the ledger holds as final; nothing: only the anchor.
  std::optional<Header> committed;
  /// Random, fresh in every run of the process; marks the answers of a start after amnesia.
  std::uint64_t nonce = 0;
};
/// A frame of a type of `message`. `from` is proven by the transport.
struct MessageReceived {
  NodeId from;
  env::MessageType type = 0;
  SharedBytes bytes;
};
enum class Timer : std::uint8_t { Proposal, View, Idle, Standstill, Fetch, Recovery };
inline constexpr std::size_t timers_count = 6;
/// Early or late ones are harmless.
struct TimerFired {
  Timer timer = Timer::View;
};
/// Everything of Persist outputs up to `token` is durable.
struct Persisted {
  std::uint64_t token = 0;
};
/// The answer to BuildPayload. The driver vouches for it: a later CheckPayload of it would pass.
struct PayloadBuilt {
  View view;
  AppFields fields;
  Bytes payload;
};
/// Whether a proposer would have something to put into a block now. Said at each change.
struct PayloadReady {
  bool is_ready = false;
};
/// The answer to CheckPayload. Valid also says: the body is complete and is kept, or can be made
/// again from the block's payload, after a crash that follows the next Persist.
struct PayloadChecked {
  BlockId block;
  bool is_valid = false;
  /// Not valid, and for this alone: the payload is not the one that the header commits to, or the
  /// driver cannot judge it yet. The first can be sent of any block; the block may be valid, and
  /// final, and is fetched and asked about again.
  bool is_payload_foreign = false;
};
/// The answer to FetchBlock: one PROPOSAL.
struct BlockFetched {
  NodeId from;
  SharedBytes bytes;
};
/// The driver synchronised past this engine: `header` is final, proven by `certificate`, and the
/// ledger holds it. Ignored when not above what is final here.
struct Synced {
  Header header;
  Certificate certificate;
};

struct Input {
  MonoTime now;
  WallTime wall;
  std::variant<Start, MessageReceived, TimerFired, Persisted, PayloadBuilt, PayloadReady,
               PayloadChecked, BlockFetched, Synced>
      event;
};

// Outputs -----------------------------------------------------------------------------------------

/// Append these to the log in order. With `is_sync`, make them durable and answer Persisted{token};
/// without, that may wait for the next one that asks. Failure to do so ends the process.
struct Persist {
  std::vector<WalRecord> records;
  std::uint64_t token = 0;
  bool is_sync = false;
};
/// To every validator but oneself, and to the observers the driver knows.
struct Broadcast {
  env::TrafficClass traffic = env::TrafficClass::Consensus;
  env::MessageType type = 0;
  SharedBytes bytes;
};
struct Send {
  NodeId to;
  env::TrafficClass traffic = env::TrafficClass::Consensus;
  env::MessageType type = 0;
  SharedBytes bytes;
};
/// Replaces a timer of that name that is set.
struct SetTimer {
  Timer timer = Timer::View;
  MonoTime at;
};
struct CancelTimer {
  Timer timer = Timer::View;
};
/// Build a payload on the executed `parent` and answer PayloadBuilt, at once: the engine has done
/// the waiting. The ask is void when a later BuildPayload comes.
struct BuildPayload {
  View view;
  BlockId parent;
  Height height;               ///< Of the block to be.
  bool must_be_empty = false;  ///< payload_count and payload_bytes 0, no last-of-epoch.
};
/// The block that the last PayloadBuilt became; it counts as checked and valid.
struct Proposed {
  BlockRef block;
};
/// Execute `block` on its parent, which was answered valid or is final, and answer PayloadChecked:
/// payload against its root, parent_state_root, parent_result_root, evidence_root, VRF proof, next
/// validators. May be asked again for a block after a restart.
struct CheckPayload {
  BlockRef block;
};
/// Get a PROPOSAL by its id, from one of `peers` in order of preference (all hold it, if honest) or
/// from anywhere, and answer BlockFetched. Asked again while it is missing.
struct FetchBlock {
  BlockId block;
  View view;
  std::vector<NodeId> peers;
};
/// These blocks are final: consecutive, the first on top of the last one reported. Each was
/// answered valid, or built here.
struct Finalized {
  std::vector<BlockRef> blocks;
  CertificateRef certificate;  ///< FINALIZE for the last of `beyond`, else of `blocks`.
  /// Only with ends_epoch: the empty blocks between the boundary block and the certified one. They
  /// are part of the proof, not of the ledger.
  std::vector<BlockRef> beyond;
  bool ends_epoch = false;  ///< The last of `blocks` is the anchor of the next epoch.
};
struct EvidenceFound {
  Evidence evidence;
  Offence offence;
};
/// For metrics and traces.
struct Notarized {
  View view;
  BlockId block;
};
struct ViewEntered {
  View view;
  ValidatorIndex leader;
  std::optional<VoteKind> reason;  ///< The kind of certificate; nothing at the start.
};
/// `peer` sent what no correct node sends. Never a proof; for scores and bans.
struct Misbehaved {
  NodeId peer;
  std::string_view reason;
};
/// This node stops signing, for as long as the process runs. It follows what is final all the same,
/// unless the reason is CORRUPT_DATA: then what a quorum made final contradicts what it holds.
/// Said once, and once more when a node that follows finds that.
struct VotingRefused {
  std::string_view reason;
  std::string detail;
};

using Output = std::variant<Persist, Broadcast, Send, SetTimer, CancelTimer, BuildPayload, Proposed,
                            CheckPayload, FetchBlock, Finalized, EvidenceFound, Notarized,
                            ViewEntered, Misbehaved, VotingRefused>;
using Outputs = std::vector<Output>;

/// Why the chain moves or does not: for operators and tests.
struct Diagnosis {
  View view;
  View final_view;      ///< Of the newest FINALIZE certificate.
  View committed_view;  ///< Of the last block reported in Finalized.
  Height committed_height;
  ValidatorIndex leader;
  bool is_recovering = false;
  bool is_voting = false;
  bool is_ended = false;              ///< The boundary block is final.
  std::uint64_t weight_notarize = 0;  ///< Greatest for one block in `view`, as received.
  std::uint64_t weight_nullify = 0;
  std::uint64_t quorum = 0;
  std::vector<View> last_heard;  ///< Per validator: the view in which it was last heard.
  std::size_t views_count = 0;   ///< Bounded memory: views, and blocks, that are held.
  std::size_t blocks_count = 0;
};

/// OSX: chained Simplex with cumulative NULLIFY and self-justifying proposals, for one epoch.
/// A pure step machine: equal inputs give equal outputs, byte for byte.
///
/// Invariants
///   C1  Agreement: reported final blocks of all correct engines form one chain.
///   C2  No signature of this engine leaves before the record that allows it is durable.
///   C3  At most one block is notarized in a view; no view is both finalized and skipped.
///   C4  Only a validator's first vote of a kind in a view counts; a second, different one is
///       evidence and does not erase it.
///   C5  Memory is bounded by the views between the last final and the current one.
///   C6  After stabilisation and with a quorum of correct validators, finality goes on.
/// An engine without a signer, or whose key is not in the set, observes: it reports, never votes.
/// Threads: none. Never blocks, but for the signer.
class Core {
 public:
  /// `verifier` and `signer` (may be null) outlive the engine.
  Core(const Config& config, EpochStart epoch, const Verifier& verifier, env::Signer* signer);
  ~Core();
  Core(Core&&) noexcept;
  Core& operator=(Core&&) noexcept;
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  [[nodiscard]] Outputs step(const Input& input) noexcept;

  /// The block, if it is not yet pruned: what answers a peer's FetchBlock.
  [[nodiscard]] BlockRef find(const BlockId& block) const noexcept;
  /// What a log needs to hold from now on: for Wal::compact, between two steps.
  [[nodiscard]] std::vector<WalRecord> durable_state() const;
  [[nodiscard]] const SignerRecord& record() const noexcept;
  /// Whether `record` is all that the key signed; not while its past is unknown. What the engine of
  /// the next epoch begins with, if so.
  [[nodiscard]] bool knows_past() const noexcept;
  [[nodiscard]] Diagnosis diagnose() const;
  [[nodiscard]] const ValidatorSet& validators() const noexcept;
  [[nodiscard]] const Schedule& schedule() const noexcept;
  [[nodiscard]] EpochContext context() const noexcept;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace oort::consensus
