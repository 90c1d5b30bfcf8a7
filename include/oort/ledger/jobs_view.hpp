// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/state.hpp"

namespace oort::ledger {

/// Jobs' records of a state, as `View` reads those of other modules. Borrows the state. Empty where
/// the network has no jobs module. Lists come in the order of their ids and are bounded by
/// `count_max`; to go on, pass the id after the last one.
class JobsView {
 public:
  explicit JobsView(const StateReader& state) noexcept : state_(&state) {}

  [[nodiscard]] std::optional<JobsParams> params() const;
  [[nodiscard]] std::optional<OfferRecord> offer(const NodeId& node) const;
  [[nodiscard]] std::vector<OfferRecord> offers(const NodeId& from, std::size_t count_max) const;
  [[nodiscard]] std::optional<Job> job(const JobId& id) const;
  [[nodiscard]] std::vector<Job> jobs(const JobId& from, std::size_t count_max) const;
  [[nodiscard]] std::vector<Job> jobs_of(const AccountId& payer, const JobId& from,
                                         std::size_t count_max) const;
  /// Those that name the node as one of their brokers, in office or not, until they are forgotten.
  [[nodiscard]] std::vector<Job> jobs_for(const NodeId& broker, const JobId& from,
                                          std::size_t count_max) const;
  [[nodiscard]] std::optional<JobEarner> earner(const JobId& job, const NodeId& executor) const;
  [[nodiscard]] std::vector<JobDisputeRecord> disputes(const JobId& job) const;

 private:
  const StateReader* state_;
};

}  // namespace oort::ledger
