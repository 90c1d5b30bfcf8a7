// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <utility>

#include "builtin/ways.hpp"
#include "oort/compute/builtin/blake3.hpp"
#include "oort/compute/builtin/draws.hpp"

namespace oort::compute::builtin {
namespace {

Task hashing(std::size_t size) {
  return {{"blake3", 1}, codec::to_bytes(Blake3Parameters{}), {Bytes(size, std::byte{7}), Bytes{}}};
}

TEST(Builtins, AreInOrderAndFoundByNameAndVersion) {
  const auto all = builtins();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const Builtin& a, const Builtin& b) {
    return std::pair(a.name, a.version) < std::pair(b.name, b.version);
  }));
  for (const Builtin& builtin : all) {
    EXPECT_EQ(find_builtin({std::string(builtin.name), builtin.version}), &builtin);
    EXPECT_EQ(find_builtin({std::string(builtin.name), 99}), nullptr);
  }
}

TEST(Run, OfAnUnknownWorkloadIsRefused) {
  Task task = hashing(1);
  task.workload.version = 2;
  EXPECT_EQ(test::refusal(task), "NOT_SUPPORTED");
}

TEST(Run, RefusesForeignParametersAndTooManyInputs) {
  Task task = hashing(1);
  task.parameters = to_bytes("x");
  EXPECT_EQ(test::refusal(task), "UNSUPPORTED_VERSION");
  task = hashing(1);
  task.parameters.push_back(std::byte{0});
  EXPECT_EQ(test::refusal(task), "MALFORMED");
  task = hashing(1);
  task.inputs.resize(inputs_count_max + 1);
  EXPECT_EQ(test::refusal(task), "TOO_LARGE");
}

TEST(Run, AdvancesByWhatItIsGivenAndNoFurther_W2) {
  auto run = Run::start(hashing(1'000'000));
  ASSERT_TRUE(run);
  EXPECT_EQ(run->cost().units, 5U);
  EXPECT_EQ(run->advance(0), 0U);
  EXPECT_EQ(run->advance(2), 2U);
  EXPECT_EQ(run->units_done(), 2U);
  EXPECT_EQ(run->advance(100), 3U);
  EXPECT_TRUE(run->is_done());
  EXPECT_EQ(run->advance(1), 0U);
  EXPECT_LE(run->output().size(), run->cost().output_bytes_max);
}

TEST(Run, ResumesOnlyTheTaskOfItsCheckpoint_W3) {
  auto run = Run::start(hashing(600'000));
  ASSERT_TRUE(run);
  run->advance(2);
  const Bytes checkpoint = run->checkpoint();
  EXPECT_TRUE(Run::resume(hashing(600'000), checkpoint));
  const auto other = Run::resume(hashing(600'001), checkpoint);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().reason(), "BAD_ARGUMENT");
  Bytes longer = checkpoint;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(Run::resume(hashing(600'000), longer));
  for (std::size_t size = 0; size < checkpoint.size(); size += 11) {
    EXPECT_FALSE(Run::resume(hashing(600'000), ByteView(checkpoint).first(size)));
  }
}

TEST(TaskDigest, DependsOnEveryPartOfTheTask_W1) {
  const Bytes32 digest = task_digest(hashing(10));
  EXPECT_EQ(digest.hex(), "0eea0a78c95737782c8a85b81570db09388ea2c0a7ffb8657fce55f9ba7d6634");
  EXPECT_NE(task_digest(hashing(11)), digest);
  Task task = hashing(10);
  task.workload.version = 2;
  EXPECT_NE(task_digest(task), digest);
  task = hashing(10);
  std::swap(task.inputs[0], task.inputs[1]);
  EXPECT_NE(task_digest(task), digest);
  task = hashing(10);
  task.parameters.pop_back();
  EXPECT_NE(task_digest(task), digest);
}

TEST(Draws, AreFixedAndEven_T1) {
  EXPECT_EQ(drawn(1, 2, 3), 15020427595393229491U);
  std::array<int, 10> hits{};
  for (std::uint64_t i = 0; i < 10'000; ++i) ++hits.at(below(drawn(5, 6, i), 10));
  for (const int count : hits) EXPECT_NEAR(count, 1000, 150);
}

}  // namespace
}  // namespace oort::compute::builtin
