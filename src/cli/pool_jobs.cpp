// SPDX-License-Identifier: Apache-2.0
#include "pool_jobs.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/jobs_spec.hpp"

namespace oort::cli {
namespace {

constexpr std::uint64_t ms_per_second = 1000;
constexpr std::uint32_t member_cpu_milli = 500;
constexpr std::uint32_t member_memory_mib = 128;

class PoolJobs {
 public:
  PoolJobs(const Session& session, BucketClient bucket, PoolOrder order,
           const crypto::KeyPair& payer, std::vector<JobId>& jobs)
      : session_(&session),
        bucket_(std::move(bucket)),
        order_(std::move(order)),
        payer_(payer),
        jobs_(&jobs) {}

  Result<std::vector<Bytes>> operator()(const PoolRound& round) {
    const std::string number = std::to_string(round.round + 1);
    ledger::JobSpec spec = spec_of(round, "round " + number);
    OORT_TRY(const auto state, stored("state-" + number, round.state));
    spec.inputs.push_back(state);
    if (parts_.empty()) {
      OORT_TRY(store_parts(round.parts));
    }
    spec.inputs.insert(spec.inputs.end(), parts_.begin(), parts_.end());
    const std::string output = order_.prefix + "delta-" + number;
    spec.outputs.push_back({uri_of(output), {}});
    OORT_TRY(const PlacedJob placed, place_order(*session_, order_.job, spec, payer_));
    jobs_->push_back(placed.job);
    session_->progress("round " + number + " is job " + placed.job.hex());
    OORT_TRY(await_outcome(*session_, placed.job));
    std::vector<Bytes> deltas;
    for (std::size_t member = 0; member < round.parts.size(); ++member) {
      OORT_TRY(Bytes delta, bucket_.get(output + "/" + std::to_string(member)));
      deltas.push_back(std::move(delta));
    }
    return deltas;
  }

 private:
  [[nodiscard]] std::string uri_of(const std::string& key) const {
    return "s3://" + bucket_.bucket() + "/" + key;
  }
  [[nodiscard]] ledger::JobSpec spec_of(const PoolRound& round, std::string name) const {
    ledger::JobSpec spec;
    spec.name = std::move(name);
    spec.work = ledger::BuiltinWork{"train_local", 1, round.parameters};
    spec.walltime_ms = order_.walltime_s * ms_per_second;
    ledger::JobAlternative need;
    need.cpu_milli = member_cpu_milli;
    need.memory_mib = member_memory_mib;
    spec.any_of.push_back(std::move(need));
    spec.gang_min = static_cast<std::uint32_t>(round.parts.size());
    spec.gang_max = spec.gang_min;
    return spec;
  }
  Result<ledger::JobInput> stored(const std::string& name, const Bytes& bytes) {
    const std::string key = order_.prefix + name;
    OORT_TRY(bucket_.put(key, bytes));
    return ledger::JobInput{uri_of(key), bytes.size(), crypto::tree_root(bytes), {}};
  }
  Result<void> store_parts(const std::vector<Bytes>& parts) {
    for (std::size_t member = 0; member < parts.size(); ++member) {
      OORT_TRY(auto input, stored("part-" + std::to_string(member), parts[member]));
      parts_.push_back(std::move(input));
    }
    return {};
  }

  const Session* session_;
  BucketClient bucket_;
  PoolOrder order_;
  crypto::KeyPair payer_;
  std::vector<JobId>* jobs_;
  std::vector<ledger::JobInput> parts_;  ///< The members' rows, once they are stored.
};

}  // namespace

PoolRunner run_by_jobs(const Session& session, BucketClient bucket, PoolOrder order,
                       const crypto::KeyPair& payer, std::vector<JobId>& jobs) {
  return PoolJobs(session, std::move(bucket), std::move(order), payer, jobs);
}

}  // namespace oort::cli
