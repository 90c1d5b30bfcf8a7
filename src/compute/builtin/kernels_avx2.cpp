// SPDX-License-Identifier: Apache-2.0
// Compiled for AVX2 function by function, so that the rest of the program runs anywhere.
#include "oort/compute/builtin/kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <array>

#define OORT_AVX2 __attribute__((target("avx2")))

namespace oort::compute::builtin {
namespace {

/// A register as a class, for the alignment of a bare one is lost as an argument of a template.
struct Lanes {
  __m256i value;
};

OORT_AVX2 __m256i load(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}
OORT_AVX2 __m128i load_half(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}
OORT_AVX2 __m128i load_quarter(const void* from) {
  return _mm_loadl_epi64(static_cast<const __m128i*>(from));
}
OORT_AVX2 void store(void* to, __m256i value) {
  _mm256_storeu_si256(static_cast<__m256i*>(to), value);
}
/// Sixteen signed bytes as signed 16-bit integers.
OORT_AVX2 __m256i widen_s8(const std::int8_t* from) {
  return _mm256_cvtepi8_epi16(load_half(from));
}

OORT_AVX2 std::int32_t sum_s32(__m256i value) {
  std::array<std::int32_t, 8> lanes{};
  store(lanes.data(), value);
  std::int32_t sum = 0;
  for (const std::int32_t lane : lanes) sum += lane;
  return sum;
}
OORT_AVX2 std::int64_t sum_s64(__m256i value) {
  std::array<std::int64_t, 4> lanes{};
  store(lanes.data(), value);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

/// `Rows` rows of a with `Columns` rows of b: each widened byte is multiplied as often as that.
template <std::size_t Rows, std::size_t Columns>
OORT_AVX2 void dot_s8(const std::int8_t* a, const std::int8_t* b, std::size_t k, std::int32_t* c,
                      std::size_t c_stride) {
  std::array<std::array<Lanes, Columns>, Rows> sums;
  for (auto& row : sums) {
    for (Lanes& sum : row) sum.value = _mm256_setzero_si256();
  }
  std::size_t l = 0;
  for (; l + 16 <= k; l += 16) {
    std::array<Lanes, Rows> left;
    for (std::size_t i = 0; i < Rows; ++i) left[i].value = widen_s8(a + i * k + l);
    for (std::size_t j = 0; j < Columns; ++j) {
      const __m256i right = widen_s8(b + j * k + l);
      for (std::size_t i = 0; i < Rows; ++i) {
        sums[i][j].value =
            _mm256_add_epi32(sums[i][j].value, _mm256_madd_epi16(left[i].value, right));
      }
    }
  }
  for (std::size_t i = 0; i < Rows; ++i) {
    for (std::size_t j = 0; j < Columns; ++j) {
      std::int32_t sum = sum_s32(sums[i][j].value);
      for (std::size_t t = l; t < k; ++t) sum += a[i * k + t] * b[j * k + t];
      c[i * c_stride + j] = sum;
    }
  }
}

template <std::size_t Rows>
OORT_AVX2 void rows_s8(const std::int8_t* a, const std::int8_t* b, GemmShape shape,
                       std::int32_t* c) {
  std::size_t j = 0;
  for (; j + 4 <= shape.n; j += 4) {
    dot_s8<Rows, 4>(a, b + j * shape.k, shape.k, c + j, shape.n);
  }
  for (; j < shape.n; ++j) dot_s8<Rows, 1>(a, b + j * shape.k, shape.k, c + j, shape.n);
}

void gemm_s8(GemmShape shape, std::span<const std::int8_t> a, std::span<const std::int8_t> b,
             std::span<std::int32_t> c) {
  std::size_t i = 0;
  for (; i + 2 <= shape.m; i += 2) {
    rows_s8<2>(a.data() + i * shape.k, b.data(), shape, c.data() + i * shape.n);
  }
  if (i < shape.m) rows_s8<1>(a.data() + i * shape.k, b.data(), shape, c.data() + i * shape.n);
}

/// The products of all eight lanes, added in pairs to four 64-bit sums.
OORT_AVX2 __m256i add_products(__m256i sums, __m256i left, __m256i right) {
  const __m256i even = _mm256_mul_epi32(left, right);
  const __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(left, 32), _mm256_srli_epi64(right, 32));
  return _mm256_add_epi64(sums, _mm256_add_epi64(even, odd));
}

OORT_AVX2 std::int64_t dot_s32(const std::int32_t* a, const std::int32_t* b, std::size_t k) {
  __m256i sums = _mm256_setzero_si256();
  std::size_t l = 0;
  for (; l + 8 <= k; l += 8) sums = add_products(sums, load(a + l), load(b + l));
  std::int64_t sum = sum_s64(sums);
  for (; l < k; ++l) sum += std::int64_t{a[l]} * b[l];
  return sum;
}

/// sums += factor · row
OORT_AVX2 void add_scaled(std::int32_t factor, const std::int32_t* row, std::size_t n,
                          std::int64_t* sums) {
  const __m256i factors = _mm256_set1_epi64x(factor);
  std::size_t j = 0;
  for (; j + 4 <= n; j += 4) {
    const __m256i wide = _mm256_cvtepi32_epi64(load_half(row + j));
    store(sums + j, _mm256_add_epi64(load(sums + j), _mm256_mul_epi32(factors, wide)));
  }
  for (; j < n; ++j) sums[j] += std::int64_t{factor} * row[j];
}

void gemm_s32(GemmShape shape, Layout layout, std::span<const std::int32_t> a,
              std::span<const std::int32_t> b, std::span<std::int64_t> c) {
  const auto [m, n, k] = shape;
  if (layout == Layout::Dot) {
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        c[i * n + j] = dot_s32(a.data() + i * k, b.data() + j * k, k);
      }
    }
    return;
  }
  std::fill_n(c.begin(), m * n, 0);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t l = 0; l < k; ++l) {
      const std::int32_t factor = a[layout == Layout::Outer ? l * m + i : i * k + l];
      if (factor != 0) add_scaled(factor, b.data() + l * n, n, c.data() + i * n);
    }
  }
}

