// SPDX-License-Identifier: Apache-2.0
#include "oort/crypto/aead.hpp"

#include <openssl/evp.h>
#include <sodium.h>

#include <limits>
#include <memory>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/random.hpp"
#include "sodium_bytes.hpp"

namespace oort::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};

/// One context a thread: making one costs more than sealing a small frame.
EVP_CIPHER_CTX* cipher_context() {
  thread_local const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
  OORT_ASSERT(context != nullptr, "a cipher context is missing only without memory");
  return context.get();
}

const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  OORT_ASSERT(cipher != nullptr, "OpenSSL's default provider has AES-256-GCM");
  return cipher;
}

int as_length(std::size_t size) {
  OORT_ASSERT(size <= static_cast<std::size_t>(std::numeric_limits<int>::max()),
              "a frame is far smaller than 2 GiB");
  return static_cast<int>(size);
}

tl::unexpected<Error> decryption_failed() {
  return fail(ErrorCode::DataLoss, reason::decryption_failed,
              "the sealed bytes were changed, or this is not their key");
}

}  // namespace

SecretKey::~SecretKey() { sodium_memzero(bytes_.data(), bytes_.size()); }

SecretKey SecretKey::generate(env::Random& random) {
  SecretKey key;
  random.fill(key.bytes_);
  return key;
}

void aead_seal_in_place(const SecretKey& key, const AeadNonce& nonce, ByteView associated,
                        std::span<std::byte> buffer) {
  OORT_ASSERT(buffer.size() >= aead_tag_size, "the buffer has room for the tag");
  const std::span<std::byte> text = buffer.first(buffer.size() - aead_tag_size);
  const std::span<std::byte> tag = buffer.last(aead_tag_size);
  EVP_CIPHER_CTX* context = cipher_context();
  int written = 0;
  bool is_good =
      EVP_EncryptInit_ex2(context, aes_256_gcm(), u8(key.view()), u8(nonce.view()), nullptr) == 1;
  is_good = is_good && EVP_EncryptUpdate(context, nullptr, &written, u8(associated),
                                         as_length(associated.size())) == 1;
  is_good = is_good &&
            EVP_EncryptUpdate(context, u8(text), &written, u8(text), as_length(text.size())) == 1;
  is_good = is_good && EVP_EncryptFinal_ex(context, u8(tag), &written) == 1;
  is_good = is_good &&
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, aead_tag_size, tag.data()) == 1;
  OORT_ASSERT(is_good, "sealing has no input that it refuses");
}

Result<std::size_t> aead_open_in_place(const SecretKey& key, const AeadNonce& nonce,
                                       ByteView associated, std::span<std::byte> buffer) {
  if (buffer.size() < aead_tag_size) return decryption_failed();
  const std::span<std::byte> text = buffer.first(buffer.size() - aead_tag_size);
  const std::span<std::byte> tag = buffer.last(aead_tag_size);
  EVP_CIPHER_CTX* context = cipher_context();
  int written = 0;
  bool is_good =
      EVP_DecryptInit_ex2(context, aes_256_gcm(), u8(key.view()), u8(nonce.view()), nullptr) == 1;
  is_good = is_good && EVP_DecryptUpdate(context, nullptr, &written, u8(associated),
                                         as_length(associated.size())) == 1;
  is_good = is_good &&
            EVP_DecryptUpdate(context, u8(text), &written, u8(text), as_length(text.size())) == 1;
  is_good = is_good &&
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, aead_tag_size, tag.data()) == 1;
  if (!is_good || EVP_DecryptFinal_ex(context, u8(tag), &written) != 1) {
    // Bytes whose tag was wrong must not be mistaken for plain text.
    sodium_memzero(text.data(), text.size());
    return decryption_failed();
  }
  return text.size();
}

Bytes aead_seal(const SecretKey& key, const AeadNonce& nonce, ByteView associated, ByteView plain) {
  Bytes buffer(plain.size() + aead_tag_size);
  std::copy(plain.begin(), plain.end(), buffer.begin());
  aead_seal_in_place(key, nonce, associated, buffer);
  return buffer;
}

Result<Bytes> aead_open(const SecretKey& key, const AeadNonce& nonce, ByteView associated,
                        ByteView sealed) {
  Bytes buffer = to_bytes(sealed);
  OORT_TRY(const std::size_t size, aead_open_in_place(key, nonce, associated, buffer));
  buffer.resize(size);
  return buffer;
}

SecretKey derive_key(Context context, const SecretKey& secret, ByteView input) {
  Bytes32 derived = hash(context, secret.view(), input);
  const SecretKey key(derived.array());
  sodium_memzero(derived.mutable_view().data(), Bytes32::size_bytes);
  return key;
}

Result<Bytes> seal_to(const PublicKey& key, ByteView plain) {
  require_sodium();
  std::array<unsigned char, crypto_box_PUBLICKEYBYTES> box_key{};
  if (crypto_sign_ed25519_pk_to_curve25519(box_key.data(), u8(key.view())) != 0) {
    return fail(ErrorCode::InvalidArgument, reason::bad_key,
                "the public key " + key.short_hex() + "… is not a point to which one can seal");
  }
  Bytes sealed(plain.size() + crypto_box_SEALBYTES);
  OORT_ASSERT(crypto_box_seal(u8(std::span(sealed)), u8(plain), plain.size(), box_key.data()) == 0,
              "a checked key seals anything");
  return sealed;
}

Result<Bytes> open_sealed(const KeyPair& keys, ByteView sealed) {
  if (sealed.size() < crypto_box_SEALBYTES) return decryption_failed();
  std::array<unsigned char, crypto_box_PUBLICKEYBYTES> box_key{};
  std::array<unsigned char, crypto_box_SECRETKEYBYTES> box_secret{};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> sign_secret{};
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> sign_public{};
  const SecretSeed seed = keys.seed();
  crypto_sign_seed_keypair(sign_public.data(), sign_secret.data(), u8(seed.view()));
  const bool is_converted =
      crypto_sign_ed25519_pk_to_curve25519(box_key.data(), sign_public.data()) == 0 &&
      crypto_sign_ed25519_sk_to_curve25519(box_secret.data(), sign_secret.data()) == 0;
  OORT_ASSERT(is_converted, "a key pair made from a seed is a valid point");
  Bytes plain(sealed.size() - crypto_box_SEALBYTES);
  const bool is_open = crypto_box_seal_open(u8(std::span(plain)), u8(sealed), sealed.size(),
                                            box_key.data(), box_secret.data()) == 0;
  sodium_memzero(box_secret.data(), box_secret.size());
  sodium_memzero(sign_secret.data(), sign_secret.size());
  if (!is_open) return decryption_failed();
  return plain;
}

}  // namespace oort::crypto
