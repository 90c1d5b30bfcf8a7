// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "oort/env/clock.hpp"
#include "oort/env/random.hpp"

namespace oort::http::test {

/// A clock that moves only when it is told to. Civil time begins at 2026-11-22T12:00:00Z.
class FakeClock final : public env::Clock {
 public:
  [[nodiscard]] MonoTime now_mono() const noexcept override { return {elapsed_.load()}; }
  [[nodiscard]] WallTime now_wall() const noexcept override {
    return {1'795'348'800'000U + static_cast<std::uint64_t>(elapsed_.load() / 1'000'000)};
  }
  void advance(Duration by) noexcept { elapsed_.fetch_add(by.count()); }

 private:
  std::atomic<std::int64_t> elapsed_{0};
};

class FakeRandom final : public env::Random {
 public:
  void fill(std::span<std::byte> out) noexcept override {
    for (std::byte& byte : out) byte = static_cast<std::byte>(next_++);
  }

 private:
  unsigned next_ = 1;
};

}  // namespace oort::http::test
