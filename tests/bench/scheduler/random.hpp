// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace oort::bench {

/// xorshift64*: the same numbers on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {
    for (int i = 0; i < 8; ++i) static_cast<void>(next());
  }
  [[nodiscard]] std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>(next() % bound);
  }

 private:
  std::uint64_t next() {
    state_ ^= state_ >> 12U;
    state_ ^= state_ << 25U;
    state_ ^= state_ >> 27U;
    return (state_ * 0x2545F4914F6CDD1DU) >> 8U;
  }
  std::uint64_t state_;
};

template <class Id>
[[nodiscard]] Id id_of(std::uint64_t value) {
  Id id;
  std::memcpy(id.mutable_view().data(), &value, sizeof value);
  return id;
}

}  // namespace oort::bench
