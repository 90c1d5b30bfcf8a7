// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "oort/core/bytes.hpp"
#include "oort/env/random.hpp"

namespace oort::test {

/// Bytes of a hexadecimal literal. Requires: it is well formed.
inline Bytes hex(std::string_view text) { return from_hex(text).value(); }

/// A value of exactly its size from a hexadecimal literal.
template <class T>
T fixed(std::string_view text) {
  return T::from_hex(text).value();
}

/// `size` bytes that look random and are the same in every run (SplitMix64).
class SeededRandom final : public env::Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  void fill(std::span<std::byte> out) noexcept override {
    for (std::byte& b : out) b = static_cast<std::byte>(next() & 0xffU);
  }
  std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  Bytes bytes(std::size_t size) {
    Bytes out(size);
    fill(out);
    return out;
  }

 private:
  std::uint64_t state_;
};

}  // namespace oort::test
