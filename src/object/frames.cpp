// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/aead.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/object/sealing.hpp"

namespace oort::object {
namespace {

constexpr crypto::Context extent_key_context{"oort.v1 extent key"};

crypto::AeadNonce frame_nonce(std::uint64_t index, bool is_last) {
  codec::Writer out;
  out.u64(index);
  out.u32(is_last ? 1 : 0);
  return *crypto::AeadNonce::from(out.bytes());
}

}  // namespace

Result<std::uint64_t> plain_bytes(std::uint64_t sealed) {
  const std::uint64_t frames = (sealed + frame_sealed_bytes - 1) / frame_sealed_bytes;
  const std::uint64_t tags = frames * crypto::aead_tag_size;
  if (sealed < tags || sealed_bytes(sealed - tags) != sealed) {
    return fail(ErrorCode::DataLoss, reason::malformed,
                "no extent has " + std::to_string(sealed) + " bytes");
  }
  return sealed - tags;
}

crypto::SecretKey extent_key(const crypto::SecretKey& data_key, const SlotRef& slot) {
  return crypto::derive_key(extent_key_context, data_key, codec::to_bytes(slot));
}

void seal_frame(const crypto::SecretKey& key, std::uint64_t index, bool is_last,
                std::span<std::byte> buffer) {
  OORT_ASSERT(buffer.size() <= frame_sealed_bytes, "a frame is at most 64 KiB and its tag");
  crypto::aead_seal_in_place(key, frame_nonce(index, is_last), {}, buffer);
}

Result<std::size_t> open_frame(const crypto::SecretKey& key, std::uint64_t index, bool is_last,
                               std::span<std::byte> buffer) {
  return crypto::aead_open_in_place(key, frame_nonce(index, is_last), {}, buffer);
}

Bytes seal_extent(const crypto::SecretKey& key, ByteView plain) {
  Bytes sealed(sealed_bytes(plain.size()));
  const std::uint64_t frames = frames_count(plain.size());
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < frames; ++i) {
    const ByteView piece = plain.subspan(
        i * frame_plain_bytes,
        std::min<std::size_t>(frame_plain_bytes, plain.size() - i * frame_plain_bytes));
    const std::span<std::byte> frame =
        std::span(sealed).subspan(at, piece.size() + crypto::aead_tag_size);
    std::copy(piece.begin(), piece.end(), frame.begin());
    seal_frame(key, i, i + 1 == frames, frame);
    at += frame.size();
  }
  return sealed;
}

Result<Bytes> open_extent(const crypto::SecretKey& key, ByteView sealed) {
  OORT_TRY(const std::uint64_t size, plain_bytes(sealed.size()));
  Bytes plain;
  plain.reserve(size);
  const std::uint64_t frames = frames_count(size);
  for (std::uint64_t i = 0; i < frames; ++i) {
    const std::size_t begin = i * frame_sealed_bytes;
    Bytes frame = to_bytes(
        sealed.subspan(begin, std::min<std::size_t>(frame_sealed_bytes, sealed.size() - begin)));
    OORT_TRY(const std::size_t opened, open_frame(key, i, i + 1 == frames, frame));
    plain.insert(plain.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(opened));
  }
  return plain;
}

}  // namespace oort::object
