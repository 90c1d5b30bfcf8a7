// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace oort::compute {

/// A number at each place, and where the first of the least stands.
///   I5  `first_least` is the first place of the least number, of those that have any.
/// A tree of lines of 16 numbers, of which each level holds the least of the lines below.
class LeastTree {
 public:
  /// At places without a number.
  static constexpr std::int32_t none = std::numeric_limits<std::int32_t>::max();

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::int32_t at(std::size_t place) const { return levels_.front()[place]; }
  void set(std::size_t place, std::int32_t number);
  /// Has the number brought near.
  void fetch(std::size_t place) const noexcept {
    __builtin_prefetch(levels_.front().data() + place);
  }
  /// Never fewer places than before; new ones have no number.
  void grow(std::size_t size);
  /// Every number becomes what `of(place)` says.
  template <class Of>
  void set_all(const Of& of) {
    for (std::size_t i = 0; i < size_; ++i) levels_.front()[i] = of(i);
    derive();
  }
  [[nodiscard]] std::optional<std::size_t> first_least() const;

 private:
  static constexpr std::size_t width = 16;

  void derive();

  std::size_t size_ = 0;
  /// Whole lines each; the last level is one line.
  std::vector<std::vector<std::int32_t>> levels_{std::vector<std::int32_t>(width, none)};
};

}  // namespace oort::compute
