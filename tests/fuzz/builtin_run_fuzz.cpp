// SPDX-License-Identifier: Apache-2.0
// A task as bytes: a workload's index, then parameters and inputs as blobs, then a checkpoint. A
// task that starts, and is small, must end the same way in one go and from its own checkpoint; a
// foreign checkpoint may be refused but must do no harm.
#include <array>
#include <cstdint>
#include <span>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/core/assert.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::uint64_t operations_max = std::uint64_t{1} << 24U;
// A name keeps its place, or the corpus would mean something else.
constexpr std::array names{"blake3", "infer", "train",       "dedup",
                           "image",  "text",  "train_local", "train_merge"};

Result<void> read_task(codec::Reader& in, Task& task) {
  OORT_TRY(const std::uint8_t index, in.u8());
  task.workload = {names.at(index % names.size()), 1};
  OORT_TRY(const ByteView parameters, in.blob(1U << 12U));
  task.parameters = to_bytes(parameters);
  OORT_TRY(const std::uint32_t count, in.count(8, 4));
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(const ByteView input, in.blob(1U << 16U));
    task.inputs.push_back(to_bytes(input));
  }
  return {};
}

void finish(Run& run) {
  while (!run.is_done()) run.advance(1 + run.cost().units / 3);
  static_cast<void>(run.output());
}

void try_task(ByteView bytes) {
  codec::Reader in(bytes);
  Task task;
  if (!read_task(in, task)) return;
  auto run = Run::start(task);
  if (!run || run->cost().operations > operations_max) return;
  // Behind the digest and the number of units, so that more than the first bytes are reached.
  codec::Writer checkpoint;
  checkpoint.u8(1);
  encode(checkpoint, task_digest(task));
  checkpoint.raw(in.rest());
  if (auto foreign = Run::resume(task, checkpoint.bytes())) {
    OORT_ASSERT(foreign->checkpoint() == checkpoint.bytes(), "a checkpoint has one encoding");
    finish(*foreign);
  }
  run->advance(run->cost().units / 2);
  auto resumed = Run::resume(task, run->checkpoint());
  OORT_ASSERT(resumed.has_value(), "a run's own checkpoint resumes it");
  finish(*run);
  finish(*resumed);
  OORT_ASSERT(run->output() == resumed->output(), "checkpoints change no output");
}

}  // namespace
}  // namespace oort::compute::builtin

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  oort::compute::builtin::try_task(std::as_bytes(std::span(data, size)));
  return 0;
}
