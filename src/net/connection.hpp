// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <memory>

#include "frame.hpp"
#include "oort/core/time.hpp"

namespace oort::net {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

/// Completions as values: no wait throws.
inline constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

class Way;

/// One TLS connection. Threads: the transport's.
class Connection {
 public:
  enum class Phase : std::uint8_t {
    Handshake,  ///< Who is there is not known.
    Greeting,   ///< The peer proved its key; hello and welcome are under way.
    Up,
    Closed,
  };
  enum class Side : std::uint8_t { Dialled, Accepted };

  Connection(Tcp::socket socket, asio::ssl::context& tls, Side made_by, MonoTime now)
      : stream(std::move(socket), tls), wake(stream.get_executor()), side(made_by), made_at(now) {
    wake.expires_at(asio::steady_timer::time_point::max());
  }

  /// Sends what is needed to know who is there. Fails with PEER_UNREACHABLE or BAD_KEY.
  asio::awaitable<Result<NodeId>> shake_hands();
  asio::awaitable<Result<void>> write_greeting(env::MessageType type, Bytes payload);
  /// Fails with MALFORMED when something else comes.
  asio::awaitable<Result<Bytes>> read_greeting(env::MessageType type);
  /// Ends every wait on this connection; the second call does nothing.
  void close() noexcept;

  asio::ssl::stream<Tcp::socket> stream;
  /// Cancelled when there is something to write, or room to read again.
  asio::steady_timer wake;
  const Side side;
  Phase phase = Phase::Handshake;
  /// The way that this connection serves; empty before the greeting.
  std::shared_ptr<Way> way;
  std::uint64_t peer_boot = 0;

  const MonoTime made_at;
  MonoTime up_at;
  MonoTime received_at;
  /// When the write that is under way last moved.
  MonoTime written_at;
  /// When a caller's frame last came or went.
  MonoTime used_at;
  bool is_writing = false;
  /// Reading waits for handlers.
  bool is_paused = false;
  /// Something should be sent, if only to learn whether the peer is there.
  bool is_ping_due = false;
};

}  // namespace oort::net
