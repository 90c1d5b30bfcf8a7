// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <string>

#include "identity.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/transport.hpp"

namespace oort::net {
namespace {

Error broken(const boost::system::error_code& problem) {
  return {ErrorCode::Unavailable, reason::peer_unreachable, problem.message()};
}

}  // namespace

asio::awaitable<Result<NodeId>> Connection::shake_hands() {
  const auto role =
      side == Side::Dialled ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
  const auto [problem] = co_await stream.async_handshake(role, as_values);
  if (problem) co_return fail(broken(problem));
  const auto node = node_of(stream.native_handle());
  if (!node) {
    co_return fail(ErrorCode::Unauthenticated, reason::bad_key, "the peer proved no Ed25519 key");
  }
  phase = phase == Phase::Handshake ? Phase::Greeting : phase;
  co_return *node;
}

asio::awaitable<Result<void>> Connection::write_greeting(env::MessageType type, Bytes payload) {
  FrameHeader header;
  header.type = type;
  const Frame frame = make_frame(header, std::move(payload));
  Bytes bytes(frame.header.begin(), frame.header.end());
  bytes.insert(bytes.end(), frame.payload.begin(), frame.payload.end());
  const auto buffer = asio::buffer(bytes);
  const auto [problem, size] = co_await asio::async_write(stream, buffer, as_values);
  if (problem) co_return fail(broken(problem));
  co_return Result<void>();
}

asio::awaitable<Result<Bytes>> Connection::read_greeting(env::MessageType type) {
  HeaderBytes head{};
  const auto head_buffer = asio::buffer(head);
  const auto [head_problem, head_size] = co_await asio::async_read(stream, head_buffer, as_values);
  if (head_problem) co_return fail(broken(head_problem));
  const auto header = decode_header(head);
  if (!header) co_return fail(Error(header.error()));
  if (header->kind != FrameKind::Message || header->type != type ||
      header->length > greeting_bytes_max) {
    co_return fail(ErrorCode::InvalidArgument, reason::malformed, "the peer does not greet");
  }
  Bytes payload(header->length);
  const auto buffer = asio::buffer(payload);
  const auto [problem, size] = co_await asio::async_read(stream, buffer, as_values);
  if (problem) co_return fail(broken(problem));
  co_return std::move(payload);
}

void Connection::close() noexcept {
  if (phase == Phase::Closed) return;
  phase = Phase::Closed;
  boost::system::error_code ignored;
  stream.lowest_layer().close(ignored);
  wake.cancel();
}

}  // namespace oort::net
