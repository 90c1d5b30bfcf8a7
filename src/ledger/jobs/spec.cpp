// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/jobs_spec.hpp"

#include <algorithm>
#include <utility>

#include "jobs/spec_fields.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/ratio.hpp"

namespace oort::ledger {

template void encode(codec::Writer&, const JobSpec&);
template Result<void> decode(codec::Reader&, JobSpec&);

namespace {

constexpr crypto::Context spec_context("oort.v1 job spec");
constexpr crypto::Context broker_context("oort.v1 job broker");
constexpr std::string_view scheme = "s3://";
constexpr std::uint64_t walltime_ms_max = 36'525 * day_ms;
constexpr std::uint32_t gang_members_max = 4096;
constexpr std::uint32_t array_tasks_max = 1'000'000;
constexpr std::uint16_t gpu_whole = 1000;
constexpr std::uint8_t priority_max = 200;
constexpr std::uint32_t credibility_max = 1'000'000'000;

Result<void> refuse(const std::string& field, const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "specification: " + field + " " + why);
}

/// "s3://bucket/name", both there.
bool is_object(std::string_view uri) {
  if (!uri.starts_with(scheme)) return false;
  const std::size_t slash = uri.find('/', scheme.size());
  return slash != std::string_view::npos && slash > scheme.size() && slash + 1 < uri.size();
}

Result<void> check_work(const JobWork& work) {
  if (const auto* builtin = std::get_if<BuiltinWork>(&work)) {
    if (builtin->name.empty()) return refuse("builtin", "names no workload");
  } else if (const auto* container = std::get_if<ContainerWork>(&work)) {
    if (!is_object(container->image)) return refuse("image", "must be s3://bucket/name");
  } else if (const auto* wasm = std::get_if<WasmWork>(&work)) {
    if (!is_object(wasm->module)) return refuse("wasm", "must be s3://bucket/name");
  }
  return {};
}

Result<void> check_objects(const JobSpec& spec) {
  for (const JobInput& input : spec.inputs) {
    if (!is_object(input.uri)) return refuse("inputs", "must be s3://bucket/name: " + input.uri);
  }
  for (const JobOutput& output : spec.outputs) {
    if (!is_object(output.uri)) return refuse("outputs", "must be s3://bucket/name: " + output.uri);
  }
  const bool is_builtin = std::holds_alternative<BuiltinWork>(spec.work);
  if (is_builtin && spec.outputs.size() > 1) {
    return refuse("outputs", "of a built-in workload is one");
  }
  return {};
}

Result<void> check_alternatives(const JobSpec& spec) {
  if (spec.any_of.empty()) return refuse("any_of", "needs at least one way to run");
  for (const JobAlternative& way : spec.any_of) {
    const bool is_part = way.gpu_milli < gpu_whole;
    if (way.gpu_milli == 0 || way.gpu_milli > gpu_whole || (is_part && way.gpu_count > 1)) {
      return refuse("any_of.gpu_milli", "is 1 to 1000, and a part is of one device");
    }
    if (way.cpu_milli == 0 && way.gpu_count == 0) {
      return refuse("any_of", "asks for neither a core nor a device");
    }
    if (way.architecture.value_or(0) > 1) return refuse("any_of.architecture", "is unknown");
  }
  return {};
}

Result<void> check_shape(const JobSpec& spec) {
  if (spec.gang_min < 1 || spec.gang_max != spec.gang_min || spec.gang_max > gang_members_max) {
    return refuse("gang", "has 1 to 4096 members, min and max alike");
  }
  if (spec.array_count < 1 || spec.array_count > array_tasks_max) {
    return refuse("array", "has 1 to 1000000 tasks");
  }
  if (spec.array_count > 1 && spec.gang_max > 1) return refuse("array", "is no gang");
  if (spec.topology > 3) return refuse("topology", "is unknown");
  if (spec.spread > 4) return refuse("spread", "is unknown");
  if (spec.tier_min > 4) return refuse("tier_min", "is unknown");
  if (spec.data_class > 2) return refuse("data_class", "is unknown");
  return {};
}

Result<void> check_terms(const JobSpec& spec) {
  if (spec.priority > priority_max) return refuse("priority", "is 0 to 200");
  if (spec.walltime_ms == 0 || spec.walltime_ms > walltime_ms_max) {
    return refuse("walltime", "must be over 0 and below a hundred years");
  }
  if (spec.confidence > parts_per_million) return refuse("confidence", "is at most 1000000");
  if (spec.placement.credibility_ppb_min > credibility_max) {
    return refuse("placement.credibility", "is at most one");
  }
  if (!spec.is_spot && spec.bid_per_hour != 0) return refuse("bid", "is of spot jobs alone");
  return {};
}

}  // namespace

JobKind kind_of(const JobWork& work) noexcept { return static_cast<JobKind>(work.index()); }

Result<void> check_spec(const JobSpec& spec) {
  OORT_TRY(check_work(spec.work));
  OORT_TRY(check_objects(spec));
  OORT_TRY(check_alternatives(spec));
  OORT_TRY(check_shape(spec));
  return check_terms(spec);
}

Bytes32 job_spec_hash(ByteView canonical) { return crypto::hash(spec_context, canonical); }

std::vector<NodeId> rendezvous_brokers(const JobId& job, std::vector<NodeId> candidates,
                                       std::size_t count_max) {
  std::ranges::sort(candidates);
  const auto same = std::ranges::unique(candidates);
  candidates.erase(same.begin(), same.end());
  std::vector<std::pair<Bytes32, NodeId>> drawn;
  drawn.reserve(candidates.size());
  for (const NodeId& node : candidates) {
    drawn.emplace_back(crypto::hash(broker_context, job.view(), node.view()), node);
  }
  std::ranges::sort(drawn);
  if (drawn.size() > count_max) drawn.resize(count_max);
  std::vector<NodeId> brokers;
  brokers.reserve(drawn.size());
  for (const auto& [place, node] : drawn) brokers.push_back(node);
  return brokers;
}

}  // namespace oort::ledger
