// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bucket_client.hpp"
#include "job_order.hpp"
#include "oort/core/ids.hpp"
#include "oort/crypto/signature.hpp"
#include "pooled_training.hpp"
#include "session.hpp"

namespace oort::cli {

/// How members are hired: each round is a job whose members start together or not at all.
struct PoolOrder {
  std::string prefix;  ///< Of what is written into the bucket.
  JobOrder job;        ///< Its budget is of one round.
  std::uint64_t walltime_s = 600;
};
/// Members are executors of the network; states, rows and deltas go through the bucket, which is
/// the payer's. Appends each round's job to `jobs`. Borrows session and jobs.
[[nodiscard]] PoolRunner run_by_jobs(const Session& session, BucketClient bucket, PoolOrder order,
                                     const crypto::KeyPair& payer, std::vector<JobId>& jobs);

}  // namespace oort::cli
