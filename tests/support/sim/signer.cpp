// SPDX-License-Identifier: Apache-2.0
#include "sim/signer.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "sim/generator.hpp"

namespace oort::sim {
namespace {

struct SipState {
  std::array<std::uint64_t, 4> v;

  void round() noexcept {
    v[0] += v[1];
    v[1] = std::rotl(v[1], 13) ^ v[0];
    v[0] = std::rotl(v[0], 32);
    v[2] += v[3];
    v[3] = std::rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = std::rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = std::rotl(v[1], 17) ^ v[2];
    v[2] = std::rotl(v[2], 32);
  }
  void absorb(std::uint64_t word) noexcept {
    v[3] ^= word;
    round();
    round();
    v[0] ^= word;
  }
};

/// SipHash-2-4 (Aumasson, Bernstein 2012) with 64 bits of output.
std::uint64_t sip_hash(std::uint64_t key0, std::uint64_t key1, ByteView bytes) noexcept {
  SipState state{{key0 ^ 0x736f6d6570736575U, key1 ^ 0x646f72616e646f6dU,
                  key0 ^ 0x6c7967656e657261U, key1 ^ 0x7465646279746573U}};
  const std::uint64_t size = bytes.size();
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    state.absorb(word);
    bytes = bytes.subspan(8);
  }
  std::uint64_t last = size << 56U;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    last |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  }
  state.absorb(last);
  state.v[2] ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v[0] ^ state.v[1] ^ state.v[2] ^ state.v[3];
}

class CheapSigner final : public env::Signer {
 public:
  explicit CheapSigner(const PublicKey& key) : key_(key) {}
  PublicKey public_key() const noexcept override { return key_; }
  Result<Signature> sign(ByteView message) override { return cheap_sign(key_, message); }

 private:
  PublicKey key_;
};

}  // namespace

PublicKey cheap_public_key(std::uint64_t number) {
  Generator generator(number ^ 0x6f6f72742d6b6579U);
  PublicKey key;
  for (std::size_t at = 0; at < 32; at += 8) {
    const std::uint64_t word = generator.next();
    std::memcpy(key.mutable_view().data() + at, &word, 8);
  }
  return key;
}

Signature cheap_sign(const PublicKey& key, ByteView message) noexcept {
  std::array<std::uint64_t, 4> words{};
  std::memcpy(words.data(), key.view().data(), 32);
  const std::uint64_t first = sip_hash(words[0], words[1], message);
  const std::uint64_t second = sip_hash(words[2] ^ first, words[3], {});
  Signature signature;
  std::memcpy(signature.mutable_view().data(), &first, 8);
  std::memcpy(signature.mutable_view().data() + 8, &second, 8);
  return signature;
}

bool cheap_verify(const PublicKey& key, ByteView message, const Signature& signature) noexcept {
  return cheap_sign(key, message) == signature;
}

std::unique_ptr<env::Signer> cheap_signer(const PublicKey& key) {
  return std::make_unique<CheapSigner>(key);
}

}  // namespace oort::sim
