// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/aead.hpp"
#include "oort/env/random.hpp"
#include "oort/object/object_store.hpp"

/// How bytes and names of objects are kept from everybody but the gateways that the owner chose.
///
/// A bucket has a secret of two keys: one hashes names, one wraps data keys and seals bodies. An
/// object has a data key; each extent of it is sealed under a key derived from the data key and
/// the extent's slot, which is never used twice, in frames of 64 KiB of plain text: AES-256-GCM,
/// the nonce being the frame's index and whether it is the last. So frames open independently,
/// none can be moved, and an extent cannot be cut short unnoticed.
///
/// Invariants
///   Q1  What was sealed opens to the same bytes; with any bit, key, place or name changed it does
///       not open at all.
///   Q2  No key ever meets the same nonce twice.
///   Q3  Every stored form is frozen by golden bytes.
namespace oort::object {

inline constexpr std::uint64_t frame_plain_bytes = 64 * 1024;
inline constexpr std::uint64_t frame_sealed_bytes = frame_plain_bytes + crypto::aead_tag_size;
/// So many frames fit into a segment of 64 MiB.
inline constexpr std::uint64_t extent_frames_max = (std::uint64_t{64} << 20) / frame_sealed_bytes;
inline constexpr std::uint64_t extent_plain_bytes_max = extent_frames_max * frame_plain_bytes;

[[nodiscard]] constexpr std::uint64_t frames_count(std::uint64_t plain_bytes) noexcept {
  return (plain_bytes + frame_plain_bytes - 1) / frame_plain_bytes;
}
[[nodiscard]] constexpr std::uint64_t sealed_bytes(std::uint64_t plain_bytes) noexcept {
  return plain_bytes + frames_count(plain_bytes) * crypto::aead_tag_size;
}
/// Plain size of an extent of `sealed` bytes. Fails with MALFORMED for a size that no extent has.
[[nodiscard]] Result<std::uint64_t> plain_bytes(std::uint64_t sealed);

[[nodiscard]] crypto::SecretKey extent_key(const crypto::SecretKey& data_key, const SlotRef& slot);
/// In place: `buffer` holds the plain text and 16 spare bytes at its end.
void seal_frame(const crypto::SecretKey& key, std::uint64_t index, bool is_last,
                std::span<std::byte> buffer);
/// In place; the size of the plain text. Fails with DECRYPTION_FAILED.
[[nodiscard]] Result<std::size_t> open_frame(const crypto::SecretKey& key, std::uint64_t index,
                                             bool is_last, std::span<std::byte> buffer);
/// A whole extent at once.
[[nodiscard]] Bytes seal_extent(const crypto::SecretKey& key, ByteView plain);
[[nodiscard]] Result<Bytes> open_extent(const crypto::SecretKey& key, ByteView sealed);

/// What a bucket's owner shares with the gateways that may serve it.
struct BucketSecret {
  std::uint32_t epoch = 0;
  /// Hashes names; outlives the epochs, since records are found by it.
  crypto::SecretKey name_key;
  /// Of this epoch: wraps data keys and seals bodies.
  crypto::SecretKey key;

  [[nodiscard]] static BucketSecret generate(env::Random& random);
};
/// To the holder of a node key. Fails with BAD_KEY.
[[nodiscard]] Result<Bytes> seal_bucket_secret(const PublicKey& gateway,
                                               const BucketSecret& secret);
/// Fails with DECRYPTION_FAILED or MALFORMED.
[[nodiscard]] Result<BucketSecret> open_bucket_secret(const crypto::KeyPair& gateway,
                                                      ByteView sealed);

[[nodiscard]] NameHash name_hash_of(const BucketSecret& secret, std::string_view name);

/// Parts of one size in a row.
struct PartRun {
  std::uint32_t count = 0;
  std::uint64_t size = 0;
  friend bool operator==(const PartRun&, const PartRun&) = default;
};

/// What the ledger commits to by its digest and only chosen gateways can read: of an object, a
/// delete marker (its name alone) or a multipart upload (without ETag).
struct Body {
  std::string name;
  Headers headers;
  Headers tags;
  std::string etag;
  std::vector<Checksum> checksums;
  std::vector<PartRun> parts;
  /// `wrap_key` of the data key; empty where there are no bytes.
  Bytes wrapped_key;
  friend bool operator==(const Body&, const Body&) = default;
};
/// Of one part of an upload.
struct PartBody {
  std::string etag;
  std::vector<Checksum> checksums;
  friend bool operator==(const PartBody&, const PartBody&) = default;
};

/// Where a body belongs; a body opens nowhere else.
struct BodyPlace {
  BucketId bucket;
  NameHash name_hash;
};

/// Fails with TOO_LARGE when it would not fit into a record (64 KiB sealed).
[[nodiscard]] Result<Bytes> seal_body(const BucketSecret& secret, const BodyPlace& place,
                                      const Body& body, env::Random& random);
/// Fails with DECRYPTION_FAILED, MALFORMED, NOT_CANONICAL, UNSUPPORTED_VERSION or TOO_LARGE.
[[nodiscard]] Result<Body> open_body(const BucketSecret& secret, const BodyPlace& place,
                                     ByteView sealed);
[[nodiscard]] Result<Bytes> seal_part_body(const BucketSecret& secret, const BodyPlace& place,
                                           const PartBody& body, env::Random& random);
[[nodiscard]] Result<PartBody> open_part_body(const BucketSecret& secret, const BodyPlace& place,
                                              ByteView sealed);

[[nodiscard]] Bytes wrap_key(const BucketSecret& secret, const BodyPlace& place,
                             const crypto::SecretKey& data_key, env::Random& random);
/// Fails with DECRYPTION_FAILED or MALFORMED.
[[nodiscard]] Result<crypto::SecretKey> unwrap_key(const BucketSecret& secret,
                                                   const BodyPlace& place, ByteView wrapped);

/// The bytes inside a sealed body; public so that they can be fuzzed and frozen.
[[nodiscard]] Bytes encode_body(const Body& body);
[[nodiscard]] Result<Body> decode_body(ByteView bytes);
[[nodiscard]] Bytes encode_part_body(const PartBody& body);
[[nodiscard]] Result<PartBody> decode_part_body(ByteView bytes);

}  // namespace oort::object
