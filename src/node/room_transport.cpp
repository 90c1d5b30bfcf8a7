// SPDX-License-Identifier: Apache-2.0
#include "room_transport.hpp"

#include <memory>

#include "oort/env/transport.hpp"

namespace oort::node {

void RoomTransport::on_message(env::MessageType range, MessageHandler handler) {
  // Shared with the frames that wait on the strand.
  auto shared = std::make_shared<MessageHandler>(std::move(handler));
  inner_.on_message(range, [this, shared](NodeId from, env::MessageType type, Bytes payload) {
    strand_.post([shared, from, type, payload = std::move(payload)]() mutable {
      (*shared)(from, type, std::move(payload));
    });
  });
}

void RoomTransport::on_request(env::MessageType range, RequestHandler handler) {
  auto shared = std::make_shared<RequestHandler>(std::move(handler));
  inner_.on_request(range, [this, shared](NodeId from, env::MessageType type, Bytes payload,
                                          Callback<Result<Bytes>> reply) {
    strand_.post(
        [shared, from, type, payload = std::move(payload), reply = std::move(reply)]() mutable {
          (*shared)(from, type, std::move(payload), std::move(reply));
        });
  });
}

Result<void> RoomTransport::send(const NodeId& to, env::TrafficClass traffic, env::MessageType type,
                                 ByteView payload) {
  return inner_.send(to, traffic, type, payload);
}

void RoomTransport::request(const NodeId& to, env::TrafficClass traffic, env::MessageType type,
                            Bytes payload, Duration deadline, Callback<Result<Bytes>> done) {
  inner_.request(to, traffic, type, std::move(payload), deadline,
                 on_strand<Result<Bytes>>(strand_, std::move(done)));
}

}  // namespace oort::node
