// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "jobs/jobs.hpp"
#include "oort/ledger/jobs_keys.hpp"
#include "oort/ledger/jobs_view.hpp"

/// What the parts of the module use of each other.
namespace oort::ledger {

inline constexpr std::size_t jobs_due_per_block_max = 256;
/// Records of a forgotten job that one block erases, beside the job's own.
inline constexpr std::size_t job_erased_per_block_max = 64;

/// Empty where the network began without the module.
[[nodiscard]] std::optional<JobsParams> jobs_params(const StateReader& state);

/// ModuleOff or JobUnknown.
[[nodiscard]] Accepted<Job> find_job(const Call& call, const JobId& id);
void save_job(Overlay& state, const Job& job);
/// Writes the job with another time at which its phase ends.
void save_job_due(Overlay& state, Job& job, std::uint64_t due_ms);
[[nodiscard]] JobChanged told(const Job& job);
/// Whether the node's operator is that of one of the job's brokers.
[[nodiscard]] bool is_of_a_broker(const View& view, const Job& job, const OperatorId& owner);

/// A call of nobody's, for what a block does by itself.
[[nodiscard]] Call block_call(Block& block, const Job& job, std::vector<Event>& events);

/// Executors are paid from now on; a job that owes nobody anything is closed.
void begin_claims(Call& call, const JobsParams& params, Job& job);
/// The broker's share, and the rest to the payer. False, and nothing is changed, where the share
/// cannot be paid now.
[[nodiscard]] bool close_job(Call& call, const JobsParams& params, Job& job);
/// Closes it once all that was anchored is paid or lost.
void close_if_settled(Call& call, const JobsParams& params, Job& job);
/// Pays or takes what cases that have ended say; says how many disputes still run.
[[nodiscard]] std::uint32_t end_disputes(Call& call, Job& job);
/// A pass over a closed job whose time is over; false while records of it are left.
[[nodiscard]] bool forget_job(Block& block, const Job& job);

}  // namespace oort::ledger
