// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bytes.hpp"
#include "honesty_kit.hpp"
#include "oort/env/random.hpp"
#include "oort/honesty/task.hpp"

namespace oort::honesty::test {

using ledger::test::key;
using ledger::test::same;
using oort::test::SeededRandom;

/// A source whose answers are a hash of the input root.
class HashSource final : public TaskSource {
 public:
  explicit HashSource(Workload workload) : workload_(workload) {}
  [[nodiscard]] Workload workload() const noexcept override { return workload_; }
  [[nodiscard]] ledger::Ppb strength() const noexcept override {
    return ledger::Ppb(ledger::ppb_one);
  }
  [[nodiscard]] Result<MintedTask> mint(const TaskShape& like, env::Random& random) override {
    MintedTask task;
    random.fill(task.input_root.mutable_view());
    task.input_bytes = like.input_bytes;
    task.answer = answer_of(task.input_root);
    return task;
  }
  [[nodiscard]] static Bytes32 answer_of(const Bytes32& input_root) {
    return crypto::blake3(input_root.view());
  }

 private:
  Workload workload_;
};

}  // namespace oort::honesty::test
