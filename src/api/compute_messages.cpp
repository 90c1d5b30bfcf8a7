// SPDX-License-Identifier: Apache-2.0
#include "compute_messages.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "call.hpp"
#include "economy_messages.hpp"
#include "oort/compute/explanation.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/ratio.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/view.hpp"

namespace oort::api {
namespace {

constexpr std::array tier_names = {"wasm", "launcher", "runtime", "gvisor", "microvm"};
constexpr std::array class_names = {"public", "bonded", "attested"};
constexpr std::array kind_names = {"builtin", "container", "wasm"};
constexpr std::array phase_names = {"open", "cancelling", "disputable", "claiming", "closed"};
constexpr std::array outcome_names = {"none", "succeeded", "failed", "cancelled"};
constexpr std::array task_names = {"pending", "leased", "running", "done", "failed"};

/// The name of an enumerator; the decoders bound them all.
template <std::size_t N, class E>
const char* name_in(const std::array<const char*, N>& names, E value) {
  return names.at(static_cast<std::size_t>(value));
}

std::string endpoint_of(const ledger::StateReader& state, const NodeId& id) {
  const auto node = ledger::View(state).node(id);
  if (!node) return {};
  for (const ledger::Endpoint& endpoint : node->endpoints) {
    if (endpoint.kind == ledger::EndpointKind::Grpc) {
      return endpoint.host + ":" + std::to_string(endpoint.port);
    }
  }
  return {};
}

const char* verdict_name(compute::Verdict verdict) {
  switch (verdict) {
    case compute::Verdict::StartsNow: return "StartsNow";
    case compute::Verdict::WaitsForTurn: return "WaitsForTurn";
    case compute::Verdict::WaitsForResources: return "WaitsForResources";
    case compute::Verdict::Unsatisfiable: return "Unsatisfiable";
    case compute::Verdict::WaitsForJobs: return "WaitsForJobs";
    case compute::Verdict::NotWaiting: return "NotWaiting";
  }
  return "NotWaiting";
}

void write(const TaskView& task, v1::JobTask* out) {
  out->set_task(task.task);
  out->set_attempt(task.attempt);
  out->set_state(name_in(task_names, task.state));
  if (task.node) out->set_node_id(to_field(task.node->view()));
  out->set_since_ms(task.since.milliseconds);
  if (task.result) out->set_result(to_field(task.result->view()));
  out->set_pay(digits_of(task.pay));
  out->set_why(task.why);
}

ledger::Units less(ledger::Units a, ledger::Units b) {
  return a.minus(b).value_or(ledger::Units());
}
ledger::Units sum(ledger::Units a, ledger::Units b) {
  return a.plus(b).value_or(ledger::Units(~Uint128{0}));
}

}  // namespace

void write(const ledger::OfferRecord& offer, const ledger::Node& node, v1::Offer* out) {
  const ledger::OfferSummary& summary = offer.summary;
  out->set_node_id(to_field(offer.node.view()));
  out->set_digest(to_field(summary.digest.view()));
  for (const ledger::OfferDevices& group : summary.devices) {
    v1::OfferDevices* devices = out->add_devices();
    devices->set_model(group.model);
    devices->set_memory_mib(group.memory_mib);
    devices->set_count(group.count);
  }
  out->set_cpu_milli(summary.cpu_milli);
  out->set_memory_mib(summary.memory_mib);
  out->set_disk_mib(summary.disk_mib);
  out->set_network_mbps(summary.network_mbps);
  out->set_architecture(summary.architecture == 0 ? "amd64" : "arm64");
  for (std::size_t tier = 0; tier < tier_names.size(); ++tier) {
    if ((summary.tiers >> tier & 1U) != 0) out->add_tiers(tier_names.at(tier));
  }
  out->set_data_class(name_in(class_names, summary.data_class));
  out->set_ask_per_gpu(summary.ask_per_gpu);
  out->set_ask_per_core(summary.ask_per_core);
  out->set_expires_ms(summary.expires_ms);
  out->set_region(node.region);
  out->set_owner(to_field(node.owner.view()));
}

void write(const ledger::Job& job, const ledger::StateReader& state, v1::Job* out) {
  const NodeId& broker = ledger::broker_of(job);
  out->set_id(to_field(job.id.view()));
  out->set_payer(to_field(job.payer.view()));
  out->set_spec(to_field(job.spec.view()));
  out->set_kind(name_in(kind_names, job.kind));
  out->set_phase(name_in(phase_names, job.phase));
  out->set_outcome(name_in(outcome_names, job.outcome));
  out->set_escrow(job.escrow.value());
  out->set_currency(job.currency == ledger::Currency::Oort ? "OORT" : "credits");
  out->set_budget(digits_of(job.budget));
  for (const NodeId& named : job.brokers) out->add_brokers(to_field(named.view()));
  out->set_broker_epoch(job.broker_epoch);
  out->set_broker(to_field(broker.view()));
  out->set_broker_endpoint(endpoint_of(state, broker));
  out->set_broker_until_ms(job.broker_until);
  out->set_opened_ms(job.opened_ms);
  out->set_deadline_ms(job.deadline_ms);
  out->set_due_ms(job.due_ms);
  out->set_walltime_ms(job.walltime_ms);
  out->set_confidence(job.confidence);
  out->set_leases_count(job.anchored.totals.leases);
  out->set_open_leases_count(job.anchored.totals.open);
  out->set_pay(digits_of(job.anchored.totals.pay));
  if (job.outcome != ledger::JobOutcome::None) {
    out->set_output(to_field(job.output.view()));
    out->set_receipts(to_field(job.receipts.view()));
  }
  out->set_paid(digits_of(job.paid));
  out->set_share(digits_of(job.share));
  out->set_lost(digits_of(job.lost));
  out->set_disputes_count(job.disputes_count);
}

void write(const JobRun& run, v1::JobRun* out) {
  out->set_version(run.version);
  out->set_broker_epoch(run.broker_epoch);
  out->set_pending_count(run.pending);
  out->set_running_count(run.running);
  out->set_done_count(run.done);
  out->set_is_over(run.is_over);
  if (run.waits) out->set_waits(compute::to_text(*run.waits));
  out->set_leases_count(run.totals.leases);
  out->set_open_leases_count(run.totals.open);
  out->set_pay(digits_of(run.totals.pay));
  for (const TaskView& task : run.tasks) write(task, out->add_tasks());
}

void write(const compute::Explanation& explanation, v1::PlanJobResponse* out) {
  out->set_verdict(verdict_name(explanation.verdict));
  out->set_text(compute::to_text(explanation));
  out->set_alternative(static_cast<std::uint32_t>(explanation.alternative));
  out->set_nodes_count(explanation.nodes);
  out->set_usable_count(explanation.usable);
  for (std::size_t i = 0; i < compute::constraints_count; ++i) {
    if (explanation.removed.at(i) == 0 && explanation.alone.at(i) == 0) continue;
    v1::PlanConstraint* constraint = out->add_constraints();
    constraint->set_name(compute::to_text(static_cast<compute::Constraint>(i)));
    constraint->set_removed_count(explanation.removed.at(i));
    constraint->set_alone_count(explanation.alone.at(i));
  }
  if (explanation.binding) out->set_binding(compute::to_text(*explanation.binding));
  if (explanation.relaxation) {
    v1::PlanRelaxation* relaxation = out->mutable_relaxation();
    relaxation->set_constraint(compute::to_text(explanation.relaxation->constraint));
    relaxation->set_node_id(to_field(explanation.relaxation->node.view()));
    relaxation->set_alternative(static_cast<std::uint32_t>(explanation.relaxation->alternative));
    relaxation->set_have(explanation.relaxation->have);
    relaxation->set_want(explanation.relaxation->want);
  }
  if (explanation.node) out->set_node_id(to_field(explanation.node->view()));
  out->set_price_per_hour(explanation.price_per_hour);
  if (explanation.starts) out->set_starts_ms(explanation.starts->milliseconds);
}

void write_cost(const ledger::Job& job, const ledger::StateReader& state,
                v1::JobCostResponse* out) {
  const ledger::Units pay = job.anchored.totals.pay;
  const bool is_closed = job.phase == ledger::JobPhase::Closed;
  const ledger::Units share =
      is_closed
          ? job.share
          : ledger::Units(ledger::share_of(pay.units(), job.broker_share, ledger::Rounding::Up));
  const auto escrow = ledger::View(state).escrow(job.escrow);
  const ledger::Units held = escrow ? escrow->held : ledger::Units();
  const ledger::Units paid = sum(job.paid, job.share);
  // Of a closed job what its budget was not spent on is back; what was added to it later is too.
  const ledger::Units refund =
      is_closed ? less(job.budget, paid) : less(less(held, less(pay, job.paid)), share);
  out->set_currency(job.currency == ledger::Currency::Oort ? "OORT" : "credits");
  out->set_budget(digits_of(job.budget));
  out->set_held(digits_of(held));
  out->set_pay(digits_of(pay));
  out->set_share(digits_of(share));
  out->set_paid(digits_of(paid));
  out->set_refund(digits_of(refund));
}

}  // namespace oort::api
