// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "oort/core/bytes.hpp"

namespace oort::crypto {

/// What a hash is of. Every id, tree and signed body hashes under its own BLAKE3 `derive_key`
/// context, so no value of one kind can pass for another. A context is frozen once used.
class Context {
 public:
  /// `name` is a literal like "oort.v1 block header".
  consteval explicit Context(const char* name) : name_(name) {}
  [[nodiscard]] constexpr std::string_view name() const noexcept { return name_; }

 private:
  std::string_view name_;
};

/// BLAKE3 (the BLAKE3 specification, 2020), 32 bytes of output, in `derive_key` mode.
class Hasher {
 public:
  explicit Hasher(Context context) noexcept;
  ~Hasher() = default;
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  Hasher& update(ByteView bytes) noexcept;
  /// The hash of everything so far; more may follow.
  [[nodiscard]] Bytes32 finish() const noexcept;

 private:
  // BLAKE3's state is 1,912 bytes; inline, so that small hashes do not allocate.
  alignas(8) std::array<std::byte, 1920> state_;
};

/// One-shot `derive_key` hash.
[[nodiscard]] Bytes32 hash(Context context, ByteView bytes) noexcept;
/// One-shot over the concatenation of `left` and `right`.
[[nodiscard]] Bytes32 hash(Context context, ByteView left, ByteView right) noexcept;
/// Plain BLAKE3 as other tools compute it (b3sum).
[[nodiscard]] Bytes32 blake3(ByteView bytes) noexcept;
/// BLAKE3's keyed mode: a pseudorandom function of `bytes`.
[[nodiscard]] Bytes32 keyed_hash(const Bytes32& key, ByteView bytes) noexcept;

/// The digests that outside formats demand, computed as the bytes stream by.
enum class Digest : std::uint8_t { Md5, Sha1, Sha256, Sha512, Crc32, Crc32c, Crc64Nvme };

/// Size of a digest in bytes: 16, 20, 32, 64, 4, 4, 8. The CRCs are big-endian, as S3 writes them.
[[nodiscard]] std::size_t digest_size(Digest digest) noexcept;

class StreamDigest {
 public:
  explicit StreamDigest(Digest digest);
  ~StreamDigest();
  StreamDigest(StreamDigest&&) noexcept;
  StreamDigest& operator=(StreamDigest&&) noexcept;
  StreamDigest(const StreamDigest&) = delete;
  StreamDigest& operator=(const StreamDigest&) = delete;

  void update(ByteView bytes);
  /// Requires: called once; nothing follows it.
  [[nodiscard]] Bytes finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] Bytes32 sha256(ByteView bytes);
/// HMAC-SHA-256 (RFC 2104) with a key of any length.
[[nodiscard]] Bytes32 hmac_sha256(ByteView key, ByteView bytes);
/// Whether both are equal, in a time that depends on their lengths alone.
[[nodiscard]] bool equal_constant_time(ByteView a, ByteView b) noexcept;

}  // namespace oort::crypto
