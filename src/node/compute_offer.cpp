// SPDX-License-Identifier: Apache-2.0
// What the ledger and whoever runs the node are told of this node's part in compute.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compute_driver.hpp"
#include "oort/compute/broker.hpp"
#include "oort/compute/executor.hpp"
#include "oort/compute/messages.hpp"
#include "oort/core/log.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/ledger/jobs_operations.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_view.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/ports.hpp"

namespace oort::node {
namespace {

constexpr std::string_view room = "compute";
constexpr std::uint64_t offer_ms = 3'600'000;
constexpr Duration submit_deadline = std::chrono::seconds(8);

/// Devices of one model and size together; what a record cannot hold is left out.
std::vector<ledger::OfferDevices> groups_of(const std::vector<compute::DeviceFacts>& devices) {
  std::vector<ledger::OfferDevices> groups;
  for (const compute::DeviceFacts& facts : devices) {
    const std::string model = facts.device.model.substr(0, ledger::device_model_bytes_max);
    const auto found = std::ranges::find_if(groups, [&](const ledger::OfferDevices& group) {
      return group.model == model && group.memory_mib == facts.device.memory_mib;
    });
    if (found != groups.end()) {
      ++found->count;
    } else if (groups.size() < ledger::offer_devices_max) {
      groups.push_back({model, facts.device.memory_mib, 1});
    }
  }
  return groups;
}

ledger::OfferSummary summary_of(const compute::NodeOffer& offer) {
  ledger::OfferSummary summary;
  summary.digest = compute::sign_hash(offer);
  summary.devices = groups_of(offer.devices);
  summary.cpu_milli = offer.cpu_milli;
  summary.memory_mib = offer.memory_mib;
  summary.disk_mib = offer.disk_mib;
  summary.network_mbps = offer.network_mbps;
  summary.architecture = static_cast<std::uint8_t>(offer.architecture);
  summary.tiers = offer.tiers;
  summary.data_class = static_cast<std::uint8_t>(offer.data_class);
  summary.ask_per_gpu = offer.ask_per_gpu;
  summary.ask_per_core = offer.ask_per_core;
  return summary;
}

}  // namespace

/// As often as it is asked: an offer that stands for half its time yet is left alone.
void ComputeDriver::post_offer() {
  if (is_offering_) return;
  const object::LedgerSnapshot now_state = parts_.ledger.snapshot();
  const ledger::JobsView view(*now_state.state);
  const auto params = view.params();
  const auto node = ledger::View(*now_state.state).node(parts_.self);
  if (!params || !node || node->status != ledger::NodeStatus::Active) return;
  compute::NodeOffer offer = options_.offer;
  offer.chain = parts_.chain;
  offer.node = parts_.self;
  ledger::OfferPost posting{parts_.self, summary_of(offer)};
  const std::uint64_t for_ms = std::min(offer_ms, params->offer_ms_max);
  const auto known = view.offer(parts_.self);
  if (known && known->summary.digest == posting.summary.digest &&
      known->summary.expires_ms > now_state.time_ms + for_ms / 2) {
    return;
  }
  posting.summary.expires_ms = now_state.time_ms + for_ms;
  is_offering_ = true;
  parts_.submit.submit({{posting, {}}}, submit_deadline,
                       home<Result<object::SubmitResult>>(
                           [](ComputeDriver& driver, const Result<object::SubmitResult>& result) {
                             driver.is_offering_ = false;
                             if (!result) return;
                             const ledger::Rejection rejection = result->receipts.front().rejection;
                             if (rejection == ledger::Rejection::None) return;
                             log::warn(room, "the ledger did not take this node's offer",
                                       {{"rejection", ledger::to_string(rejection)}});
                           }));
}

void ComputeDriver::measure() {
  using metrics::gauge;
  if (broker_) {
    const compute::BrokerFigures figures = broker_->figures();
    static metrics::Gauge jobs = gauge("oort_compute_broker_jobs", "Jobs that this broker knows");
    static metrics::Gauge nodes = gauge("oort_compute_broker_nodes", "Executors with an offer");
    static metrics::Gauge leases =
        gauge("oort_compute_broker_leases", "Leases that it has granted");
    static metrics::Gauge waiting = gauge("oort_compute_broker_waiting", "Jobs that wait");
    static metrics::Gauge granted =
        gauge("oort_compute_broker_grants", "Leases granted since the start");
    static metrics::Gauge faults =
        gauge("oort_compute_broker_node_faults", "Leases that nodes lost since the start");
    static metrics::Gauge deviations =
        gauge("oort_compute_broker_deviations", "Results against the majority since the start");
    jobs.set(static_cast<double>(figures.jobs));
    nodes.set(static_cast<double>(figures.nodes));
    leases.set(static_cast<double>(figures.leases));
    waiting.set(static_cast<double>(figures.waiting));
    granted.set(static_cast<double>(figures.granted));
    faults.set(static_cast<double>(figures.node_faults));
    deviations.set(static_cast<double>(figures.deviations));
  }
  if (executor_) {
    const compute::ExecutorFigures figures = executor_->figures();
    static metrics::Gauge held = gauge("oort_compute_executor_tasks", "Tasks that it holds");
    static metrics::Gauge running = gauge("oort_compute_executor_running", "Tasks at work");
    static metrics::Gauge done = gauge("oort_compute_executor_done", "Tasks done since the start");
    static metrics::Gauge refused =
        gauge("oort_compute_executor_refused", "Leases refused since the start");
    static metrics::Gauge fenced =
        gauge("oort_compute_executor_fenced", "Words of former brokers passed over");
    held.set(static_cast<double>(figures.held));
    running.set(static_cast<double>(figures.running));
    done.set(static_cast<double>(figures.done));
    refused.set(static_cast<double>(figures.refused));
    fenced.set(static_cast<double>(figures.fenced));
  }
}

}  // namespace oort::node
