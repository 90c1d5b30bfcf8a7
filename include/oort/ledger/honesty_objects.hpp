// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/crypto/vrf.hpp"
#include "oort/ledger/honesty_draws.hpp"
#include "oort/ledger/honesty_math.hpp"
#include "oort/ledger/record.hpp"

namespace oort::ledger {

/// What is committed, signed and revealed under Proof of Honesty, and the comparisons that the
/// ledger makes of it. Nothing here is a judgement: each verdict is an equality of hashes.
///
/// Invariants
///   HO1  One value has one encoding, and encodings, hashes and signed bytes are frozen.
///   HO2  A reveal passes or opens a fault only if its officer was drawn, its leaf stands in the
///        root of its epoch, and the executor signed its result for that very task. An accusation
///        rests on that signature alone.
///   HO3  Only a unanimous panel whose members all opened their traces convicts or acquits.
///   HO4  A slash never exceeds its pool; finder and victim get at most half of the self-bond's
///        part, and nothing of what was delegated.
///   HO5  A storage proof shows that very leaf of that very shard, and no other.

// --- Baits

/// How a result is compared with the answer.
enum class VerdictRule : std::uint8_t {
  Exact = 0,      ///< Another result is a fault.
  Tolerance = 1,  ///< Another result is a miss that the sequential test weighs.
};
/// What an officer commits to of one bait.
struct BaitLeaf {
  static constexpr std::uint8_t format_version = 1;
  Bytes32 task_commitment;
  Bytes32 answer_commitment;
  VerdictRule rule = VerdictRule::Exact;
  friend bool operator==(const BaitLeaf&, const BaitLeaf&) = default;
};
/// Leaves of every tree, baits and bogus ones together, so that a path tells nothing of the number
/// of baits.
inline constexpr std::uint64_t bait_leaves_count = 256;
/// What a leaf of the tree is: H("oort.v1 bait leaf", salt ‖ leaf). Bogus leaves are random.
[[nodiscard]] Bytes32 leaf_hash(const Bytes32& salt, const BaitLeaf& leaf);
/// H("oort.v1 bait answer", salt ‖ result hash).
[[nodiscard]] Bytes32 answer_commitment(const Bytes32& salt, const Bytes32& result_hash);
/// H("oort.v1 task envelope", envelope): what an executor was asked, byte for byte.
[[nodiscard]] Bytes32 task_commitment(ByteView envelope);

// --- Results

/// What an executor says that a task took.
struct Resources {
  std::uint64_t cpu_ms = 0;
  std::uint64_t gpu_ms = 0;
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  friend bool operator==(const Resources&, const Resources&) = default;
};
/// Signed by the executor before anything is revealed, for the broker and the customer.
struct WorkReceipt {
  static constexpr std::uint8_t format_version = 1;
  ChainId chain;
  Epoch epoch;
  LeaseId lease;
  Bytes32 task_commitment;
  Bytes32 input_root;
  Bytes32 result_hash;  ///< Of a batch: the Merkle root over its parts.
  Resources resources;
  NodeId executor;
  Signature signature;
  friend bool operator==(const WorkReceipt&, const WorkReceipt&) = default;
};
/// What `signature` is over: H("oort.v1 work receipt", everything before the signature).
[[nodiscard]] Bytes32 sign_hash(const WorkReceipt& receipt);
[[nodiscard]] bool is_signed(const WorkReceipt& receipt);

/// Shows that a task was a bait, one epoch after it was done.
struct Reveal {
  static constexpr std::uint8_t format_version = 1;
  Epoch epoch;  ///< Whose root holds the leaf; the receipt is of the same epoch.
  NodeId officer;
  crypto::VrfProof drawn;
  BaitLeaf leaf;
  crypto::MerkleProof path;
  Bytes32 salt;
  Bytes32 answer;  ///< Result hash that the answer commitment opens to.
  WorkReceipt receipt;
  friend bool operator==(const Reveal&, const Reveal&) = default;
};
/// An accusation without a bait, in the form of a reveal: its officer is the accuser, who has a
/// receipt and another answer to the same task, and shows no draw and no leaf but the task's name.
[[nodiscard]] Reveal accusation_of(const NodeId& accuser, const WorkReceipt& receipt,
                                   const Bytes32& answer);
/// Whether the reveal has that form, to the bit. No bait has: its path has a length.
[[nodiscard]] bool is_accusation(const Reveal& reveal);
/// What the ledger holds of the epoch and the officer. Numbers are frozen.
struct RevealContext {
  OfficerDraw draw;
  Bytes32 root;  ///< That the officer posted.
  OperatorId officer_owner;
  OperatorId executor_owner;
  friend bool operator==(const RevealContext&, const RevealContext&) = default;
};
enum class RevealVerdict : std::uint8_t {
  Passed = 0,
  Fault = 1,   ///< Another result where the rule is Exact.
  Missed = 2,  ///< Another result where the rule is Tolerance.
  NotDrawn = 3,
  NotInTree = 4,
  AnswerNotCommitted = 5,
  AnotherTask = 6,
  AnotherEpoch = 7,
  ReceiptNotSigned = 8,
  OwnExecutor = 9,  ///< Officer and executor answer to one operator.
};
[[nodiscard]] RevealVerdict judge(const Reveal& reveal, const RevealContext& context);
[[nodiscard]] std::string_view to_string(RevealVerdict verdict) noexcept;

// --- Panels

/// H("oort.v1 panel commitment", …) hides an answer until all have committed to theirs.
struct PanelAnswer {
  static constexpr std::uint8_t format_version = 1;
  Bytes32 fault;
  NodeId panelist;
  Bytes32 nonce;
  Bytes32 trace_root;
  std::uint64_t steps_count = 0;
  Bytes32 result_hash;
  friend bool operator==(const PanelAnswer&, const PanelAnswer&) = default;
};
[[nodiscard]] Bytes32 commitment_of(const PanelAnswer& answer);
/// One leaf of a trace: H("oort.v1 trace step", nonce ‖ fault ‖ panelist ‖ index ‖ state hash). A
/// copied trace is of another panelist, and a trace cannot be made from states that one has not.
[[nodiscard]] Bytes32 trace_leaf(const PanelAnswer& answer, std::uint64_t index,
                                 const Bytes32& state_hash);
/// What a panelist shows of its trace at the step that was drawn after all had committed.
struct TraceOpening {
  static constexpr std::uint8_t format_version = 1;
  Bytes32 state_hash;
  crypto::MerkleProof path;
  friend bool operator==(const TraceOpening&, const TraceOpening&) = default;
};
[[nodiscard]] bool opens(const PanelAnswer& answer, std::uint64_t index,
                         const TraceOpening& opening);
/// What a panelist showed in the end; nothing where it kept silent.
struct PanelReveal {
  Bytes32 commitment;
  PanelAnswer answer;
  TraceOpening opening;
  friend bool operator==(const PanelReveal&, const PanelReveal&) = default;
};
/// The step that all members open, drawn by the beacon after the last commitment.
/// Requires: steps_count > 0.
[[nodiscard]] std::uint64_t drawn_step(const Bytes32& seed, const Bytes32& fault,
                                       std::uint64_t steps_count) noexcept;

/// A panelist's part in a round. Silence, and a trace that does not open, is no result.
using PanelVote = std::optional<Bytes32>;
/// The results of those who answered for `fault` as committed and opened the drawn step at the
/// state that most others of the same result have there: what was not computed cannot be opened so.
[[nodiscard]] std::vector<PanelVote> panel_votes(
    const Bytes32& fault, const Bytes32& seed, std::span<const std::optional<PanelReveal>> reveals);
enum class PanelVerdict : std::uint8_t {
  Convicted = 0,  ///< All found the officer's answer: the executor was wrong.
  Acquitted = 1,  ///< All found the executor's result: the accusation was false.
  Split = 2,      ///< Anything else. Nobody is slashed; the next size of panel is drawn.
};
[[nodiscard]] PanelVerdict judge_panel(std::span<const PanelVote> votes, const Bytes32& claimed,
                                       const Bytes32& expected);
/// 3, 7, 21; after those the case is closed without a slash.
inline constexpr std::uint32_t panel_rounds_count = 3;
[[nodiscard]] std::uint32_t panel_size(std::uint32_t round) noexcept;

// --- Slashing

/// Kinds of proven dishonesty. Numbers are frozen.
enum class Offence : std::uint8_t {
  WrongResult = 0,
  MissedAudit = 1,  ///< A public audit of storage without an answer.
  Unavailable = 2,
  ForgedLabel = 3,
  FalseAccusation = 4,
  DoubleVote = 5,
  RiskOverrun = 6,
  MissedForgery = 7,  ///< A panelist agreed to a result that was known to be forged.
};
inline constexpr std::size_t offences_count = 8;
[[nodiscard]] std::string_view to_string(Offence offence) noexcept;
/// Share of the pool that an offence costs by default.
[[nodiscard]] Ppb slash_rate(Offence offence) noexcept;

struct StakePool {
  Oort self;
  Oort delegated;
  friend bool operator==(const StakePool&, const StakePool&) = default;
};
/// Where slashed stake goes: self_taken + delegated_taken == finder + victim + burnt.
struct SlashShares {
  Oort self_taken;
  Oort delegated_taken;
  Oort finder;
  Oort victim;
  Oort burnt;
  friend bool operator==(const SlashShares&, const SlashShares&) = default;
};
/// Takes `rate` of both parts, rounded up. The victim's loss is paid first, then the finder, from
/// half of what the self-bond loses, rounded down; all else is burnt.
[[nodiscard]] SlashShares slash(const StakePool& pool, Ppb rate, Oort victim_loss) noexcept;

// --- Storage audits

/// Asked of a node in public: the beacon drew the shard and the leaf.
struct StorageChallenge {
  static constexpr std::uint8_t format_version = 1;
  Epoch epoch;
  std::uint32_t ordinal = 0;  ///< Of the epoch's audits.
  NodeId node;
  ShardRef shard;
  std::uint64_t leaf = 0;
  friend bool operator==(const StorageChallenge&, const StorageChallenge&) = default;
};
struct StorageProof {
  static constexpr std::uint8_t format_version = 1;
  crypto::TreeProof path;
  Bytes leaf;  ///< At most `crypto::tree_leaf_bytes`.
  friend bool operator==(const StorageProof&, const StorageProof&) = default;
};
/// `root` and `length` are what the ledger holds of the shard.
[[nodiscard]] bool proves(const StorageProof& proof, const StorageChallenge& challenge,
                          const TreeRoot& root, std::uint64_t length);

}  // namespace oort::ledger
