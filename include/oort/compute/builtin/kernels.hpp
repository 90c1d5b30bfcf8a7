// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace oort::compute::builtin {

/// Rows, columns and the length of the sums of a product of matrices, all stored row by row.
struct GemmShape {
  std::size_t m = 0;
  std::size_t n = 0;
  std::size_t k = 0;
};

/// How the factors of c[m][n] lie.
enum class Layout : std::uint8_t {
  Dot,      ///< a[m][k], b[n][k]
  Product,  ///< a[m][k], b[k][n]
  Outer,    ///< a[k][m], b[k][n]
};

/// The hot loops of the built-in workloads, as one table a processor or device.
///
/// Invariants
///   K1  Every table gives the same bits for the same input: integers, no sum that can overflow
///       within the stated ranges, so the order of additions does not matter.
/// Threads: none; the functions are pure and may be called from any.
struct Kernels {
  std::string_view name;
  /// c = a · bᵀ with a[m][k], b[n][k]. Requires: k <= 2^16, so that a sum fits 31 bits.
  void (*gemm_s8)(GemmShape shape, std::span<const std::int8_t> a, std::span<const std::int8_t> b,
                  std::span<std::int32_t> c);
  /// c = a · b as `layout` says. Requires: |a|·|b|·k < 2^62.
  void (*gemm_s32)(GemmShape shape, Layout layout, std::span<const std::int32_t> a,
                   std::span<const std::int32_t> b, std::span<std::int64_t> c);
  /// least[i] = min(least[i], factors[i]·x + offsets[i] mod 2^32) for each x of `values`.
  void (*minhash)(std::span<const std::uint32_t> values, std::span<const std::uint32_t> factors,
                  std::span<const std::uint32_t> offsets, std::span<std::uint32_t> least);
  /// sums[i] += weight·row[i]. Requires: no sum reaches 2^32.
  void (*add_weighted)(std::span<const std::uint8_t> row, std::uint32_t weight,
                       std::span<std::uint32_t> sums);
};

/// The reference: plain loops.
[[nodiscard]] const Kernels& scalar_kernels() noexcept;
/// Null where the processor has no AVX2.
[[nodiscard]] const Kernels* avx2_kernels() noexcept;
/// The fastest of this processor; decided once.
[[nodiscard]] const Kernels& best_kernels() noexcept;

}  // namespace oort::compute::builtin
