// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/kernels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "builtin/ways.hpp"
#include "draws.hpp"

namespace oort::compute::builtin {
namespace {

using compute::test::Draws;

template <class T>
std::vector<T> random_values(std::size_t count, Draws& draws, unsigned bits) {
  std::vector<T> values(count);
  for (T& value : values) {
    // The extremes come often: they are where an overflow would show.
    const std::uint32_t choice = draws.below(8);
    const std::int64_t bound = std::int64_t{1} << bits;
    std::int64_t drawn = std::int64_t{draws.below(0xFFFFFFFFU)} % (2 * bound) - bound;
    if (choice == 0) drawn = -bound;
    if (choice == 1) drawn = bound - 1;
    value = static_cast<T>(drawn);
  }
  return values;
}

GemmShape random_shape(Draws& draws) {
  return {1 + draws.below(9), 1 + draws.below(21), 1 + draws.below(200)};
}

TEST(Kernels, ProductsOfBytesAreTheSameBitsEverywhere_K1) {
  Draws draws(1);
  for (int round = 0; round < 200; ++round) {
    const GemmShape shape = random_shape(draws);
    const auto a = random_values<std::int8_t>(shape.m * shape.k, draws, 7);
    const auto b = random_values<std::int8_t>(shape.n * shape.k, draws, 7);
    std::vector<std::int32_t> expected(shape.m * shape.n);
    for (std::size_t i = 0; i < shape.m; ++i) {
      for (std::size_t j = 0; j < shape.n; ++j) {
        for (std::size_t l = 0; l < shape.k; ++l) {
          expected[i * shape.n + j] += a[i * shape.k + l] * b[j * shape.k + l];
        }
      }
    }
    for (const Kernels* kernels : test::all_kernels()) {
      std::vector<std::int32_t> c(shape.m * shape.n, 77);
      kernels->gemm_s8(shape, a, b, c);
      ASSERT_EQ(c, expected) << kernels->name;
    }
  }
}

TEST(Kernels, TheLongestSumOfBytesDoesNotOverflow_K1) {
  const GemmShape shape{1, 1, std::size_t{1} << 16U};
  const std::vector<std::int8_t> least(shape.k, -128);
  for (const Kernels* kernels : test::all_kernels()) {
    std::vector<std::int32_t> c(1);
    kernels->gemm_s8(shape, least, least, c);
    EXPECT_EQ(c[0], 1 << 30) << kernels->name;
  }
}

TEST(Kernels, WideProductsAreTheSameBitsInEachLayout_K1) {
  Draws draws(2);
  for (int round = 0; round < 100; ++round) {
    const auto [m, n, k] = random_shape(draws);
    const auto a = random_values<std::int32_t>(m * k, draws, 24);
    const auto b = random_values<std::int32_t>(n * k, draws, 24);
    for (const Layout layout : {Layout::Dot, Layout::Product, Layout::Outer}) {
      std::vector<std::int64_t> expected(m * n);
      for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
          for (std::size_t l = 0; l < k; ++l) {
            const std::int64_t left = layout == Layout::Outer ? a[l * m + i] : a[i * k + l];
            const std::int64_t right = layout == Layout::Dot ? b[j * k + l] : b[l * n + j];
            expected[i * n + j] += left * right;
          }
        }
      }
      for (const Kernels* kernels : test::all_kernels()) {
        std::vector<std::int64_t> c(m * n, 77);
        kernels->gemm_s32({m, n, k}, layout, a, b, c);
        ASSERT_EQ(c, expected) << kernels->name;
      }
    }
  }
}

TEST(Kernels, LeastHashesAndWeightedRowsAreTheSameBits_K1) {
  Draws draws(3);
  for (int round = 0; round < 100; ++round) {
    const std::size_t count = 1 + draws.below(150);
    const auto values = random_values<std::uint32_t>(draws.below(60), draws, 31);
    const auto factors = random_values<std::uint32_t>(count, draws, 31);
    const auto offsets = random_values<std::uint32_t>(count, draws, 31);
    const auto start = random_values<std::uint32_t>(count, draws, 31);
    const auto row = random_values<std::uint8_t>(count, draws, 8);
    const std::uint32_t weight = draws.below(1U << 20U);
    auto least = start;
    std::vector<std::uint32_t> sums(count, 5);
    for (std::size_t i = 0; i < count; ++i) {
      for (const std::uint32_t x : values)
        least[i] = std::min(least[i], factors[i] * x + offsets[i]);
      sums[i] += weight * row[i];
    }
    for (const Kernels* kernels : test::all_kernels()) {
      auto found = start;
      kernels->minhash(values, factors, offsets, found);
      ASSERT_EQ(found, least) << kernels->name;
      std::vector<std::uint32_t> added(count, 5);
      kernels->add_weighted(row, weight, added);
      ASSERT_EQ(added, sums) << kernels->name;
    }
  }
}

TEST(Kernels, TheBestAreOneOfThoseThereAre) {
  bool is_known = false;
  for (const Kernels* kernels : test::all_kernels()) is_known |= kernels == &best_kernels();
  EXPECT_TRUE(is_known);
}

}  // namespace
}  // namespace oort::compute::builtin
