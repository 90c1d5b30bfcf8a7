// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "draws.hpp"
#include "oort/compute/builtin/run.hpp"

namespace oort::compute::builtin::test {

/// Every table of kernels that this processor has.
[[nodiscard]] inline std::vector<const Kernels*> all_kernels() {
  std::vector<const Kernels*> all{&scalar_kernels()};
  if (avx2_kernels() != nullptr) all.push_back(avx2_kernels());
  return all;
}

/// Runs to the end with a checkpoint, and another run, after every few units.
[[nodiscard]] inline Bytes run_in_pieces(const Task& task, const Kernels& kernels,
                                         compute::test::Draws& draws) {
  auto run = Run::start(task, kernels);
  if (!run) {
    ADD_FAILURE() << run.error().to_string();
    return {};
  }
  const std::uint64_t pieces = 7;
  while (!run->is_done()) {
    run->advance(1 + draws.below(static_cast<std::uint32_t>(1 + run->cost().units / pieces)));
    const Bytes checkpoint = run->checkpoint();
    auto next = Run::resume(task, checkpoint, kernels);
    if (!next) {
      ADD_FAILURE() << next.error().to_string();
      return {};
    }
    EXPECT_EQ(next->checkpoint(), checkpoint) << "a checkpoint is canonical";
    run = std::move(next);
  }
  return run->output();
}

/// The output of a task, after every way to get it has given the same (W1, W2, W3).
[[nodiscard]] inline Bytes every_way(const Task& task) {
  const auto output = run_to_end(task, scalar_kernels());
  if (!output) {
    ADD_FAILURE() << output.error().to_string();
    return {};
  }
  compute::test::Draws draws(task.inputs.size() + task.parameters.size());
  for (const Kernels* kernels : all_kernels()) {
    EXPECT_EQ(run_to_end(task, *kernels).value_or(Bytes{}), *output) << kernels->name;
    EXPECT_EQ(run_in_pieces(task, *kernels, draws), *output) << kernels->name << " in pieces";
  }
  return *output;
}

[[nodiscard]] inline std::string digest_hex(ByteView output) { return output_digest(output).hex(); }

/// The reason why a task is refused; "" when it is not.
[[nodiscard]] inline std::string refusal(Task task) {
  const auto run = Run::start(std::move(task));
  return run ? "" : std::string(run.error().reason());
}

}  // namespace oort::compute::builtin::test
