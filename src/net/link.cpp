// SPDX-License-Identifier: Apache-2.0
#include "link.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "oort/core/reasons.hpp"

namespace oort::net {

Result<void> Link::push(Frame frame, Room room) {
  const std::size_t limit = room == Room::Double ? 2 * queue_bytes_max_ : queue_bytes_max_;
  const std::lock_guard lock(mutex_);
  if (state_ == State::Unreachable) {
    return fail(ErrorCode::Unavailable, reason::peer_unreachable,
                "no connection to node " + peer_.short_hex());
  }
  // An empty queue takes any frame, so that no frame is too large for every moment.
  if (!queue_.empty() && frame.size() > limit - std::min(limit, queued_bytes_)) {
    return fail(ErrorCode::ResourceExhausted, reason::queue_full,
                std::to_string(queued_bytes_) + " bytes wait for node " + peer_.short_hex());
  }
  queued_bytes_ += frame.size();
  queue_.push_back(std::move(frame));
  return {};
}

std::vector<Frame> Link::pop(std::size_t bytes_max) {
  std::vector<Frame> frames;
  std::size_t bytes = 0;
  const std::lock_guard lock(mutex_);
  while (!queue_.empty() && (frames.empty() || bytes + queue_.front().size() <= bytes_max)) {
    bytes += queue_.front().size();
    frames.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_bytes_ -= bytes;
  return frames;
}

void Link::set_unreachable() {
  const std::lock_guard lock(mutex_);
  state_ = State::Unreachable;
  queue_.clear();
  queued_bytes_ = 0;
}

void Link::set_state(State state) {
  const std::lock_guard lock(mutex_);
  state_ = state;
}

Link::State Link::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::size_t Link::queued_bytes() const {
  const std::lock_guard lock(mutex_);
  return queued_bytes_;
}

}  // namespace oort::net
