// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/run.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/blake3.hpp"
#include "oort/compute/builtin/dedup.hpp"
#include "oort/compute/builtin/federated.hpp"
#include "oort/compute/builtin/image.hpp"
#include "oort/compute/builtin/infer.hpp"
#include "oort/compute/builtin/text.hpp"
#include "oort/compute/builtin/train.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"

namespace oort::compute::builtin {
namespace {

constexpr crypto::Context task_context("oort.v1 compute builtin task");
constexpr crypto::Context output_context("oort.v1 compute builtin output");
constexpr std::uint8_t checkpoint_version = 1;

constexpr std::array all_builtins{
    Builtin{.name = "blake3", .version = 1, .start = start_blake3},
    Builtin{.name = "dedup", .version = 1, .start = start_dedup},
    Builtin{.name = "image", .version = 1, .start = start_image},
    Builtin{.name = "infer", .version = 1, .start = start_infer},
    Builtin{.name = "text", .version = 1, .start = start_text},
    Builtin{.name = "train", .version = 1, .start = start_train},
    Builtin{.name = "train_local", .version = 1, .start = start_train_local},
    Builtin{.name = "train_merge", .version = 1, .start = start_train_merge},
};

struct Begun {
  Bytes32 digest;
  std::unique_ptr<Work> work;
};

Result<void> check_bounds(const Task& task) {
  std::uint64_t bytes = 0;
  for (const Bytes& input : task.inputs) bytes += input.size();
  if (task.parameters.size() > parameters_bytes_max) {
    return refuse(reason::too_large,
                  "parameters of " + std::to_string(task.parameters.size()) + " bytes");
  }
  if (task.inputs.size() > inputs_count_max || bytes > input_bytes_max) {
    return refuse(reason::too_large, std::to_string(task.inputs.size()) + " inputs of " +
                                         std::to_string(bytes) + " bytes");
  }
  return {};
}

Result<Begun> begin(Task task, const Kernels& kernels) {
  const Builtin* builtin = find_builtin(task.workload);
  if (builtin == nullptr) {
    return fail(ErrorCode::Unimplemented, reason::not_supported,
                "no built-in workload " + task.workload.name + " of version " +
                    std::to_string(task.workload.version));
  }
  OORT_TRY(check_bounds(task));
  const Bytes32 digest = task_digest(task);
  OORT_TRY(auto work, builtin->start(task.parameters, std::move(task.inputs), kernels));
  if (work->cost().output_bytes_max > task_output_bytes_max) {
    return refuse(reason::too_large, "an output that may have " +
                                         std::to_string(work->cost().output_bytes_max) + " bytes");
  }
  return Begun{digest, std::move(work)};
}

}  // namespace

void encode(codec::Writer& out, const Workload& value) {
  out.text(value.name);
  out.u32(value.version);
}

Result<void> decode(codec::Reader& in, Workload& value) {
  OORT_TRY(value.name, in.text(name_bytes_max));
  OORT_TRY(value.version, in.u32());
  return {};
}

Bytes32 task_digest(const Task& task) {
  codec::Writer out;
  encode(out, task.workload);
  out.blob(task.parameters);
  out.u32(static_cast<std::uint32_t>(task.inputs.size()));
  for (const Bytes& input : task.inputs) {
    out.u64(input.size());
    encode(out, crypto::tree_root(input));
  }
  return crypto::hash(task_context, out.bytes());
}

std::span<const Builtin> builtins() noexcept { return all_builtins; }

const Builtin* find_builtin(const Workload& workload) noexcept {
  for (const Builtin& builtin : all_builtins) {
    if (builtin.name == workload.name && builtin.version == workload.version) return &builtin;
  }
  return nullptr;
}

Run::Run(Bytes32 task, std::unique_ptr<Work> work) noexcept
    : task_(task), work_(std::move(work)), cost_(work_->cost()) {}

Result<Run> Run::start(Task task, const Kernels& kernels) {
  OORT_TRY(Begun begun, begin(std::move(task), kernels));
  return Run(begun.digest, std::move(begun.work));
}

Result<Run> Run::resume(Task task, ByteView checkpoint, const Kernels& kernels) {
  OORT_TRY(Begun begun, begin(std::move(task), kernels));
  Run run(begun.digest, std::move(begun.work));
  codec::Reader in(checkpoint);
  OORT_TRY(expect_version(in, checkpoint_version, "a checkpoint"));
  Bytes32 digest;
  OORT_TRY(decode(in, digest));
  if (digest != run.task_) return refuse(reason::bad_argument, "a checkpoint of another task");
  OORT_TRY(run.units_done_, in.u64());
  if (run.units_done_ > run.cost_.units) {
    return refuse(reason::bad_argument, "a checkpoint after more units than the task has");
  }
  OORT_TRY(run.work_->load(in, run.units_done_));
  OORT_TRY(in.finish());
  return run;
}

std::uint64_t Run::advance(std::uint64_t units_max) {
  const std::uint64_t count = std::min(units_max, cost_.units - units_done_);
  for (std::uint64_t i = 0; i < count; ++i) work_->unit(units_done_++);
  return count;
}

Bytes Run::checkpoint() const {
  codec::Writer out;
  out.u8(checkpoint_version);
  encode(out, task_);
  out.u64(units_done_);
  work_->save(out);
  return std::move(out).take();
}

Bytes Run::output() const {
  OORT_ASSERT(is_done(), "an output is of all units");
  Bytes output = work_->output();
  OORT_ASSERT(output.size() <= cost_.output_bytes_max, "the cost bounds the output");
  return output;
}

Bytes32 output_digest(ByteView output) { return crypto::hash(output_context, output); }

Result<Bytes> run_to_end(Task task, const Kernels& kernels) {
  OORT_TRY(Run run, Run::start(std::move(task), kernels));
  run.advance(run.cost().units);
  return run.output();
}

}  // namespace oort::compute::builtin
