// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/record.hpp"

/// What a job is: written by the payer, hashed into JobOpen, handed to the job's brokers. The
/// ledger keeps the hash alone. What the fields mean to the scheduler is said in
/// compute/request.hpp; times are milliseconds, prices microcredits an hour, shares millionths.
namespace oort::ledger {

inline constexpr std::size_t job_spec_bytes_max = 256 * 1024;
inline constexpr std::size_t job_name_bytes_max = 128;
inline constexpr std::size_t job_uri_bytes_max = 1200;
inline constexpr std::size_t job_path_bytes_max = 256;
inline constexpr std::size_t job_objects_max = 1024;
inline constexpr std::size_t job_words_max = 256;
inline constexpr std::size_t job_word_bytes_max = 4096;
inline constexpr std::size_t job_parameters_bytes_max = 65'536;
inline constexpr std::size_t job_choices_max = 64;
inline constexpr std::size_t job_alternatives_max = 8;

/// A workload of the daemon, named as in compute/builtin/run.hpp.
struct BuiltinWork {
  static constexpr std::uint16_t code = 1;
  std::string name;
  std::uint32_t version = 1;
  Bytes parameters;
  friend bool operator==(const BuiltinWork&, const BuiltinWork&) = default;
};
struct ContainerWork {
  static constexpr std::uint16_t code = 2;
  std::string image;  ///< s3:// URI of an OCI archive.
  Bytes32 digest;     ///< Its sha256, as OCI names it.
  std::vector<std::string> command;
  std::vector<std::string> environment;  ///< "NAME=value".
  friend bool operator==(const ContainerWork&, const ContainerWork&) = default;
};
struct WasmWork {
  static constexpr std::uint16_t code = 3;
  std::string module;  ///< s3:// URI.
  Bytes32 digest;      ///< BLAKE3 of it.
  std::vector<std::string> command;
  friend bool operator==(const WasmWork&, const WasmWork&) = default;
};
using JobWork = std::variant<BuiltinWork, ContainerWork, WasmWork>;
[[nodiscard]] JobKind kind_of(const JobWork& work) noexcept;

/// An object that tasks read. Of an array of n tasks, task i gets the inputs whose index is i
/// modulo n; of any other job, every task gets all.
struct JobInput {
  std::string uri;               ///< "s3://bucket/name".
  std::uint64_t size = 0;        ///< Of the bytes; 0: not stated.
  std::optional<TreeRoot> root;  ///< `crypto::tree_root` of the bytes; others are refused.
  std::string path;              ///< Of a container: where it is mounted; empty for the others.
  friend bool operator==(const JobInput&, const JobInput&) = default;
};
/// Where output goes: into the object itself of a job of one task; task i of an array, or rank i of
/// a gang, writes "uri/i". A job without outputs keeps digests only.
struct JobOutput {
  std::string uri;
  std::string path;  ///< Of a container: what is taken; empty for the others.
  friend bool operator==(const JobOutput&, const JobOutput&) = default;
};

struct JobAlternative {
  std::vector<std::string> gpu_models;  ///< Globs; empty takes any.
  std::uint16_t gpu_count = 0;
  std::uint16_t gpu_milli = 1000;
  std::uint32_t gpu_memory_mib = 0;
  bool same_interconnect = false;
  std::uint32_t cpu_milli = 0;
  std::uint32_t memory_mib = 0;
  std::uint32_t disk_mib = 0;
  std::uint32_t network_mbps = 0;
  std::optional<std::uint8_t> architecture;  ///< 0 amd64, 1 arm64.
  friend bool operator==(const JobAlternative&, const JobAlternative&) = default;
};
struct JobRetry {
  std::uint32_t max = 3;
  bool on_node_fault = true;
  bool on_preempted = true;
  bool on_verify_failed = true;
  friend bool operator==(const JobRetry&, const JobRetry&) = default;
};
struct JobPlacement {
  std::vector<std::string> regions;
  std::uint32_t credibility_ppb_min = 0;
  std::vector<NodeId> exclude_nodes;
  std::vector<OperatorId> exclude_operators;
  std::vector<OperatorId> only_operators;
  friend bool operator==(const JobPlacement&, const JobPlacement&) = default;
};

struct JobSpec {
  static constexpr std::uint8_t format_version = 1;
  std::string name;
  JobWork work;
  std::vector<JobInput> inputs;
  std::vector<JobOutput> outputs;

  std::uint32_t queue = 0;
  std::uint8_t priority = 100;         ///< 0 to 200; 100 is ordinary.
  std::vector<JobAlternative> any_of;  ///< 1 to 8.
  std::uint32_t gang_min = 1;
  std::uint32_t gang_max = 1;  ///< As `gang_min`: gangs have one size.
  std::uint8_t topology = 0;   ///< 0 any, 1 region, 2 fabric, 3 node.
  std::uint32_t array_count = 1;
  std::uint32_t array_parallel_max = 0;
  std::vector<JobId> depends_on;
  std::uint64_t walltime_ms = 0;  ///< As in JobOpen.
  std::uint64_t start_by_ms = 0;  ///< Since 1970; 0: none.
  std::uint64_t finish_by_ms = 0;
  JobRetry retry;
  std::uint64_t checkpoint_ms = 0;
  std::uint64_t grace_ms = 0;
  std::uint64_t price_per_hour_max = 0;
  bool is_spot = false;
  std::uint64_t bid_per_hour = 0;
  bool is_preemptible = false;
  JobPlacement placement;
  std::uint8_t spread = 0;      ///< 0 none, 1 node, 2 operator, 3 network, 4 region.
  std::uint8_t tier_min = 0;    ///< Isolation: 0 Wasm, 1 launcher, 2 runtime, 3 gVisor, 4 micro-VM.
  std::uint8_t data_class = 0;  ///< 0 public, 1 bonded, 2 attested.
  std::uint64_t risk = 0;       ///< What a wrong result of a task costs, in microcredits.
  std::uint32_t confidence = 0;      ///< As in JobOpen.
  std::vector<std::string> network;  ///< "host:port" that tasks may reach; empty: none.
  friend bool operator==(const JobSpec&, const JobSpec&) = default;
};

/// Whether it contradicts itself or a bound. Fails with BAD_ARGUMENT, naming the field.
[[nodiscard]] Result<void> check_spec(const JobSpec& spec);
/// H("oort.v1 job spec", canonical bytes).
[[nodiscard]] Bytes32 job_spec_hash(ByteView canonical);
/// Brokers of a job in the order in which they serve: the `count_max` of `candidates` with the
/// least H("oort.v1 job broker", job ‖ node).
[[nodiscard]] std::vector<NodeId> rendezvous_brokers(const JobId& job,
                                                     std::vector<NodeId> candidates,
                                                     std::size_t count_max);

}  // namespace oort::ledger
