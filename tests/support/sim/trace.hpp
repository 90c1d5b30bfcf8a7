// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "oort/core/bytes.hpp"

namespace oort::sim {

/// A running hash of everything that happened in a world. Equal histories give equal hashes;
/// unequal ones differ but for an accident of 2^-64. It is cheap, and no protection against malice.
class TraceHash {
 public:
  void mix(std::uint64_t word) noexcept {
    low_ = (low_ ^ word) * 0x9fb21c651e98df25U;
    low_ ^= low_ >> 35U;
    high_ = std::rotl(high_, 23) * 0xff51afd7ed558ccdU + low_;
  }
  void mix(ByteView bytes) noexcept {
    mix(bytes.size());
    while (bytes.size() >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), 8);
      mix(word);
      bytes = bytes.subspan(8);
    }
    std::uint64_t rest = 0;
    if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());
    mix(rest);
  }
  [[nodiscard]] std::array<std::byte, 16> bytes() const noexcept;
  /// 32 hexadecimal characters.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const TraceHash&, const TraceHash&) noexcept = default;

 private:
  std::uint64_t low_ = 0x243f6a8885a308d3U;
  std::uint64_t high_ = 0x13198a2e03707344U;
};

}  // namespace oort::sim
