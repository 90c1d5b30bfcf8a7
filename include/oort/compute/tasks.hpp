// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "oort/compute/messages.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/jobs_spec.hpp"

/// What becomes of a specification's tasks.
namespace oort::compute {

/// Of an array, or members of a gang.
inline constexpr std::uint32_t job_tasks_max = 4'096;
inline constexpr std::uint32_t replicas_max = 21;
/// What a task has at least, whatever it asks for; its inputs count.
inline constexpr std::uint32_t task_memory_min_mib = 64;

/// Where a container leaves what may become its output.
inline constexpr std::string_view container_output_folder = "/scratch/out/";
/// Whether it names something below that folder: no empty part, none that is "." or "..".
[[nodiscard]] bool is_output_path(std::string_view path) noexcept;

[[nodiscard]] std::uint32_t tasks_count(const ledger::JobSpec& spec) noexcept;

/// Indexes of a task's inputs: of an array those that are the task's modulo the count; of a gang of
/// `train_local`, whose task i is member i, the first and one of its own; else all. Of a container
/// the last input is its image, which every task gets, and the others are counted without it.
[[nodiscard]] std::vector<std::uint32_t> inputs_of(const ledger::JobSpec& spec, std::uint32_t task);

/// Where a task's output goes; empty where only its digest is kept.
[[nodiscard]] std::string output_uri(const ledger::JobSpec& spec, std::uint32_t task);

/// Runs of each task, odd: the least whose majority is wrong with at most the chance that the
/// customer bears, where one node in ten lies and all liars agree. One, where every node that may
/// be chosen is as credible as that alone. `confidence` is in millionths. Nothing where
/// `replicas_max` do not suffice.
[[nodiscard]] std::optional<std::uint32_t> replicas_for(std::uint32_t confidence,
                                                        std::uint32_t credibility_ppb_min);

/// The same for every run of the task, whoever brokers it.
[[nodiscard]] TaskEnvelope envelope_of(const JobId& job, const ledger::JobSpec& spec,
                                       std::uint32_t task);

/// Whether brokers and executors of this build can do the job. Fails with NOT_SUPPORTED, or with
/// BAD_ARGUMENT naming the field. Requires: `ledger::check_spec` passed.
[[nodiscard]] Result<void> check_feasible(const ledger::JobSpec& spec);

/// The one task's digest, or the Merkle root over those of all, in their order.
[[nodiscard]] Bytes32 job_output(std::span<const Bytes32> outputs);

/// Microcredits for a run, rounded up, at most those of the walltime.
[[nodiscard]] std::uint64_t pay_for(std::uint64_t per_hour, std::uint64_t run_ms,
                                    std::uint64_t walltime_ms) noexcept;

}  // namespace oort::compute
