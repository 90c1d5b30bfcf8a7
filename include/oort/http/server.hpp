// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/random.hpp"
#include "oort/http/exchange.hpp"

namespace oort::http {

/// Bounds of one server. Times are checked twice a second.
struct Limits {
  /// Request line and fields together; more answers 431.
  std::size_t header_bytes_max = 32 * 1024;
  std::size_t fields_count_max = 128;
  /// More answers 413.
  std::uint64_t body_bytes_max = std::uint64_t{6} << 30;
  /// One more is answered 503 and closed.
  std::size_t connections_count_max = 8192;
  /// From the first byte of a request to the end of its head.
  Duration header_timeout = 15s;
  /// Between two requests of a connection.
  Duration idle_timeout = 75s;
  /// Without one byte of progress in a body or a response.
  Duration stall_timeout = 60s;
  /// Bytes of an unwanted body that are read and dropped to keep a connection.
  std::uint64_t drain_bytes_max = 1024 * 1024;
};

/// Files in PEM: the chain, the server's own certificate first, and its key.
struct TlsOptions {
  std::string certificate;
  std::string key;
  /// How often they are read again. Who connects after that is shown what they hold then.
  Duration reload_every = 60s;
};

struct ServerOptions {
  /// Named in logs and metrics: "s3", "operator".
  std::string name = "http";
  /// A numeric address.
  std::string address = "127.0.0.1";
  /// 0: the kernel chooses; see `Server::port`.
  std::uint16_t port = 0;
  /// Each runs its own event loop; a connection stays on one of them.
  unsigned threads_count = 1;
  /// With it the server speaks TLS 1.2 or 1.3, and nothing in the clear.
  std::optional<TlsOptions> tls;
  bool is_access_logged = true;
  Limits limits;
};

/// An HTTP/1.1 server, in the clear or by TLS: keep-alive, pipelining, chunked bodies both ways,
/// 100-continue.
///
/// Invariants
///   H1  One thread runs a connection from accept to close; a connection answers its requests one
///       by one, in order.
///   H2  A request that is ambiguous about where its body ends is refused and the connection
///       closed: nothing can be smuggled past a front end.
///   H3  Memory per connection is bounded, whatever the peer sends and however slowly.
///   H4  `stop` lets every request in progress finish within the grace given, takes no new one, and
///       returns with all threads joined.
///   H5  With a certificate every byte goes under TLS 1.2 or 1.3. A renewed pair of files is shown
///       to who connects from then on; one that cannot be used leaves the one before in place.
/// Threads: start and stop from one thread that is not the server's own.
class Server {
 public:
  virtual ~Server() = default;
  /// Listens and answers. Fails with PORT_IN_USE, BAD_ARGUMENT, or BAD_CONFIG (the certificate).
  /// Requires: `handler`, `clock` and `random` outlive the server.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(ServerOptions options,
                                                             Handler& handler, env::Clock& clock,
                                                             env::Random& random);
  /// The port that it listens on.
  [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;
  [[nodiscard]] virtual std::size_t connections_count() const noexcept = 0;
  /// Stops; the destructor stops without grace. Later calls do nothing.
  virtual void stop(Duration grace) = 0;
};

}  // namespace oort::http
