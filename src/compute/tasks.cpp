// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/tasks.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/federated.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"

namespace oort::compute {
namespace {

constexpr crypto::Context task_context("oort.v1 compute task");
constexpr std::uint32_t million = 1'000'000;

tl::unexpected<Error> unsupported(const std::string& what) {
  return fail(ErrorCode::Unimplemented, reason::not_supported, what);
}

Work work_of(const ledger::BuiltinWork& work) {
  Work out;
  out.workload = {work.name, work.version};
  out.parameters = work.parameters;
  return out;
}
/// Members of a gang that trains together: each descends on data of its own.
bool is_pooled(const ledger::JobSpec& spec) {
  const auto* const builtin = std::get_if<ledger::BuiltinWork>(&spec.work);
  return builtin != nullptr && builtin->name == "train_local" && spec.gang_max > 1;
}
/// What is no parameters of members stays, for the workload to refuse.
Bytes parameters_of(ByteView parameters, std::uint32_t member) {
  auto local = codec::from_bytes<builtin::LocalParameters>(parameters);
  if (!local) return to_bytes(parameters);
  local->member = member;
  return codec::to_bytes(*local);
}

/// The archive of its image is the last input.
bool is_container(const ledger::JobSpec& spec) {
  return std::holds_alternative<ledger::ContainerWork>(spec.work);
}

Result<void> check_container(const ledger::JobSpec& spec) {
  const auto refuse = [](const std::string& what) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, what);
  };
  const std::string& image = std::get<ledger::ContainerWork>(spec.work).image;
  if (spec.inputs.empty() || spec.inputs.back().uri != image) {
    return refuse("inputs: the last one is the archive of the image, " + image);
  }
  if (spec.gang_max > 1) return unsupported("a gang of containers, which reach no network");
  for (const ledger::JobOutput& output : spec.outputs) {
    if (!output.path.empty() && !is_output_path(output.path)) {
      return refuse("outputs.path: is below " + std::string(container_output_folder) +
                    ", or left out for what the program prints");
    }
  }
  for (const ledger::JobAlternative& way : spec.any_of) {
    if (way.gpu_count > 0) return unsupported("containers with graphics processors");
  }
  return {};
}

Work work_of(const ledger::ContainerWork& work) {
  Work out;
  out.kind = WorkKind::Container;
  out.image = work.digest;
  out.command = work.command;
  out.environment = work.environment;
  return out;
}
Work work_of(const ledger::WasmWork&) { return {}; }

}  // namespace

bool is_output_path(std::string_view path) noexcept {
  if (!path.starts_with(container_output_folder)) return false;
  path.remove_prefix(container_output_folder.size());
  for (;;) {
    const std::size_t end = path.find('/');
    const std::string_view part = path.substr(0, end);
    if (part.empty() || part == "." || part == "..") return false;
    if (end == std::string_view::npos) return true;
    path.remove_prefix(end + 1);
  }
}

std::uint32_t tasks_count(const ledger::JobSpec& spec) noexcept {
  return std::max(spec.array_count, spec.gang_max);
}

std::vector<std::uint32_t> inputs_of(const ledger::JobSpec& spec, std::uint32_t task) {
  if (is_pooled(spec)) return {0, task + 1};
  const bool has_image = is_container(spec) && !spec.inputs.empty();
  const auto count = static_cast<std::uint32_t>(spec.inputs.size()) - (has_image ? 1 : 0);
  const std::uint32_t step = std::max<std::uint32_t>(1, spec.array_count);
  std::vector<std::uint32_t> indexes;
  for (std::uint32_t i = step == 1 ? 0 : task; i < count; i += step) indexes.push_back(i);
  if (has_image) indexes.push_back(count);
  return indexes;
}

std::string output_uri(const ledger::JobSpec& spec, std::uint32_t task) {
  if (spec.outputs.empty()) return {};
  const std::string& uri = spec.outputs.front().uri;
  return tasks_count(spec) == 1 ? uri : uri + "/" + std::to_string(task);
}

