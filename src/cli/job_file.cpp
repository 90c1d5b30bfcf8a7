// SPDX-License-Identifier: Apache-2.0
#include "job_file.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "json_fields.hpp"
#include "key_file.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/jobs_spec.hpp"

namespace oort::cli {
namespace {

using ledger::JobSpec;

constexpr std::array topology_names = {"any", "region", "fabric", "node"};
constexpr std::array spread_names = {"none", "node", "operator", "network", "region"};
constexpr std::array tier_names = {"wasm", "launcher", "runtime", "gvisor", "microvm"};
constexpr std::array class_names = {"public", "bonded", "attested"};
constexpr std::array architecture_names = {"amd64", "arm64"};
constexpr std::uint64_t ms_per_second = 1000;
constexpr int ordinary_priority = 100;

template <std::unsigned_integral T>
void read(JsonFields& fields, const std::string& name, T& value) {
  value = static_cast<T>(fields.number(name, value, std::numeric_limits<T>::max()));
}
void read(JsonFields& fields, const std::string& name, bool& value) {
  value = fields.truth(name, value);
}
void read_seconds(JsonFields& fields, const std::string& name, std::uint64_t& ms) {
  constexpr std::uint64_t seconds_max = std::numeric_limits<std::uint64_t>::max() / ms_per_second;
  ms = fields.number(name, 0, seconds_max) * ms_per_second;
}

/// An enumerator by its name.
template <std::size_t N>
std::uint8_t choice(JsonFields& fields, const std::string& name,
                    const std::array<const char*, N>& names) {
  const std::string wanted = fields.text(name, names[0]);
  std::string known;
  for (std::size_t i = 0; i < N; ++i) {
    if (wanted == names.at(i)) return static_cast<std::uint8_t>(i);
    known += (i == 0 ? "" : ", ") + std::string(names.at(i));
  }
  fields.refuse(name, "is one of " + known);
  return 0;
}

std::vector<std::string> texts(JsonFields& fields, const std::string& name) {
  const Json* found = fields.find(name);
  std::vector<std::string> all;
  if (found == nullptr) return all;
  if (!found->is_array()) fields.refuse(name, "must be a list of texts");
  for (const Json& entry : *found) {
    if (!entry.is_string()) {
      fields.refuse(name, "must be a list of texts");
      return all;
    }
    all.push_back(entry.get<std::string>());
  }
  return all;
}

template <class Id>
std::vector<Id> ids(JsonFields& fields, const std::string& name) {
  std::vector<Id> all;
  for (const std::string& text : texts(fields, name)) {
    const auto id = Id::from_hex(text);
    if (!id) fields.refuse(name, "holds what is none: " + text);
    all.push_back(id.value_or(Id()));
  }
  return all;
}

template <class Id>
std::optional<Id> optional_id(JsonFields& fields, const std::string& name) {
  const std::string text = fields.text(name, "");
  if (text.empty()) return std::nullopt;
  const auto id = Id::from_hex(text);
  if (!id) fields.refuse(name, "must have " + std::to_string(Id::size_bytes * 2) + " hex digits");
  return id;
}

/// Reads the object `name`, where it is there.
template <class Read>
bool read_part(JsonFields& fields, const std::string& name, const Read& read_it) {
  const Json* found = fields.find(name);
  if (found == nullptr) return false;
  JsonFields part(*found, fields.where() + "." + name);
  read_it(part);
  const auto done = part.finish();
  if (!done) fields.keep(done.error());
  return true;
}

/// What the bytes of an input are, as the job states it or a file of this machine has it.
void read_content(JsonFields& part, const std::filesystem::path& folder, ledger::JobInput& input) {
  read(part, "size", input.size);
  input.root = optional_id<TreeRoot>(part, "root");
  if (input.root && part.find("size") == nullptr) part.refuse("size", "must stand beside root");
  const std::string name = part.text("file", "");
  if (name.empty()) return;
  const auto bytes = read_file(folder / name, job_input_bytes_max);
  const auto stated = bytes ? state_content(input, *bytes) : fail(bytes.error());
  if (!stated) part.keep(stated.error());
}

/// The archive of an image is the last input, wherever it stands in the file.
std::optional<ledger::JobInput> read_work(JsonFields& fields, const std::filesystem::path& folder,
                                          JobSpec& spec) {
  std::optional<ledger::JobInput> archive;
  int count = 0;
  count += read_part(fields, "builtin", [&](JsonFields& part) {
    ledger::BuiltinWork work;
    work.name = part.text("name", "");
    read(part, "version", work.version);
    const auto parameters = from_hex(part.text("parameters", ""));
    if (!parameters) part.refuse("parameters", "must be hexadecimal");
    work.parameters = parameters.value_or(Bytes());
    spec.work = std::move(work);
  });
  count += read_part(fields, "image", [&](JsonFields& part) {
    ledger::ContainerWork work;
    work.image = part.text("uri", "");
    work.digest = optional_id<Bytes32>(part, "digest").value_or(Bytes32());
    work.command = texts(part, "command");
    work.environment = texts(part, "environment");
    archive.emplace();
    archive->uri = work.image;
    read_content(part, folder, *archive);
    spec.work = std::move(work);
  });
  count += read_part(fields, "wasm", [&](JsonFields& part) {
    ledger::WasmWork work;
    work.module = part.text("uri", "");
    work.digest = optional_id<Bytes32>(part, "digest").value_or(Bytes32());
    work.command = texts(part, "command");
    spec.work = std::move(work);
  });
  if (count != 1) fields.refuse("builtin", "or image or wasm: exactly one of them says what runs");
  return archive;
}

/// Elements that are text alone, or objects with more.
template <class Object, class Read>
void read_objects(JsonFields& fields, const std::string& name, std::vector<Object>& objects,
                  const Read& read_it) {
  const Json* found = fields.find(name);
  if (found == nullptr) return;
  if (!found->is_array()) return fields.refuse(name, "must be a list");
  for (const Json& entry : *found) {
    Object& object = objects.emplace_back();
    if (entry.is_string()) {
      object.uri = entry.get<std::string>();
      continue;
    }
    JsonFields part(entry, fields.where() + "." + name);
    object.uri = part.text("uri", "");
    object.path = part.text("path", "");
    read_it(part, object);
    const auto done = part.finish();
    if (!done) fields.keep(done.error());
  }
}

void read_ways(JsonFields& fields, JobSpec& spec) {
  const Json* found = fields.need("any_of");
  if (found == nullptr) return;
  if (!found->is_array()) return fields.refuse("any_of", "must be a list");
  for (const Json& entry : *found) {
    JsonFields part(entry, fields.where() + ".any_of");
    ledger::JobAlternative way;
    way.gpu_models = texts(part, "gpu_models");
    read(part, "gpu_count", way.gpu_count);
    read(part, "gpu_milli", way.gpu_milli);
    read(part, "gpu_memory_mib", way.gpu_memory_mib);
    read(part, "same_interconnect", way.same_interconnect);
    read(part, "cpu_milli", way.cpu_milli);
    read(part, "memory_mib", way.memory_mib);
    read(part, "disk_mib", way.disk_mib);
    read(part, "network_mbps", way.network_mbps);
    if (part.find("architecture") != nullptr) {
      way.architecture = choice(part, "architecture", architecture_names);
    }
    const auto done = part.finish();
    if (!done) fields.keep(done.error());
    spec.any_of.push_back(std::move(way));
  }
}

void read_shape(JsonFields& fields, JobSpec& spec) {
  read(fields, "gang", spec.gang_min);
  spec.gang_max = spec.gang_min;
  spec.topology = choice(fields, "topology", topology_names);
  read_part(fields, "array", [&](JsonFields& part) {
    read(part, "count", spec.array_count);
    read(part, "parallel_max", spec.array_parallel_max);
  });
  spec.depends_on = ids<JobId>(fields, "depends_on");
  read_part(fields, "retry", [&](JsonFields& part) {
    read(part, "max", spec.retry.max);
    read(part, "on_node_fault", spec.retry.on_node_fault);
    read(part, "on_preempted", spec.retry.on_preempted);
    read(part, "on_verify_failed", spec.retry.on_verify_failed);
  });
  read_part(fields, "placement", [&](JsonFields& part) {
    spec.placement.regions = texts(part, "regions");
    read(part, "credibility_ppb_min", spec.placement.credibility_ppb_min);
    spec.placement.exclude_nodes = ids<NodeId>(part, "exclude_nodes");
    spec.placement.exclude_operators = ids<OperatorId>(part, "exclude_operators");
    spec.placement.only_operators = ids<OperatorId>(part, "only_operators");
  });
  spec.spread = choice(fields, "spread", spread_names);
  spec.tier_min = choice(fields, "tier_min", tier_names);
  spec.data_class = choice(fields, "data_class", class_names);
}

void read_terms(JsonFields& fields, JobSpec& spec) {
  read(fields, "queue", spec.queue);
  const Json* priority = fields.find("priority");
  if (priority != nullptr) {
    const int wanted = priority->is_number_integer() ? priority->get<int>() : ordinary_priority + 1;
    if (wanted < -ordinary_priority || wanted > ordinary_priority) {
      fields.refuse("priority", "is -100 to 100");
    } else {
      spec.priority = static_cast<std::uint8_t>(wanted + ordinary_priority);
    }
  }
  if (fields.need("walltime_s") != nullptr) read_seconds(fields, "walltime_s", spec.walltime_ms);
  read(fields, "start_by_ms", spec.start_by_ms);
  read(fields, "finish_by_ms", spec.finish_by_ms);
  read_seconds(fields, "checkpoint_s", spec.checkpoint_ms);
  read_seconds(fields, "grace_s", spec.grace_ms);
  read(fields, "price_per_hour_max", spec.price_per_hour_max);
  read(fields, "is_spot", spec.is_spot);
  read(fields, "bid_per_hour", spec.bid_per_hour);
  read(fields, "is_preemptible", spec.is_preemptible);
  read(fields, "risk", spec.risk);
  read(fields, "confidence", spec.confidence);
  spec.network = texts(fields, "network");
}

}  // namespace

Result<void> state_content(ledger::JobInput& input, ByteView bytes) {
  const TreeRoot root = crypto::tree_root(bytes);
  const bool is_size_stated = input.size != 0 || input.root;
  if ((is_size_stated && input.size != bytes.size()) || (input.root && *input.root != root)) {
    return fail(ErrorCode::InvalidArgument, reason::bad_proof,
                input.uri + ": these are " + std::to_string(bytes.size()) +
                    " bytes with the root " + root.hex() + ", not what the job states");
  }
  input.size = bytes.size();
  input.root = root;
  return {};
}

Result<JobSpec> read_job(const Json& description, const std::filesystem::path& folder) {
  JobSpec spec;
  JsonFields fields(description, "job");
  spec.name = fields.text("name", "");
  const auto archive = read_work(fields, folder, spec);
  read_objects(fields, "inputs", spec.inputs, [&](JsonFields& part, ledger::JobInput& input) {
    read_content(part, folder, input);
  });
  if (archive) spec.inputs.push_back(*archive);
  read_objects(fields, "outputs", spec.outputs, [](JsonFields&, ledger::JobOutput&) {});
  read_ways(fields, spec);
  read_shape(fields, spec);
  read_terms(fields, spec);
  OORT_TRY(fields.finish());
  OORT_TRY(ledger::check_spec(spec));
  return spec;
}

Result<JobSpec> load_job(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::NotFound, reason::not_found, "there is no file " + path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Json description = Json::parse(text, nullptr, false);
  if (description.is_discarded()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, path + " is no JSON");
  }
  return read_job(description, std::filesystem::path(path).parent_path());
}

}  // namespace oort::cli
