// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/random.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace oort::net {

struct FreeSslContext {
  void operator()(ssl_ctx_st* context) const noexcept;
};
using SslContext = std::unique_ptr<ssl_ctx_st, FreeSslContext>;

/// TLS 1.3 only, both sides prove an Ed25519 key, no resumption (a ticket would prove nothing), one
/// self-signed certificate made here and kept in memory. No chain, name or date is checked: the
/// caller compares the key, with `node_of`, before it believes anything.
/// Fails with BAD_KEY or INTERNAL.
[[nodiscard]] Result<SslContext> make_tls_context(const crypto::SecretSeed& key,
                                                  env::Random& random);

/// The key that the peer proved; empty when there is none. Requires: the handshake is over.
[[nodiscard]] std::optional<NodeId> node_of(const ssl_st* session) noexcept;

/// The node whose key this is.
[[nodiscard]] Result<NodeId> node_of(const crypto::SecretSeed& key);

}  // namespace oort::net
