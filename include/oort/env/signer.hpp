// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"

namespace oort::env {

/// Holds one Ed25519 key and signs with it; the key may live elsewhere. Threads: any.
class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual PublicKey public_key() const noexcept = 0;
  /// Signs `message` (PureEdDSA, RFC 8032). Fails with SIGNER_REFUSED.
  [[nodiscard]] virtual Result<Signature> sign(ByteView message) = 0;
};

}  // namespace oort::env
