// SPDX-License-Identifier: Apache-2.0
#include "oort/codec/codec.hpp"
#include "oort/ledger/jobs_operations.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "samples.hpp"

namespace oort::ledger::test {
namespace {

template <class T>
T filled(std::uint8_t byte) {
  T value;
  for (std::byte& each : value.mutable_view()) each = std::byte{byte};
  return value;
}
template <class T>
std::pair<std::string, Bytes> named(const char* name, const T& value) {
  return {name, codec::to_bytes(value)};
}

JobTotals totals() { return {3, 1, Units(Uint128{1} << 70)}; }
ExecutorTotal total() { return {filled<NodeId>(2), totals(), filled<Bytes32>(3)}; }
SumRoot root() { return {filled<Bytes32>(4), totals()}; }
SumProof proof() { return {1, 2, {root()}}; }
LeaseLine line() { return {{5, 6}, 7, 8, filled<Bytes32>(9), filled<Bytes32>(10), Units(11)}; }
OfferSummary summary() {
  return {filled<Bytes32>(1), {{"H200", 143'771, 8}}, 2, 3, 4, 5, 1, 0x1f, 2, 6, 7, 8};
}
Job job() {
  Job job;
  job.id = filled<JobId>(1);
  job.payer = filled<AccountId>(2);
  job.spec = filled<Bytes32>(3);
  job.kind = JobKind::Container;
  job.phase = JobPhase::Claiming;
  job.outcome = JobOutcome::Failed;
  job.escrow = EscrowId(4);
  job.currency = Currency::Credits;
  job.budget = Units(5);
  job.brokers = {filled<NodeId>(6), filled<NodeId>(7), filled<NodeId>(8)};
  job.broker_epoch = 9;
  job.broker_until = 10;
  job.opened_ms = 11;
  job.deadline_ms = 12;
  job.due_ms = 13;
  job.dispute_ms = 14;
  job.walltime_ms = 15;
  job.confidence = 16;
  job.broker_share = 17;
  job.anchored = root();
  job.anchored_at = Height(18);
  job.anchors_count = 19;
  job.output = filled<Bytes32>(20);
  job.receipts = filled<Bytes32>(21);
  job.paid = Units(22);
  job.lost = Units(23);
  job.share = Units(24);
  job.disputes_count = 25;
  return job;
}
Voucher voucher() {
  return {filled<ChainId>(1), filled<JobId>(2),    EscrowId(3), 4, filled<NodeId>(5), 6,
          Units(7),           filled<Signature>(8)};
}
JobDisputeRecord dispute() {
  return {filled<Bytes32>(1), filled<NodeId>(2), filled<Bytes32>(3), Units(4),
          JobDisputeRecord::State::Lost};
}

JobAlternative alternative() {
  JobAlternative way;
  way.gpu_models = {"H*", "A100"};
  way.gpu_count = 1;
  way.gpu_milli = 500;
  way.gpu_memory_mib = 2;
  way.same_interconnect = true;
  way.cpu_milli = 3;
  way.memory_mib = 4;
  way.disk_mib = 5;
  way.network_mbps = 6;
  way.architecture = std::uint8_t{1};
  return way;
}
JobSpec spec() {
  JobSpec spec;
  spec.name = "sample";
  spec.work = ContainerWork{"s3://b/image", filled<Bytes32>(1), {"run", "me"}, {"A=b"}};
  spec.inputs = {{"s3://b/in", 2, filled<TreeRoot>(3), "/in"}, {"s3://b/in2", 0, {}, ""}};
  spec.outputs = {{"s3://b/out", "/out"}};
  spec.queue = 4;
  spec.priority = 105;
  spec.any_of = {alternative()};
  spec.gang_min = 2;
  spec.gang_max = 2;
  spec.topology = 3;
  spec.array_count = 1;
  spec.array_parallel_max = 5;
  spec.depends_on = {filled<JobId>(6)};
  spec.walltime_ms = 7;
  spec.start_by_ms = 8;
  spec.finish_by_ms = 9;
  spec.retry = {4, false, false, false};
  spec.checkpoint_ms = 10;
  spec.grace_ms = 11;
  spec.price_per_hour_max = 12;
  spec.is_spot = true;
  spec.bid_per_hour = 13;
  spec.is_preemptible = true;
  spec.placement = {
      {"eu"}, 14, {filled<NodeId>(15)}, {filled<OperatorId>(16)}, {filled<OperatorId>(17)}};
  spec.spread = 4;
  spec.tier_min = 3;
  spec.data_class = 2;
  spec.risk = 18;
  spec.confidence = 999'000;
  spec.network = {"example.org:443"};
  return spec;
}
JobSpec builtin_spec() {
  JobSpec spec;
  spec.work = BuiltinWork{"blake3", 1, to_bytes("parameters")};
  spec.any_of = {JobAlternative{.gpu_models = {}, .cpu_milli = 1000, .architecture = {}}};
  spec.walltime_ms = 1000;
  return spec;
}

}  // namespace

std::vector<Operation> jobs_operations() {
  return {
      OfferPost{filled<NodeId>(1), summary()},
      OfferWithdraw{filled<NodeId>(1)},
      JobOpen{1,
              filled<Bytes32>(2),
              JobKind::Wasm,
              Currency::Credits,
              Units(3),
              {filled<NodeId>(4), filled<NodeId>(5)},
              6,
              7,
              8,
              9},
      JobTakeOver{filled<JobId>(1), 2},
      JobAnchor{filled<JobId>(1), 2, root()},
      JobResult{filled<JobId>(1), 2, JobOutcome::Failed, filled<Bytes32>(3), filled<Bytes32>(4)},
      JobCancel{filled<JobId>(1)},
      JobClaim{filled<JobId>(1), total(), proof()},
      JobRedeem{voucher()},
      JobDispute{filled<JobId>(1),
                 filled<Bytes32>(2),
                 total(),
                 proof(),
                 line(),
                 {3, 256, {filled<Bytes32>(4)}}},
  };
}

std::vector<Event> jobs_events() {
  return {
      OfferChanged{filled<NodeId>(1), filled<Bytes32>(2), true},
      JobChanged{filled<JobId>(1), JobPhase::Closed, JobOutcome::Cancelled, 2, filled<NodeId>(3)},
      JobAnchored{filled<JobId>(1), 2, root()},
      JobPaid{JobPaid::Kind::Share, filled<JobId>(1), filled<NodeId>(2), Units(3)},
      JobDisputed{filled<JobId>(1), dispute()},
  };
}

std::vector<std::pair<std::string, Bytes>> jobs_records() {
  return {
      named("JobsParams", JobsParams{}),
      named("JobsGenesis", JobsGenesis{}),
      named("OfferRecord", OfferRecord{filled<NodeId>(1), summary(), Height(2)}),
      named("Job", job()),
      named("JobEarner", JobEarner{Units(1), Units(2), Units(3), Units(4)}),
      named("JobDisputeRecord", dispute()),
      named("LeaseLine", line()),
      named("Voucher", voucher()),
      named("JobSpec", spec()),
      named("JobSpecBuiltin", builtin_spec()),
  };
}

}  // namespace oort::ledger::test
