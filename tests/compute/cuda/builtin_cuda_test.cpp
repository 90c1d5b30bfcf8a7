// SPDX-License-Identifier: Apache-2.0
// The CUDA kernels against plain loops. Without a device every case is skipped and says so; a
// library that does not load fails. OORT_BUILTIN_CUDA names the library.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "builtin/digits.hpp"
#include "draws.hpp"
#include "oort/compute/builtin/dedup.hpp"
#include "oort/compute/builtin/infer.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/compute/builtin/train.hpp"

namespace oort::compute::builtin {
namespace {

using compute::test::Draws;

/// Without kernels: why the library is broken, or nothing where there is just no device.
struct Opened {
  const Kernels* kernels = nullptr;
  std::string broken;
};

Opened open_library() {
  const char* path = std::getenv("OORT_BUILTIN_CUDA");
  if (path == nullptr) path = OORT_BUILTIN_CUDA_PATH;
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return {nullptr, std::string("the library does not load: ") + dlerror()};
  using Get = const Kernels* (*)();
  // The name is that of a function, which POSIX gives as a pointer to data.
  const auto get = reinterpret_cast<Get>(dlsym(library, "oort_builtin_cuda_kernels"));
  if (get == nullptr) return {nullptr, "the library lacks its function"};
  return {get(), ""};
}

class BuiltinCuda : public testing::Test {
 protected:
  void SetUp() override {
    static const Opened opened = open_library();
    ASSERT_EQ(opened.broken, "");
    if (opened.kernels == nullptr) GTEST_SKIP() << "no CUDA device here";
    kernels_ = opened.kernels;
  }
  void expect_same(const Task& task) {
    const auto expected = run_to_end(task, scalar_kernels());
    const auto found = run_to_end(task, *kernels_);
    ASSERT_TRUE(expected);
    ASSERT_TRUE(found);
    EXPECT_EQ(output_digest(*found), output_digest(*expected)) << task.workload.name;
  }
  const Kernels* kernels_ = nullptr;
};

template <class T>
std::vector<T> random_values(std::size_t count, Draws& draws, std::uint32_t bound) {
  std::vector<T> values(count);
  for (T& value : values) {
    value = static_cast<T>(static_cast<std::int64_t>(draws.below(2 * bound)) - bound);
  }
  return values;
}

TEST_F(BuiltinCuda, ProductsAreTheSameBits_K1) {
  Draws draws(1);
  for (int round = 0; round < 60; ++round) {
    const GemmShape shape{1 + draws.below(70), 1 + draws.below(70), 1 + draws.below(300)};
    const auto a = random_values<std::int8_t>(shape.m * shape.k, draws, 128);
    const auto b = random_values<std::int8_t>(shape.n * shape.k, draws, 128);
    std::vector<std::int32_t> expected(shape.m * shape.n);
    std::vector<std::int32_t> found(expected.size());
    scalar_kernels().gemm_s8(shape, a, b, expected);
    kernels_->gemm_s8(shape, a, b, found);
    ASSERT_EQ(found, expected);
    const auto wide_a = random_values<std::int32_t>(shape.m * shape.k, draws, 1U << 24U);
    const auto wide_b = random_values<std::int32_t>(shape.n * shape.k, draws, 1U << 24U);
    for (const Layout layout : {Layout::Dot, Layout::Product, Layout::Outer}) {
      std::vector<std::int64_t> wide_expected(shape.m * shape.n);
      std::vector<std::int64_t> wide_found(wide_expected.size());
      scalar_kernels().gemm_s32(shape, layout, wide_a, wide_b, wide_expected);
      kernels_->gemm_s32(shape, layout, wide_a, wide_b, wide_found);
      ASSERT_EQ(wide_found, wide_expected);
    }
  }
}

TEST_F(BuiltinCuda, LeastHashesAndWeightedRowsAreTheSameBits_K1) {
  Draws draws(2);
  for (int round = 0; round < 40; ++round) {
    const std::size_t count = 1 + draws.below(600);
    const auto values = random_values<std::uint32_t>(draws.below(500), draws, 1U << 30U);
    const auto factors = random_values<std::uint32_t>(count, draws, 1U << 30U);
    const auto offsets = random_values<std::uint32_t>(count, draws, 1U << 30U);
    std::vector<std::uint32_t> expected(count, 0xFFFFFFFFU);
    auto found = expected;
    scalar_kernels().minhash(values, factors, offsets, expected);
    kernels_->minhash(values, factors, offsets, found);
    ASSERT_EQ(found, expected);
    const auto row = random_values<std::uint8_t>(count, draws, 128);
    std::vector<std::uint32_t> sums(count, 3);
    auto sums_found = sums;
    scalar_kernels().add_weighted(row, 1000, sums);
    kernels_->add_weighted(row, 1000, sums_found);
    ASSERT_EQ(sums_found, sums);
  }
}

TEST_F(BuiltinCuda, WholeWorkloadsHaveTheSameDigests_W1) {
  const Dataset digits = test::digits(512, 1);
  const TrainParameters training{.hidden = {32}, .epochs = 3, .seed = 5, .descent = {}};
  const Task train{{"train", 1},
                   codec::to_bytes(training),
                   {codec::to_bytes(digits), codec::to_bytes(test::digits(300, 2))}};
  expect_same(train);
  const auto trained = codec::from_bytes<TrainOutput>(run_to_end(train).value_or(Bytes{}));
  ASSERT_TRUE(trained);
  expect_same({{"infer", 1},
               codec::to_bytes(InferParameters{Head::Softmax}),
               {codec::to_bytes(trained->model),
                codec::to_bytes(Samples{digits.features, digits.values})}});
  Task dedup{{"dedup", 1}, codec::to_bytes(DedupParameters{}), {}};
  for (int i = 0; i < 20; ++i) {
    dedup.inputs.push_back(
        to_bytes("a text that is there again and again " + std::to_string(i % 4)));
  }
  expect_same(dedup);
}

}  // namespace
}  // namespace oort::compute::builtin
