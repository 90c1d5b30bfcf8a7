// SPDX-License-Identifier: Apache-2.0
#include "dispatch.hpp"

#include <utility>

#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/transport.hpp"

namespace oort::net {
namespace {

/// The duty to answer one request. Dropped unanswered, it says so to the peer, which would
/// otherwise wait for its deadline.
class Answer {
 public:
  Answer(std::shared_ptr<Outbox> outbox, std::shared_ptr<Link> link, const FrameHeader& header)
      : outbox_(std::move(outbox)),
        link_(std::move(link)),
        type_(header.type),
        request_(header.request) {}
  Answer(Answer&&) noexcept = default;
  Answer& operator=(Answer&&) = delete;
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() {
    if (outbox_ == nullptr) return;
    give(fail(ErrorCode::Internal, reason::internal, "the request was dropped unanswered"));
  }

  void give(Result<Bytes> result) {
    OORT_ASSERT(outbox_ != nullptr, "a request is answered once");
    link_->inbound_requests.fetch_sub(1);
    std::exchange(outbox_, nullptr)->answer(link_, type_, request_, std::move(result));
  }

 private:
  // Shared with everything that still has to speak after the transport's owner let go of it.
  std::shared_ptr<Outbox> outbox_;
  std::shared_ptr<Link> link_;
  env::MessageType type_;
  std::uint64_t request_;
};

std::size_t index_of(env::MessageType type) noexcept { return type >> 8U; }

}  // namespace

void Dispatcher::on_message(env::MessageType range, env::Transport::MessageHandler handler) {
  auto& place = message_handlers_[index_of(range)];
  OORT_ASSERT(index_of(range) != 0 && !place, "a range is a room's own and has one handler");
  place = std::move(handler);
}

void Dispatcher::on_request(env::MessageType range, env::Transport::RequestHandler handler) {
  auto& place = request_handlers_[index_of(range)];
  OORT_ASSERT(index_of(range) != 0 && !place, "a range is a room's own and has one handler");
  place = std::move(handler);
}

void Dispatcher::deliver(const std::shared_ptr<Outbox>& outbox, const std::shared_ptr<Link>& link,
                         std::vector<Arrival> arrivals,
                         const std::function<void(std::size_t)>& taken) {
  for (Arrival& arrival : arrivals) {
    const std::size_t size = frame_header_bytes + arrival.frame.payload.size();
    if (arrival.done) {
      (*arrival.done)(result_of(std::move(arrival.frame)));
    } else {
      const std::lock_guard lock(running_);
      if (!is_stopped_) handle(outbox, link, std::move(arrival.frame));
    }
    taken(size);
  }
}

void Dispatcher::handle(const std::shared_ptr<Outbox>& outbox, const std::shared_ptr<Link>& link,
                        ArrivedFrame frame) {
  const std::size_t index = index_of(frame.header.type);
  if (frame.header.kind == FrameKind::Message) {
    auto& handler = message_handlers_[index];
    if (handler) return handler(link->peer(), frame.header.type, std::move(frame.payload));
    return log::debug("net", "message of an unknown type",
                      {{"peer", link->peer().short_hex()}, {"type", frame.header.type}});
  }
  Answer answer(outbox, link, frame.header);
  auto& handler = request_handlers_[index];
  if (!handler) {
    return answer.give(
        fail(ErrorCode::Unimplemented, reason::not_supported,
             "this node answers no requests of type " + std::to_string(frame.header.type)));
  }
  handler(
      link->peer(), frame.header.type, std::move(frame.payload),
      [owed = std::move(answer)](Result<Bytes> result) mutable { owed.give(std::move(result)); });
}

void Dispatcher::stop() noexcept {
  const std::lock_guard lock(running_);
  is_stopped_ = true;
}

Result<Bytes> result_of(ArrivedFrame reply) {
  if (reply.header.kind == FrameKind::Reply) return std::move(reply.payload);
  auto error = decode_error(reply.payload);
  if (!error) {
    return fail(ErrorCode::Internal, reason::peer_misbehaved,
                "the peer answered with an error that has no form: " + error.error().detail());
  }
  return fail(*std::move(error));
}

}  // namespace oort::net
