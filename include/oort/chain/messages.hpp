// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "oort/chain/epochs.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/limits.hpp"
#include "oort/env/transport.hpp"

/// What chains say to each other, beside what the engine says.
namespace oort::chain::wire {

inline constexpr env::MessageType base = env::message_range::chain;
// Messages.
inline constexpr env::MessageType transaction = base + 0;  ///< One encoded transaction.
inline constexpr env::MessageType have = base + 1;         ///< Ids that the sender can give.
inline constexpr env::MessageType want = base + 2;         ///< Ids that the sender asks for.
inline constexpr env::MessageType status = base + 3;
// Requests.
inline constexpr env::MessageType blocks = base + 16;
inline constexpr env::MessageType proposal = base + 17;  ///< A block id; answered by a PROPOSAL.
inline constexpr env::MessageType barrier = base + 18;   ///< Nothing; answered by a BarrierReply.
inline constexpr env::MessageType head = base + 19;      ///< Nothing; answered by FinalHeaders.
// Requests of light clients, of which a node answers so many a second and peer.
/// One encoded transaction; answered by nothing, once it waits in the pool or is final.
inline constexpr env::MessageType submit = base + 20;
/// A transaction's id; answered by an OutcomeProof. Fails with NOT_FOUND, or NOT_READY while the
/// header that shows the outcome is not certified.
inline constexpr env::MessageType outcome = base + 21;
/// A key of the state, its bytes alone; answered by a ProofBundle at the newest provable height.
inline constexpr env::MessageType prove = base + 22;
/// A height; answered by a BlockProof. Fails with NOT_FOUND, or NOT_READY as above.
inline constexpr env::MessageType block_ids = base + 23;

/// An epoch; answered by HandoversReply: that it ended, and what ended those after it. Fails with
/// NOT_FOUND while it runs.
inline constexpr env::MessageType handovers = base + 24;
/// As `prove`, with the handovers that lead from genesis to the epoch of the bundle's headers.
/// Fails with TOO_LARGE where those are more than a bundle holds.
inline constexpr env::MessageType prove_from_genesis = base + 25;

inline constexpr std::size_t ids_count_max = 256;

struct Ids {
  std::vector<TransactionId> ids;
  friend bool operator==(const Ids&, const Ids&) = default;
};
void encode(codec::Writer& out, const Ids& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Ids& value);

/// How far a node is. A claim: it decides whom to ask, and nothing else.
struct Status {
  Height height;
  /// The sender does not vote and wants to hear what validators say.
  bool is_observer = false;
  friend bool operator==(const Status&, const Status&) = default;
};
void encode(codec::Writer& out, const Status& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Status& value);

struct BlocksRequest {
  Height from;
  friend bool operator==(const BlocksRequest&, const BlocksRequest&) = default;
};
void encode(codec::Writer& out, const BlocksRequest& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, BlocksRequest& value);

/// Consecutive PROPOSALs of one epoch, the headers that follow until one has a certificate of its
/// own, and that FINALIZE certificate. Behind the last block of an epoch the headers are those of
/// its handover.
struct BlocksReply {
  std::vector<Bytes> proposals;
  std::vector<consensus::Header> beyond;
  consensus::Certificate certificate;
  friend bool operator==(const BlocksReply&, const BlocksReply&) = default;
};
inline constexpr std::size_t blocks_reply_count_max = 256;
inline constexpr std::size_t blocks_beyond_count_max =
    blocks_reply_count_max + handover_headers_count_max;
/// A reply takes no further block once it holds so much.
inline constexpr std::size_t blocks_reply_bytes = std::size_t{1} << 20;
void encode(codec::Writer& out, const BlocksReply& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, BlocksReply& value);

/// Of consecutive epochs.
struct HandoversReply {
  std::vector<Handover> handovers;
  friend bool operator==(const HandoversReply&, const HandoversReply&) = default;
};
inline constexpr std::size_t handovers_reply_count_max = 64;
/// A reply takes no further one once it holds so much.
inline constexpr std::size_t handovers_reply_bytes = std::size_t{1} << 20;
void encode(codec::Writer& out, const HandoversReply& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, HandoversReply& value);

/// The highest turn in which the sender knows a notarized block, and the certificate that shows it;
/// nothing when there is none yet.
struct BarrierReply {
  std::optional<Bytes> certificate;
  friend bool operator==(const BarrierReply&, const BarrierReply&) = default;
};
void encode(codec::Writer& out, const BarrierReply& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, BarrierReply& value);

}  // namespace oort::chain::wire
