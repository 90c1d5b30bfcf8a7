// SPDX-License-Identifier: Apache-2.0
#include "builtin/fixed_point.hpp"

#include <array>
#include <bit>

#include "oort/core/assert.hpp"

namespace oort::compute::builtin {
namespace {

/// exp(-i) in Q30.
constexpr std::array<std::uint32_t, 22> exp_wholes{
    1073741824, 395007542, 145315154, 53458458, 19666268, 7234816, 2661540, 979126,
    360200,     132510,    48748,     17933,    6597,     2427,    893,     328,
    121,        44,        16,        6,        2,        1};

/// exp(-i/64) in Q30.
constexpr std::array<std::uint32_t, 64> exp_parts{
    1073741824, 1057095000, 1040706261, 1024571606, 1008687096, 993048852, 977653056, 962495950,
    947573834,  932883063,  918420052,  904181269,  890163238,  876362536, 862775794, 849399695,
    836230973,  823266414,  810502851,  797937169,  785566300,  773387223, 761396966, 749592600,
    737971244,  726530060,  715266256,  704177080,  693259826,  682511829, 671930464, 661513148,
    651257337,  641160528,  631220255,  621434092,  611799650,  602314575, 592976553, 583783304,
    574732583,  565822180,  557049920,  548413661,  539911296,  531540747, 523299971, 515186957,
    507199724,  499336321,  491594829,  483973358,  476470046,  469083063, 461810604, 454650894,
    447602185,  440662757,  433830914,  427104989,  420483340,  413964350, 407546428, 401228006};

constexpr std::uint64_t one_q30 = std::uint64_t{1} << 30U;

}  // namespace

std::uint32_t integer_root(std::uint64_t value) noexcept {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31U; bit > 0; bit >>= 1U) {
    const std::uint64_t larger = root + bit;
    if (larger * larger <= value) root = larger;
  }
  return static_cast<std::uint32_t>(root);
}

std::uint32_t exp_negative_q30(std::uint32_t x_q16) noexcept {
  const std::uint32_t whole = x_q16 >> 16U;
  if (whole >= exp_wholes.size()) return 0;
  const std::uint64_t part = exp_parts.at((x_q16 >> 10U) & 63U);
  // The rest is below 1/64: two terms of the series leave an error below 2^-20.
  const std::uint64_t rest = std::uint64_t{x_q16 & 1023U} << 14U;
  const std::uint64_t series = one_q30 - rest + (rest * rest >> 31U);
  const std::uint64_t fraction = part * series >> 30U;
  return static_cast<std::uint32_t>(exp_wholes.at(whole) * fraction >> 30U);
}

std::uint32_t log2_q16(std::uint64_t value) noexcept {
  OORT_ASSERT(value > 0, "zero has no logarithm");
  const auto whole = static_cast<unsigned>(std::bit_width(value)) - 1;
  // One bit of the logarithm for each square of the mantissa, which stays in [1, 2) in Q31.
  std::uint64_t mantissa = whole > 31 ? value >> (whole - 31) : value << (31 - whole);
  std::uint32_t fraction = 0;
  for (unsigned i = 0; i < 16; ++i) {
    mantissa = mantissa * mantissa >> 31U;
    fraction <<= 1U;
    if (mantissa >= std::uint64_t{1} << 32U) {
      fraction |= 1U;
      mantissa >>= 1U;
    }
  }
  return (whole << 16U) | fraction;
}

Requantise requantise_by(Uint128 numerator, Uint128 denominator) noexcept {
  OORT_ASSERT(denominator > 0, "no factor has a denominator of zero");
  constexpr Uint128 least = Uint128{1} << 30U;
  unsigned shift = 0;
  if (numerator / denominator >= 2 * least) return {static_cast<std::uint32_t>(2 * least - 1), 0};
  while (numerator / denominator < least && shift < 62) {
    numerator *= 2;
    ++shift;
  }
  const Uint128 multiplier = numerator / denominator;
  if (multiplier < least) return {static_cast<std::uint32_t>(least), 62};
  return {static_cast<std::uint32_t>(multiplier), static_cast<std::uint8_t>(shift)};
}

}  // namespace oort::compute::builtin
