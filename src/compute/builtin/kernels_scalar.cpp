// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "oort/compute/builtin/kernels.hpp"

namespace oort::compute::builtin {
namespace {

// Through pointers: the library's checks of every index would cost more than the sums.

void gemm_s8(GemmShape shape, std::span<const std::int8_t> a, std::span<const std::int8_t> b,
             std::span<std::int32_t> c) {
  std::int32_t* out = c.data();
  for (std::size_t i = 0; i < shape.m; ++i) {
    const std::int8_t* left = a.data() + i * shape.k;
    for (std::size_t j = 0; j < shape.n; ++j) {
      const std::int8_t* right = b.data() + j * shape.k;
      std::int32_t sum = 0;
      for (std::size_t l = 0; l < shape.k; ++l) sum += left[l] * right[l];
      *out++ = sum;
    }
  }
}

void gemm_s32(GemmShape shape, Layout layout, std::span<const std::int32_t> a,
              std::span<const std::int32_t> b, std::span<std::int64_t> c) {
  const auto [m, n, k] = shape;
  const bool is_outer = layout == Layout::Outer;
  const bool is_dot = layout == Layout::Dot;
  const std::size_t left_step = is_outer ? m : 1;
  const std::size_t right_step = is_dot ? 1 : n;
  std::int64_t* out = c.data();
  for (std::size_t i = 0; i < m; ++i) {
    const std::int32_t* left = a.data() + (is_outer ? i : i * k);
    for (std::size_t j = 0; j < n; ++j) {
      const std::int32_t* right = b.data() + (is_dot ? j * k : j);
      std::int64_t sum = 0;
      for (std::size_t l = 0; l < k; ++l) {
        sum += std::int64_t{left[l * left_step]} * right[l * right_step];
      }
      *out++ = sum;
    }
  }
}

void minhash(std::span<const std::uint32_t> values, std::span<const std::uint32_t> factors,
             std::span<const std::uint32_t> offsets, std::span<std::uint32_t> least) {
  const std::uint32_t* factor = factors.data();
  const std::uint32_t* offset = offsets.data();
  std::uint32_t* low = least.data();
  const std::size_t count = least.size();
  for (const std::uint32_t value : values) {
    for (std::size_t i = 0; i < count; ++i)
      low[i] = std::min(low[i], factor[i] * value + offset[i]);
  }
}

void add_weighted(std::span<const std::uint8_t> row, std::uint32_t weight,
                  std::span<std::uint32_t> sums) {
  const std::uint8_t* from = row.data();
  std::uint32_t* to = sums.data();
  const std::size_t count = row.size();
  for (std::size_t i = 0; i < count; ++i) to[i] += weight * from[i];
}

constexpr Kernels table{.name = "scalar",
                        .gemm_s8 = gemm_s8,
                        .gemm_s32 = gemm_s32,
                        .minhash = minhash,
                        .add_weighted = add_weighted};

}  // namespace

const Kernels& scalar_kernels() noexcept { return table; }

const Kernels& best_kernels() noexcept {
  static const Kernels* const best = avx2_kernels() == nullptr ? &table : avx2_kernels();
  return *best;
}

}  // namespace oort::compute::builtin
