// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "compute_client.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "session.hpp"

namespace oort::cli {

/// What a payer settles beside the specification.
struct JobOrder {
  std::string budget;  ///< Decimal, in credits or OORT.
  bool in_oort = false;
  std::uint64_t deadline_s = 86'400;
  std::uint64_t dispute_s = 60;
  std::uint32_t brokers_count = 2;
  std::vector<std::string> brokers;  ///< By name, in order; empty: the rendezvous chooses.
};

struct PlacedJob {
  JobId job;
  v1::SubmitTransactionResponse submitted;
};
/// Hands the specification to the brokers and opens the job. Fails as they do, and with the
/// ledger's rejection.
[[nodiscard]] Result<PlacedJob> place_order(const Session& session, const JobOrder& order,
                                            const ledger::JobSpec& spec,
                                            const crypto::KeyPair& keys);

/// Reads the inputs that are not stated yet through the S3 door that `open_bucket` finds, and
/// states what came. The gateway is believed; who does not want that names files. Fails as
/// BucketClient::get and `state_content`.
[[nodiscard]] Result<void> state_inputs(const Session& session, ledger::JobSpec& spec);

[[nodiscard]] Result<JobId> parse_job(const std::string& text);
/// Calls `each` with what the broker in office says, until the job is over. Goes to the next broker
/// when one does not answer; of a job that is closed it tells what the ledger has.
[[nodiscard]] Result<void> watch_run(const Session& session, const JobId& job,
                                     const std::function<void(const v1::GetJobResponse&)>& each);
/// Blocks until the ledger has the job's outcome, whichever broker brings it. Fails with
/// PRECONDITION_FAILED where that is not success.
[[nodiscard]] Result<v1::Job> await_outcome(const Session& session, const JobId& job);

}  // namespace oort::cli
