// SPDX-License-Identifier: Apache-2.0
#include "oort/crypto/signature.hpp"

#include <sodium.h>

#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/env/random.hpp"
#include "oort/env/signer.hpp"
#include "sodium_bytes.hpp"

namespace oort::crypto {
namespace {

constexpr Context account_context("oort.v1 account");

class LocalSigner final : public env::Signer {
 public:
  explicit LocalSigner(const KeyPair& keys) : keys_(keys) {}
  [[nodiscard]] PublicKey public_key() const noexcept override { return keys_.public_key(); }
  [[nodiscard]] Result<Signature> sign(ByteView message) override { return keys_.sign(message); }

 private:
  KeyPair keys_;
};

}  // namespace

void require_sodium() noexcept {
  static const bool is_ready = sodium_init() >= 0;
  OORT_ASSERT(is_ready, "libsodium starts on every Linux with a random device");
}

SecretSeed::~SecretSeed() { sodium_memzero(bytes_.data(), bytes_.size()); }

SecretSeed SecretSeed::generate(env::Random& random) {
  std::array<std::byte, 32> bytes{};
  random.fill(bytes);
  const SecretSeed seed(bytes);
  sodium_memzero(bytes.data(), bytes.size());
  return seed;
}

KeyPair::KeyPair(const SecretSeed& seed) noexcept {
  require_sodium();
  crypto_sign_seed_keypair(u8(public_key_.mutable_view()), u8(std::span(secret_)), u8(seed.view()));
}
KeyPair::~KeyPair() { sodium_memzero(secret_.data(), secret_.size()); }

Signature KeyPair::sign(ByteView message) const noexcept {
  Signature signature;
  crypto_sign_detached(u8(signature.mutable_view()), nullptr, u8(message), message.size(),
                       u8(ByteView(secret_)));
  return signature;
}

SecretSeed KeyPair::seed() const noexcept {
  std::array<std::byte, 32> bytes{};
  std::copy_n(secret_.begin(), bytes.size(), bytes.begin());
  const SecretSeed seed(bytes);
  sodium_memzero(bytes.data(), bytes.size());
  return seed;
}

bool verify(const PublicKey& key, ByteView message, const Signature& signature) noexcept {
  require_sodium();
  return crypto_sign_verify_detached(u8(signature.view()), u8(message), message.size(),
                                     u8(key.view())) == 0;
}

AccountId account_of(const PublicKey& key) noexcept {
  const Bytes32 digest = hash(account_context, key.view());
  return *AccountId::from(digest.view().first(AccountId::size_bytes));
}

std::unique_ptr<env::Signer> local_signer(const KeyPair& keys) {
  return std::make_unique<LocalSigner>(keys);
}

}  // namespace oort::crypto
