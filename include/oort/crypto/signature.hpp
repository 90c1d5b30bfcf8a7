// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/env/random.hpp"
#include "oort/env/signer.hpp"

namespace oort::crypto {

/// The 32-byte seed of an Ed25519 key (RFC 8032, 5.1.5). Wiped when destroyed; never logged.
class SecretSeed {
 public:
  explicit SecretSeed(const std::array<std::byte, 32>& bytes) noexcept : bytes_(bytes) {}
  ~SecretSeed();
  SecretSeed(const SecretSeed&) = default;
  SecretSeed& operator=(const SecretSeed&) = default;
  [[nodiscard]] static SecretSeed generate(env::Random& random);
  [[nodiscard]] ByteView view() const noexcept { return bytes_; }

 private:
  std::array<std::byte, 32> bytes_;
};

/// Ed25519 by libsodium, whose rules of validity (canonical only, no small order) are the ledger's
/// and are frozen by vectors.
class KeyPair {
 public:
  explicit KeyPair(const SecretSeed& seed) noexcept;
  ~KeyPair();
  KeyPair(const KeyPair&) = default;
  KeyPair& operator=(const KeyPair&) = default;

  [[nodiscard]] const PublicKey& public_key() const noexcept { return public_key_; }
  [[nodiscard]] NodeId node_id() const noexcept { return NodeId(public_key_.array()); }
  [[nodiscard]] Signature sign(ByteView message) const noexcept;
  [[nodiscard]] SecretSeed seed() const noexcept;

 private:
  PublicKey public_key_;
  std::array<std::byte, 64> secret_{};
};

/// Whether `signature` is `key`'s over `message`. Threads: any.
[[nodiscard]] bool verify(const PublicKey& key, ByteView message,
                          const Signature& signature) noexcept;

[[nodiscard]] inline PublicKey key_of(const NodeId& node) noexcept {
  return PublicKey(node.array());
}
/// First 20 bytes of H("oort.v1 account", key).
[[nodiscard]] AccountId account_of(const PublicKey& key) noexcept;

/// A signer whose key is in this process.
[[nodiscard]] std::unique_ptr<env::Signer> local_signer(const KeyPair& keys);

}  // namespace oort::crypto
