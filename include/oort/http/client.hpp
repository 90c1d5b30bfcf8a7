// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/env/clock.hpp"
#include "oort/http/target.hpp"

namespace oort::http {

/// Where a request goes: `http://HOST[:PORT]`, without encryption.
struct Origin {
  std::string host;  ///< A name or an address; IPv6 without its brackets.
  std::uint16_t port = 80;
  /// As the field `Host` has it.
  [[nodiscard]] std::string authority() const;
  friend bool operator==(const Origin&, const Origin&) = default;
};
struct Url {
  Origin origin;
  std::string target;  ///< Path and query as written; "/" where there is none.
  friend bool operator==(const Url&, const Url&) = default;
};
/// Fails with BAD_ARGUMENT for another scheme, a user or password, or no host.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

struct ClientRequest {
  std::string method = "GET";
  Url url;
  /// `Host`, `Content-Length` and `Connection` are the client's.
  std::vector<Parameter> fields;
  Bytes body;
};
struct ClientResponse {
  unsigned status = 0;
  Bytes body;
};
struct ClientLimits {
  /// For all of it, from the look-up of the name to the last byte.
  Duration deadline = 60s;
  std::uint64_t body_bytes_max = std::uint64_t{256} << 20;
  /// Asked several times a second; true gives up.
  std::function<bool()> is_cancelled;
};

/// Sends one request over a connection of its own and returns the whole answer, whatever its
/// status; redirections are not followed. Blocks.
/// Fails with PEER_UNREACHABLE, DEADLINE_EXCEEDED, CANCELLED, TOO_LARGE or MALFORMED.
/// Threads: any.
[[nodiscard]] Result<ClientResponse> send(const ClientRequest& request, const ClientLimits& limits,
                                          const env::Clock& clock);

}  // namespace oort::http
