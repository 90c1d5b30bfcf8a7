// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "oort/api/ports.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"

namespace oort::api {

/// Files in PEM.
struct TlsFiles {
  std::string certificate;
  std::string key;
  /// How often they are read again, in seconds; 1 or more.
  unsigned reload_seconds = 60;
};

struct ServerOptions {
  /// "host:port"; port 0 takes a free one. Empty: no network door.
  std::string listen = "127.0.0.1:0";
  /// Without it the server speaks in the clear, which is allowed on loopback alone.
  std::optional<TlsFiles> tls;
  /// Path of the unix socket of AdminService, at most 107 bytes; empty: none. An old socket file is
  /// replaced; the new one has mode 0600.
  std::string admin_socket;
  std::size_t message_bytes_max = std::size_t{8} << 20;
};

/// The gRPC door: NodeService, LedgerService and ObjectService on the network, AdminService on the
/// unix socket, health and reflection on both.
///
/// Invariants
///   A1  Every failed call carries a google.rpc.ErrorInfo with a reason of `core/reasons.hpp`.
///   A2  AdminService answers on the unix socket alone.
///   A3  In the clear the server listens on loopback only.
///   A4  `stop` returns once every call in flight was answered; no port is called after it.
/// Threads: gRPC's own; `start` and `stop` from one thread, `set_serving` from any.
class Server {
  struct Impl;
  struct Passkey {};

 public:
  /// Fails with PORT_IN_USE, BAD_CONFIG (no loopback without TLS, bad certificate, long path).
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(const ServerOptions& options,
                                                             const Ports& ports);
  Server(Passkey key, std::unique_ptr<Impl> impl);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "host:port" as bound; empty without a network door.
  [[nodiscard]] const std::string& endpoint() const noexcept;
  /// What the health service says of the whole server; NOT_SERVING until first set.
  void set_serving(bool is_serving);
  /// Takes no more calls, lets those in flight end until `grace` has passed, then cancels them.
  /// Requires: every port answers what it was asked, at the latest when the node stops.
  void stop(Duration grace);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace oort::api