OORT_AVX2 void minhash(std::span<const std::uint32_t> values,
                       std::span<const std::uint32_t> factors,
                       std::span<const std::uint32_t> offsets, std::span<std::uint32_t> least) {
  std::size_t i = 0;
  for (; i + 8 <= least.size(); i += 8) {
    const __m256i factor = load(factors.data() + i);
    const __m256i offset = load(offsets.data() + i);
    __m256i low = load(least.data() + i);
    for (const std::uint32_t value : values) {
      const __m256i x = _mm256_set1_epi32(static_cast<std::int32_t>(value));
      low = _mm256_min_epu32(low, _mm256_add_epi32(_mm256_mullo_epi32(factor, x), offset));
    }
    store(least.data() + i, low);
  }
  for (; i < least.size(); ++i) {
    for (const std::uint32_t value : values) {
      least[i] = std::min(least[i], factors[i] * value + offsets[i]);
    }
  }
}

OORT_AVX2 void add_weighted(std::span<const std::uint8_t> row, std::uint32_t weight,
                            std::span<std::uint32_t> sums) {
  const __m256i weights = _mm256_set1_epi32(static_cast<std::int32_t>(weight));
  std::size_t i = 0;
  for (; i + 8 <= row.size(); i += 8) {
    const __m256i wide = _mm256_cvtepu8_epi32(load_quarter(row.data() + i));
    store(sums.data() + i,
          _mm256_add_epi32(load(sums.data() + i), _mm256_mullo_epi32(weights, wide)));
  }
  for (; i < row.size(); ++i) sums[i] += weight * row[i];
}

constexpr Kernels table{.name = "avx2",
                        .gemm_s8 = gemm_s8,
                        .gemm_s32 = gemm_s32,
                        .minhash = minhash,
                        .add_weighted = add_weighted};

}  // namespace

const Kernels* avx2_kernels() noexcept {
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  return has_avx2 ? &table : nullptr;
}

}  // namespace oort::compute::builtin

#else

namespace oort::compute::builtin {
const Kernels* avx2_kernels() noexcept { return nullptr; }
}  // namespace oort::compute::builtin

#endif
