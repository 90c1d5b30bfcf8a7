// SPDX-License-Identifier: Apache-2.0
// The side that is dialled.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "core.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"

namespace oort::net {
namespace {

// After an accept that failed for want of descriptors: time for some to be given back.
constexpr Duration accept_pause = 100ms;

}  // namespace

asio::awaitable<void> Core::accept() {
  while (!is_stopping_) {
    auto [problem, socket] = co_await acceptor_.async_accept(as_values);
    if (is_stopping_ || problem == asio::error::operation_aborted) break;
    if (problem) {
      log::warn("net", "cannot accept a connection", {{"why", problem.message()}});
      accept_pause_.expires_after(accept_pause);
      co_await accept_pause_.async_wait(as_values);
      continue;
    }
    // Nobody is owed an answer before the handshake.
    if (accepted_count_ >= options_.inbound_connections_max) continue;
    boost::system::error_code ignored;
    socket.set_option(Tcp::no_delay(true), ignored);
    auto connection =
        std::make_shared<Connection>(std::move(socket), tls_, Connection::Side::Accepted, now());
    add(connection);
    asio::co_spawn(context_, serve(std::move(connection)), asio::detached);
  }
}

asio::awaitable<void> Core::serve(std::shared_ptr<Connection> connection) {
  const auto way = co_await receive_hello(connection);
  if (!way) {
    log::debug("net", "an inbound connection ended early", {{"why", way.error().to_string()}});
    close(connection, way.error().detail());
  } else if (connection->phase == Connection::Phase::Greeting) {
    go_up(*way, connection);
  }
}

asio::awaitable<Result<std::shared_ptr<Way>>> Core::receive_hello(
    std::shared_ptr<Connection> connection) {
  const auto node = co_await connection->shake_hands();
  if (!node) co_return fail(Error(node.error()));
  const auto bytes = co_await connection->read_greeting(type_hello);
  if (!bytes) co_return fail(Error(bytes.error()));
  // A hello that came just before the end must not claim the way for a connection that is gone.
  if (connection->phase == Connection::Phase::Closed) {
    co_return fail(ErrorCode::Cancelled, reason::cancelled, "closed meanwhile");
  }
  const auto hello = decode_hello(*bytes);
  if (!hello) co_return fail(Error(hello.error()));

  const Verdict verdict = judge(*node, *hello);
  std::shared_ptr<Way> way;
  if (verdict == Verdict::Accepted) way = claim(*node, *hello, connection);
  Bytes welcome = encode_welcome({verdict, options_.chain, boot_});
  const auto written = co_await connection->write_greeting(type_welcome, std::move(welcome));
  if (!written) co_return fail(Error(written.error()));
  if (way == nullptr) {
    co_return fail(ErrorCode::PermissionDenied, reason::not_allowed, "the peer was refused");
  }
  co_return std::move(way);
}

// Two nodes that dial each other at the same time must agree which connection stays, and a node
// that lost one must be able to make another although its peer still believes in the old one.
// A node dials only while it has no connection, so:
//   a connection that the peer itself had dialled is gone, and the new one takes its place;
//   one that this node dialled may be crossing the peer's; then the lower NodeId's stays, unless
//   the peer has restarted since.
Verdict Core::judge(const NodeId& node, const Hello& hello) {
  if (hello.chain != options_.chain) {
    log::write(level_for(hello.traffic, log::Level::Error), "net",
               "a node of another network dialled in",
               {{"reason", reason::wrong_genesis},
                {"peer", node.hex()},
                {"ours", options_.chain.hex()},
                {"theirs", hello.chain.hex()}});
    return Verdict::WrongChain;
  }
  // Oneself under another address has nothing to say either.
  if (node == self_) return Verdict::NotWelcome;
  if (is_denied(node)) {
    log::debug("net", "a denied node dialled in", {{"peer", node.hex()}});
    return Verdict::NotWelcome;
  }
  if (options_.is_welcome && !options_.is_welcome(node)) {
    log::info("net", "an unwelcome node dialled in", {{"peer", node.hex()}});
    return Verdict::NotWelcome;
  }
  const auto way = find(node, hello.traffic);
  if (way == nullptr || self_ > node) return Verdict::Accepted;
  if (way->connection && way->connection->side == Connection::Side::Dialled &&
      way->connection->peer_boot == hello.boot) {
    // If the peer does not know this connection any more, writing to it will tell.
    way->connection->is_ping_due = true;
    way->connection->wake.cancel();
    return Verdict::Duplicate;
  }
  const bool is_crossing = way->attempt && way->attempt->phase == Connection::Phase::Greeting;
  return is_crossing ? Verdict::Duplicate : Verdict::Accepted;
}

// From here on the way belongs to `connection`, though it is up only after the welcome was sent:
// otherwise this node could accept two at a time.
std::shared_ptr<Way> Core::claim(const NodeId& node, const Hello& hello,
                                 const std::shared_ptr<Connection>& connection) {
  auto way = find_or_add(node, Link::State::Unreachable)[static_cast<std::size_t>(hello.traffic)];
  const auto before = std::exchange(way->connection, connection);
  connection->way = way;
  connection->peer_boot = hello.boot;
  if (before) {
    close(before, "the peer made another");
    fail_requests(*way);
  }
  if (way->attempt) close(way->attempt, "the peer's connection came first");
  if (way->redial_pause != nullptr) way->redial_pause->cancel();
  return way;
}

}  // namespace oort::net
