// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "compute_driver.hpp"
#include "oort/api/broker_port.hpp"
#include "oort/env/executor.hpp"
#include "pending_calls.hpp"

namespace oort::node {

/// The node's broker as the gRPC door sees it. `strand` and `timers` are the driver's; `calls`
/// answers what waits when the node stops. Requires: `driver` has a broker.
[[nodiscard]] std::unique_ptr<api::BrokerPort> make_broker_port(
    std::shared_ptr<ComputeDriver> driver, env::Executor& strand, env::Timers& timers,
    PendingCalls& calls);

/// What the door shows of a job.
[[nodiscard]] api::JobRun job_run_of(const compute::JobSight& sight);

}  // namespace oort::node
