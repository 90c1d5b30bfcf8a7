// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/env/random.hpp"
#include "sim/generator.hpp"

namespace oort::object::test {

/// A seeded generator as env::Random.
class SeededRandom final : public env::Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : generator_(seed) {}
  void fill(std::span<std::byte> out) noexcept override {
    for (std::byte& byte : out) byte = static_cast<std::byte>(generator_.below(256));
  }

 private:
  sim::Generator generator_;
};

/// Bytes without structure, the same for the same seed.
inline Bytes noise(std::uint64_t seed, std::size_t size) {
  Bytes bytes(size);
  std::uint64_t state = seed * 0x9e37'79b9'7f4a'7c15U + 1;
  for (std::byte& byte : bytes) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<std::byte>(state >> 24);
  }
  return bytes;
}

template <class Id>
Id id_of(std::uint8_t value) {
  Id id;
  for (std::byte& byte : id.mutable_view()) byte = static_cast<std::byte>(value);
  return id;
}

inline ShardRef shard_of(std::uint8_t segment, std::uint8_t index = 0,
                         std::uint32_t generation = 1) {
  return {id_of<SegmentId>(segment), index, generation};
}

}  // namespace oort::object::test
