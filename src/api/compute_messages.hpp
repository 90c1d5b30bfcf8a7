// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oort/v1/compute.pb.h>

#include "oort/api/broker_port.hpp"
#include "oort/compute/explanation.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_view.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/state.hpp"

/// Jobs and offers as messages.
namespace oort::api {

void write(const ledger::OfferRecord& offer, const ledger::Node& node, v1::Offer* out);
/// `state` knows the door of the broker in office.
void write(const ledger::Job& job, const ledger::StateReader& state, v1::Job* out);
void write(const JobRun& run, v1::JobRun* out);
void write(const compute::Explanation& explanation, v1::PlanJobResponse* out);
/// What the job has cost, by its escrow.
void write_cost(const ledger::Job& job, const ledger::StateReader& state, v1::JobCostResponse* out);

}  // namespace oort::api
