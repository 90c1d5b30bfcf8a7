// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "frame.hpp"
#include "link.hpp"
#include "oort/env/transport.hpp"
#include "requests.hpp"

namespace oort::net {

/// Where answers go.
class Outbox {
 public:
  Outbox() = default;
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  virtual ~Outbox() = default;
  /// Answers request `request` of type `type` that came over `link`. Threads: any.
  virtual void answer(const std::shared_ptr<Link>& link, env::MessageType type,
                      std::uint64_t request, Result<Bytes> result) = 0;
};

/// One thing for the strand to do: give a frame to its handler, or a reply to who asked.
struct Arrival {
  ArrivedFrame frame;
  /// Of a reply.
  std::optional<Requests::Done> done;
};

/// The handlers, and the frames on their way to them.
///
/// Invariant: after `stop` no handler starts, and none is running. Threads: `deliver` on the
/// transport's strand, `stop` on any other.
class Dispatcher {
 public:
  /// Requires: before the first `deliver`; once per range.
  void on_message(env::MessageType range, env::Transport::MessageHandler handler);
  void on_request(env::MessageType range, env::Transport::RequestHandler handler);

  /// Hands over everything in order. Calls `taken` with the size of each frame as it leaves.
  void deliver(const std::shared_ptr<Outbox>& outbox, const std::shared_ptr<Link>& link,
               std::vector<Arrival> arrivals, const std::function<void(std::size_t)>& taken);
  void stop() noexcept;

 private:
  static constexpr std::size_t ranges_count = 256;

  void handle(const std::shared_ptr<Outbox>& outbox, const std::shared_ptr<Link>& link,
              ArrivedFrame frame);

  std::array<env::Transport::MessageHandler, ranges_count> message_handlers_;
  std::array<env::Transport::RequestHandler, ranges_count> request_handlers_;
  // Held while a handler runs, so that `stop` waits for it. The strand runs one at a time anyway.
  std::mutex running_;
  bool is_stopped_ = false;
};

/// What a reply says.
[[nodiscard]] Result<Bytes> result_of(ArrivedFrame reply);

}  // namespace oort::net
