// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace oort {

__extension__ using Uint128 = unsigned __int128;

/// A quantity of money of one kind: a non-negative 128-bit integer, every operation checked.
template <class Tag>
class Amount {
 public:
  constexpr Amount() noexcept = default;
  constexpr explicit Amount(Uint128 units) noexcept : units_(units) {}

  [[nodiscard]] constexpr Uint128 units() const noexcept { return units_; }
  [[nodiscard]] constexpr bool is_zero() const noexcept { return units_ == 0; }

  /// Empty on overflow.
  [[nodiscard]] constexpr std::optional<Amount> plus(Amount other) const noexcept {
    const Uint128 sum = units_ + other.units_;
    if (sum < units_) return std::nullopt;
    return Amount(sum);
  }
  /// Empty when `other` is more than this.
  [[nodiscard]] constexpr std::optional<Amount> minus(Amount other) const noexcept {
    if (other.units_ > units_) return std::nullopt;
    return Amount(units_ - other.units_);
  }
  /// Empty on overflow.
  [[nodiscard]] constexpr std::optional<Amount> times(std::uint64_t factor) const noexcept {
    if (factor != 0 && units_ > ~Uint128{0} / factor) return std::nullopt;
    return Amount(units_ * factor);
  }

  friend constexpr bool operator==(Amount, Amount) noexcept = default;
  friend constexpr auto operator<=>(Amount a, Amount b) noexcept {
    return a.units_ < b.units_   ? std::strong_ordering::less
           : a.units_ > b.units_ ? std::strong_ordering::greater
                                 : std::strong_ordering::equal;
  }

 private:
  Uint128 units_ = 0;
};

/// OORT in base units: 1 OORT = 10^18 base units.
using Oort = Amount<struct OortTag>;
/// Credits in microcredits: 1 credit = 1 US cent = 10^6 microcredits.
using Credits = Amount<struct CreditsTag>;

inline constexpr Uint128 oort_base_units = 1'000'000'000'000'000'000U;

/// Decimal digits of a 128-bit integer.
[[nodiscard]] std::string to_decimal(Uint128 value);
/// Parses 1 to 39 decimal digits; empty for anything else and on overflow.
[[nodiscard]] std::optional<Uint128> from_decimal(std::string_view digits);
/// "12.5" → base units, at most 18 digits after the point; empty for anything else.
[[nodiscard]] std::optional<Oort> oort_from_text(std::string_view text);
/// Base units → "12.5", without trailing zeros.
[[nodiscard]] std::string to_text(Oort amount);

}  // namespace oort
