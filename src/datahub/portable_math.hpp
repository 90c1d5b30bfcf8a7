// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace oort::datahub {

// The exponential and the logarithm out of additions, products and quotients alone, whose results
// IEEE 754 fixes to the bit. The C library's own differ in the last bit from version to version.
// Errors stay below 4e-16 of the result.

/// e^x; 0 below -708 and the greatest finite value above 709.
[[nodiscard]] double portable_exp(double x) noexcept;
/// ln x. Requires: x is positive, normal and finite.
[[nodiscard]] double portable_log(double x) noexcept;
/// ln(1 + e^x), within 2e-16 of absolute error where the result is small.
[[nodiscard]] double portable_log1p_exp(double x) noexcept;
/// 1 / (1 + e^-x).
[[nodiscard]] double portable_logistic(double x) noexcept;

}  // namespace oort::datahub
