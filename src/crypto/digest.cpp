// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <variant>

#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::crypto {
namespace {

/// A reflected CRC computed eight bytes at a time ("slicing by 8", Intel 2006).
template <class Word, Word Polynomial>
class Crc {
 public:
  void update(ByteView bytes) noexcept {
    static const Tables tables = make_tables();
    Word crc = crc_;
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
      std::uint64_t block = 0;
      for (std::size_t i = 0; i < 8; ++i) {
        block |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
      }
      block ^= crc;
      crc = 0;
      for (std::size_t i = 0; i < 8; ++i) {
        crc ^= tables[7 - i][static_cast<std::uint8_t>(block >> (8 * i))];
      }
    }
    for (; at < bytes.size(); ++at) {
      const auto low = static_cast<std::uint8_t>(crc);
      crc = (crc >> 8U) ^ tables[0][low ^ std::to_integer<std::uint8_t>(bytes[at])];
    }
    crc_ = crc;
  }

  [[nodiscard]] Bytes finish() const {
    const Word value = static_cast<Word>(~crc_);
    Bytes out;
    for (std::size_t i = sizeof(Word); i-- > 0;) {
      out.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(value >> (8 * i))));
    }
    return out;
  }

 private:
  using Tables = std::array<std::array<Word, 256>, 8>;

  static Tables make_tables() noexcept {
    Tables tables{};
    for (std::size_t byte = 0; byte < 256; ++byte) {
      Word crc = static_cast<Word>(byte);
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? Polynomial : 0);
      tables[0][byte] = crc;
    }
    for (std::size_t table = 1; table < 8; ++table) {
      for (std::size_t byte = 0; byte < 256; ++byte) {
        const Word before = tables[table - 1][byte];
        tables[table][byte] = (before >> 8U) ^ tables[0][static_cast<std::uint8_t>(before)];
      }
    }
    return tables;
  }

  Word crc_ = static_cast<Word>(~Word{0});
};

using Crc32 = Crc<std::uint32_t, 0xEDB88320U>;
using Crc32c = Crc<std::uint32_t, 0x82F63B78U>;
using Crc64Nvme = Crc<std::uint64_t, 0x9A6C9329AC4BC9B5U>;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using EvpContext = std::unique_ptr<EVP_MD_CTX, FreeContext>;

/// Fetched once: an implicit fetch at every use doubles the cost of a short hash in OpenSSL 3.
const EVP_MD* evp_digest(Digest digest) {
  static const std::array<const EVP_MD*, 4> fetched = {
      EVP_MD_fetch(nullptr, "MD5", nullptr), EVP_MD_fetch(nullptr, "SHA1", nullptr),
      EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_fetch(nullptr, "SHA512", nullptr)};
  const EVP_MD* found = fetched.at(static_cast<std::size_t>(digest));
  OORT_ASSERT(found != nullptr, "OpenSSL's default provider has every digest that S3 names");
  return found;
}

}  // namespace

struct StreamDigest::State {
  std::variant<EvpContext, Crc32, Crc32c, Crc64Nvme> value;
};

std::size_t digest_size(Digest digest) noexcept {
  switch (digest) {
    case Digest::Md5: return 16;
    case Digest::Sha1: return 20;
    case Digest::Sha256: return 32;
    case Digest::Sha512: return 64;
    case Digest::Crc32:
    case Digest::Crc32c: return 4;
    case Digest::Crc64Nvme: return 8;
  }
  return 0;
}

StreamDigest::StreamDigest(Digest digest) : state_(std::make_unique<State>()) {
  switch (digest) {
    case Digest::Crc32: state_->value = Crc32(); return;
    case Digest::Crc32c: state_->value = Crc32c(); return;
    case Digest::Crc64Nvme: state_->value = Crc64Nvme(); return;
    case Digest::Md5:
    case Digest::Sha1:
    case Digest::Sha256:
    case Digest::Sha512: break;
  }
  EvpContext context(EVP_MD_CTX_new());
  const bool is_ready =
      context != nullptr && EVP_DigestInit_ex2(context.get(), evp_digest(digest), nullptr) == 1;
  OORT_ASSERT(is_ready, "a digest fails to start only without memory");
  state_->value = std::move(context);
}

StreamDigest::~StreamDigest() = default;
StreamDigest::StreamDigest(StreamDigest&&) noexcept = default;
StreamDigest& StreamDigest::operator=(StreamDigest&&) noexcept = default;

void StreamDigest::update(ByteView bytes) {
  if (auto* context = std::get_if<EvpContext>(&state_->value)) {
    OORT_ASSERT(EVP_DigestUpdate(context->get(), bytes.data(), bytes.size()) == 1,
                "a started digest takes any bytes");
    return;
  }
  if (auto* crc = std::get_if<Crc32>(&state_->value)) crc->update(bytes);
  if (auto* crc = std::get_if<Crc32c>(&state_->value)) crc->update(bytes);
  if (auto* crc = std::get_if<Crc64Nvme>(&state_->value)) crc->update(bytes);
}

Bytes StreamDigest::finish() {
  if (auto* context = std::get_if<EvpContext>(&state_->value)) {
    Bytes out(static_cast<std::size_t>(EVP_MD_CTX_get_size(context->get())));
    OORT_ASSERT(EVP_DigestFinal_ex(context->get(), reinterpret_cast<unsigned char*>(out.data()),
                                   nullptr) == 1,
                "a digest is finished once");
    return out;
  }
  if (auto* crc = std::get_if<Crc32>(&state_->value)) return crc->finish();
  if (auto* crc = std::get_if<Crc32c>(&state_->value)) return crc->finish();
  return std::get<Crc64Nvme>(state_->value).finish();
}

Bytes32 sha256(ByteView bytes) {
  Bytes32 out;
  OORT_ASSERT(EVP_Digest(bytes.data(), bytes.size(),
                         reinterpret_cast<unsigned char*>(out.mutable_view().data()), nullptr,
                         evp_digest(Digest::Sha256), nullptr) == 1,
              "SHA-256 takes any bytes");
  return out;
}

Bytes32 hmac_sha256(ByteView key, ByteView bytes) {
  constexpr std::size_t block_size = 64;
  std::array<std::byte, block_size> inner{};
  if (key.size() > block_size) {
    const Bytes32 short_key = sha256(key);
    std::copy(short_key.view().begin(), short_key.view().end(), inner.begin());
  } else {
    std::copy(key.begin(), key.end(), inner.begin());
  }
  std::array<std::byte, block_size> outer = inner;
  for (std::byte& b : inner) b ^= std::byte{0x36};
  for (std::byte& b : outer) b ^= std::byte{0x5c};

  StreamDigest first(Digest::Sha256);
  first.update(inner);
  first.update(bytes);
  StreamDigest second(Digest::Sha256);
  second.update(outer);
  second.update(first.finish());
  return *Bytes32::from(second.finish());
}

}  // namespace oort::crypto
