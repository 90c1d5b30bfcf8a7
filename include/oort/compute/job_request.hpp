// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "oort/compute/offer.hpp"
#include "oort/compute/request.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "oort/ledger/records.hpp"

/// From what stands in specifications and on the ledger to what the scheduler takes.
namespace oort::compute {

/// Nothing of the operators of `brokers_owners` is placed on: a broker's own executor is never
/// paid. Requires: `ledger::check_spec` passed.
[[nodiscard]] Request request_of(const JobId& job, const ledger::JobSpec& spec,
                                 std::span<const OperatorId> brokers_owners);

/// An offer as its summary on the ledger and the node's record tell of it. What they do not say
/// (credibility, risk limit, honest weight, interconnect) has its default.
[[nodiscard]] Offer offer_of(const ledger::Node& node, const ledger::OfferRecord& record);

}  // namespace oort::compute
