// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"

namespace oort::crypto {

/// A 256-bit symmetric key. Wiped when destroyed; never logged.
class SecretKey {
 public:
  SecretKey() noexcept = default;
  explicit SecretKey(const std::array<std::byte, 32>& bytes) noexcept : bytes_(bytes) {}
  ~SecretKey();
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  [[nodiscard]] static SecretKey generate(env::Random& random);
  [[nodiscard]] ByteView view() const noexcept { return bytes_; }

 private:
  std::array<std::byte, 32> bytes_{};
};

inline constexpr std::size_t aead_nonce_size = 12;
inline constexpr std::size_t aead_tag_size = 16;
using AeadNonce = FixedBytes<struct AeadNonceTag, aead_nonce_size>;

/// AES-256-GCM (NIST SP 800-38D). The output is ciphertext ‖ tag: `plain.size() + 16` bytes.
/// Requires: `nonce` is used once with `key`.
[[nodiscard]] Bytes aead_seal(const SecretKey& key, const AeadNonce& nonce, ByteView associated,
                              ByteView plain);
/// Fails with DECRYPTION_FAILED when key, nonce, associated data or any byte differ.
[[nodiscard]] Result<Bytes> aead_open(const SecretKey& key, const AeadNonce& nonce,
                                      ByteView associated, ByteView sealed);
/// In place: `buffer` holds plain text and 16 spare bytes at its end, then ciphertext ‖ tag.
void aead_seal_in_place(const SecretKey& key, const AeadNonce& nonce, ByteView associated,
                        std::span<std::byte> buffer);
/// In place: turns ciphertext ‖ tag into plain text, whose length is 16 less.
[[nodiscard]] Result<std::size_t> aead_open_in_place(const SecretKey& key, const AeadNonce& nonce,
                                                     ByteView associated,
                                                     std::span<std::byte> buffer);

/// Key derivation by BLAKE3: one key per context and input, from one secret.
[[nodiscard]] SecretKey derive_key(Context context, const SecretKey& secret, ByteView input);

/// Sealed to the holder of an Ed25519 key (converted to X25519; libsodium's sealed box, with a
/// fresh key pair per message): 48 bytes longer than `plain`. Nobody learns who sealed it.
[[nodiscard]] Result<Bytes> seal_to(const PublicKey& key, ByteView plain);
/// Fails with DECRYPTION_FAILED.
[[nodiscard]] Result<Bytes> open_sealed(const KeyPair& keys, ByteView sealed);

}  // namespace oort::crypto