std::optional<std::uint32_t> replicas_for(std::uint32_t confidence,
                                          std::uint32_t credibility_ppb_min) {
  if (confidence <= credibility_ppb_min / 1'000) return 1;
  if (confidence >= million) return std::nullopt;
  // The chance, times 10^k, that more than half of k runs lie: the sum of C(k, j) · 9^(k−j).
  Uint128 whole = 1;
  for (std::uint32_t k = 1; k <= replicas_max; ++k) {
    whole *= 10;
    if (k % 2 == 0) continue;
    Uint128 wrong = 0;
    Uint128 ways = 1;
    Uint128 nines = 1;
    for (std::uint32_t honest = 0; honest <= k / 2; ++honest) {
      wrong += ways * nines;
      ways = ways * (k - honest) / (honest + 1);
      nines *= 9;
    }
    if (wrong * million <= whole * (million - confidence)) return k;
  }
  return std::nullopt;
}

TaskEnvelope envelope_of(const JobId& job, const ledger::JobSpec& spec, std::uint32_t task) {
  TaskEnvelope envelope;
  codec::Writer name;
  codec::encode(name, job);
  name.u32(task);
  envelope.task = TaskId(crypto::hash(task_context, name.bytes()).array());
  envelope.work = std::visit([](const auto& work) { return work_of(work); }, spec.work);
  if (is_pooled(spec)) {
    envelope.work.parameters = parameters_of(envelope.work.parameters, task);
  }
  if (!spec.outputs.empty()) envelope.work.output_path = spec.outputs.front().path;
  for (const std::uint32_t index : inputs_of(spec, task)) {
    const ledger::JobInput& input = spec.inputs[index];
    envelope.inputs.push_back({input.size, input.root.value_or(TreeRoot()), input.path});
  }
  envelope.walltime_ms = spec.walltime_ms;
  return envelope;
}

Result<void> check_feasible(const ledger::JobSpec& spec) {
  const auto* const builtin = std::get_if<ledger::BuiltinWork>(&spec.work);
  if (is_container(spec)) {
    OORT_TRY(check_container(spec));
  } else if (builtin == nullptr) {
    return unsupported("WebAssembly modules have no executors");
  } else if (builtin::find_builtin({builtin->name, builtin->version}) == nullptr) {
    return unsupported("there is no built-in workload " + builtin->name + " of version " +
                       std::to_string(builtin->version));
  }
  if (tasks_count(spec) > job_tasks_max) return unsupported("a job of more than 4096 tasks");
  if (!spec.network.empty()) return unsupported("tasks that reach a network");
  if (spec.outputs.size() > 1) return unsupported("more than one output");
  for (const ledger::JobInput& input : spec.inputs) {
    if (!input.root) return unsupported("an input without size and root: " + input.uri);
  }
  if (is_pooled(spec) && spec.inputs.size() != spec.gang_max + std::size_t{1}) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "inputs: a gang of train_local takes the state, then a dataset for each member");
  }
  const std::uint32_t tasks = is_pooled(spec) ? spec.gang_max : std::max(1U, spec.array_count);
  for (std::uint32_t task = 0; task < tasks; ++task) {
    std::uint64_t bytes = 0;
    for (const std::uint32_t index : inputs_of(spec, task)) {
      const std::uint64_t size = spec.inputs[index].size;
      if (size > task_input_bytes_max || (bytes += size) > task_input_bytes_max) {
        return unsupported("inputs of one task of more than 256 MiB");
      }
    }
    for (const ledger::JobAlternative& way : spec.any_of) {
      const std::uint32_t memory_mib = std::max(task_memory_min_mib, way.memory_mib);
      if (bytes > std::uint64_t{memory_mib} << 20U) {
        return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                    "any_of.memory_mib: " + std::to_string(memory_mib) +
                        " MiB do not hold the inputs of task " + std::to_string(task));
      }
    }
  }
  const auto replicas = replicas_for(spec.confidence, spec.placement.credibility_ppb_min);
  if (!replicas) return unsupported("a confidence that needs more than 21 runs");
  if (*replicas > 1 && spec.gang_max > 1) return unsupported("a gang that is run several times");
  return {};
}

Bytes32 job_output(std::span<const Bytes32> outputs) {
  return outputs.size() == 1 ? outputs.front() : crypto::merkle_root(outputs);
}

std::uint64_t pay_for(std::uint64_t per_hour, std::uint64_t run_ms,
                      std::uint64_t walltime_ms) noexcept {
  constexpr Uint128 hour_ms = 3'600'000;
  const Uint128 pay = (Uint128{per_hour} * std::min(run_ms, walltime_ms) + hour_ms - 1) / hour_ms;
  return static_cast<std::uint64_t>(
      std::min<Uint128>(pay, std::numeric_limits<std::uint64_t>::max()));
}

}  // namespace oort::compute
