// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"

namespace oort::env {

/// Which queue and connection a frame uses; a busy lower class never delays a higher one.
enum class TrafficClass : std::uint8_t {
  Consensus = 0,  ///< Votes and certificates.
  Proposal = 1,   ///< Proposals and bodies that a vote waits for.
  Bulk = 2,       ///< Sync, shards, repair.
  Gossip = 3,     ///< Transactions.
};
inline constexpr std::size_t traffic_classes_count = 4;

/// Message types are ranges per room, reserved for ever.
using MessageType = std::uint16_t;
namespace message_range {
inline constexpr MessageType consensus = 0x0100;  ///< 0x0100–0x01ff
inline constexpr MessageType chain = 0x0200;      ///< 0x0200–0x02ff
inline constexpr MessageType object = 0x0300;     ///< 0x0300–0x03ff
inline constexpr MessageType honesty = 0x0400;    ///< 0x0400–0x04ff
inline constexpr MessageType compute = 0x0500;    ///< 0x0500–0x05ff
inline constexpr MessageType datahub = 0x0600;    ///< 0x0600–0x06ff
}  // namespace message_range

/// Frames between authenticated nodes. The sender of a frame is proven by its TLS key; nothing
/// else about a frame may be believed.
///
/// Invariants
///   T1  Frames of one class between two nodes arrive in order, at most once, or not at all.
///   T2  Every queue is bounded in bytes; a full one refuses instead of growing.
///   T3  Every request's callback runs exactly once, by its deadline.
/// Threads: any call from any thread; handlers and callbacks run on the strand given at creation.
class Transport {
 public:
  /// `from` sent `payload`; nothing is answered.
  using MessageHandler = UniqueFunction<void(NodeId from, MessageType type, Bytes payload)>;
  /// `from` asked; `reply` must be called once. An error travels back with its code, reason and
  /// detail.
  using RequestHandler = UniqueFunction<void(NodeId from, MessageType type, Bytes payload,
                                             Callback<Result<Bytes>> reply)>;

  virtual ~Transport() = default;

  [[nodiscard]] virtual NodeId self() const noexcept = 0;
  /// Handlers for the types of one room: all `type` with `type & 0xff00 == range`.
  /// Requires: called before the first frame, once per range.
  virtual void on_message(MessageType range, MessageHandler handler) = 0;
  virtual void on_request(MessageType range, RequestHandler handler) = 0;

  /// Best effort. Fails with QUEUE_FULL, TOO_LARGE or PEER_UNREACHABLE; success promises nothing.
  [[nodiscard]] virtual Result<void> send(const NodeId& to, TrafficClass traffic, MessageType type,
                                          ByteView payload) = 0;
  /// Asks and waits. Fails with what the peer answered, or PEER_UNREACHABLE, QUEUE_FULL,
  /// DEADLINE_EXCEEDED.
  virtual void request(const NodeId& to, TrafficClass traffic, MessageType type, Bytes payload,
                       Duration deadline, Callback<Result<Bytes>> done) = 0;
  /// Nodes with a live connection now, in ascending order.
  [[nodiscard]] virtual std::vector<NodeId> peers() const = 0;
};

}  // namespace oort::env
