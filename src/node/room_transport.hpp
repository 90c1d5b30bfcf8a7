// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/env/executor.hpp"
#include "oort/env/transport.hpp"

namespace oort::node {

/// The node's one transport as a room sees it whose strand is not the transport's own: handlers and
/// callbacks run on the room's strand. Borrows both. Threads: as Transport.
class RoomTransport final : public env::Transport {
 public:
  RoomTransport(env::Transport& inner, env::Executor& strand) noexcept
      : inner_(inner), strand_(strand) {}

  [[nodiscard]] NodeId self() const noexcept override { return inner_.self(); }
  void on_message(env::MessageType range, MessageHandler handler) override;
  void on_request(env::MessageType range, RequestHandler handler) override;
  [[nodiscard]] Result<void> send(const NodeId& to, env::TrafficClass traffic,
                                  env::MessageType type, ByteView payload) override;
  void request(const NodeId& to, env::TrafficClass traffic, env::MessageType type, Bytes payload,
               Duration deadline, Callback<Result<Bytes>> done) override;
  [[nodiscard]] std::vector<NodeId> peers() const override { return inner_.peers(); }

 private:
  env::Transport& inner_;
  env::Executor& strand_;
};

/// `done`, run on `strand` whoever calls it.
template <class T>
[[nodiscard]] Callback<T> on_strand(env::Executor& strand, Callback<T> done) {
  return [&strand, done = std::move(done)](T value) mutable {
    strand.post(
        [done = std::move(done), value = std::move(value)]() mutable { done(std::move(value)); });
  };
}

}  // namespace oort::node
