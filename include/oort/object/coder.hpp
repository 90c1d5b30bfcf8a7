// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

namespace oort::object {

/// How a segment is spread: any `data` of the `total` shards give it back. GF(2^8).
struct Scheme {
  std::uint8_t data = 1;
  std::uint8_t total = 1;
  /// How many shards may be lost.
  [[nodiscard]] constexpr std::uint32_t tolerance() const noexcept {
    return static_cast<std::uint32_t>(total) - data;
  }
  friend bool operator==(const Scheme&, const Scheme&) noexcept = default;
};

/// Turns `k` given shards into some wanted ones, stripe by stripe.
/// Threads: any, concurrently; immutable.
class Decoder {
 public:
  /// `given[i]` is the piece of the shard that was named i-th when the decoder was made, `wanted`
  /// likewise. Requires: the counts are those, and all pieces have one size.
  void apply(std::span<const ByteView> given, std::span<const std::span<std::byte>> wanted) const;

 private:
  friend class Coder;
  Decoder() = default;
  std::size_t given_count_ = 0;
  std::size_t wanted_count_ = 0;
  std::vector<unsigned char> tables_;
};

/// Systematic Cauchy Reed–Solomon code over columns of bytes: shards 0…k-1 are the data itself, and
/// a byte of a parity shard depends only on the bytes at the same offset of the data shards, so a
/// segment is coded piece by piece as it streams.
///
/// Invariants
///   R1  Any k of the n shards give back every other one.
///   R2  Coding piece by piece gives the bytes of coding at once.
///   R3  The matrix is frozen: shards stored today decode for ever.
/// Threads: any, concurrently; immutable.
class Coder {
 public:
  /// Fails with BAD_ARGUMENT unless 1 ≤ data ≤ total ≤ 255.
  [[nodiscard]] static Result<Coder> make(Scheme scheme);

  [[nodiscard]] Scheme scheme() const noexcept { return scheme_; }

  /// Requires: k data pieces and n - k parity pieces, all of one size.
  void encode(std::span<const ByteView> data, std::span<const std::span<std::byte>> parity) const;

  /// What rebuilds the shards `wanted` from the shards `given`. Fails with BAD_ARGUMENT unless
  /// `given` are k different indices below n and so are `wanted`.
  [[nodiscard]] Result<Decoder> decoder(std::span<const std::uint8_t> given,
                                        std::span<const std::uint8_t> wanted) const;

 private:
  explicit Coder(Scheme scheme);
  Scheme scheme_;
  std::vector<unsigned char> matrix_;
  std::vector<unsigned char> tables_;
};

}  // namespace oort::object
