// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "frame.hpp"

namespace oort::net {

/// The way to one peer for one class: the frames that wait for it.
///
/// Outlives the connections that serve it one after the other. Threads: any.
class Link {
 public:
  enum class State : std::uint8_t {
    Unreachable,  ///< Frames are refused.
    Waiting,      ///< Frames wait for a connection that is being made.
    Up,
  };
  /// Replies may use a second queue's worth of bytes: refusing one would leave the peer waiting for
  /// work that is already done.
  enum class Room : std::uint8_t { Ordinary, Double };

  Link(const NodeId& peer, env::TrafficClass traffic, std::uint64_t number,
       std::size_t queue_bytes_max)
      : peer_(peer), traffic_(traffic), number_(number), queue_bytes_max_(queue_bytes_max) {}

  [[nodiscard]] const NodeId& peer() const noexcept { return peer_; }
  [[nodiscard]] env::TrafficClass traffic() const noexcept { return traffic_; }
  /// Unique in this process.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

  /// Puts the frame at the end of the queue. Fails with PEER_UNREACHABLE or QUEUE_FULL.
  [[nodiscard]] Result<void> push(Frame frame, Room room);
  /// Takes frames from the front until they have `bytes_max` bytes; at least one if there is one.
  [[nodiscard]] std::vector<Frame> pop(std::size_t bytes_max);
  /// Refuses from here on, and drops what waits.
  void set_unreachable();
  void set_state(State state);
  [[nodiscard]] State state() const;
  [[nodiscard]] std::size_t queued_bytes() const;

  /// Whether the caller is the one who must wake the transport's thread for this link.
  [[nodiscard]] bool claim_wake() noexcept { return !is_woken_.exchange(true); }
  void wake_begins() noexcept { is_woken_ = false; }

  /// Bytes that arrived and no handler has taken yet.
  std::atomic<std::size_t> inbox_bytes{0};
  /// Requests of the peer that are being answered here.
  std::atomic<std::size_t> inbound_requests{0};

 private:
  const NodeId peer_;
  const env::TrafficClass traffic_;
  const std::uint64_t number_;
  const std::size_t queue_bytes_max_;
  std::atomic<bool> is_woken_{false};

  mutable std::mutex mutex_;  // Guards what follows.
  State state_ = State::Unreachable;
  std::deque<Frame> queue_;
  std::size_t queued_bytes_ = 0;
};

}  // namespace oort::net
