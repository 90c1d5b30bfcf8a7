// SPDX-License-Identifier: Apache-2.0
#include "compute_driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "compute_town.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/jobs_spec.hpp"

namespace oort::node::test {
namespace {

using ledger::JobOutcome;
using ledger::JobPhase;

/// What an asynchronous call came to, once it has.
template <class T>
class Answer {
 public:
  [[nodiscard]] Callback<Result<T>> callback() const {
    return [value = value_](Result<T> result) { value->emplace(std::move(result)); };
  }
  [[nodiscard]] bool has_come() const { return value_->has_value(); }
  [[nodiscard]] const Result<T>& get() const { return value_->value(); }

 private:
  /// Owned together with a call that may outlive the question.
  std::shared_ptr<std::optional<Result<T>>> value_ = std::make_shared<std::optional<Result<T>>>();
};

Result<void> accept(ComputeTown& town, std::size_t node, const api::JobHandover& job) {
  Answer<void> answer;
  town.resident(node).port().accept(job, answer.callback());
  town.run(2'000);
  if (answer.has_come()) return answer.get();
  return fail(ErrorCode::Unavailable, reason::not_ready, "no answer yet");
}

Bytes hashes_of(ComputeTown& town) {
  compute::builtin::Task task{{"blake3", 1}, {std::byte{1}, {}, {}, {}, {}}, {}};
  task.inputs.push_back(town.objects.at("s3://town/in"));
  return compute::builtin::run_to_end(std::move(task)).value();
}

TEST(ComputeDriver, AJobRunsOnAnotherNodeAndIsPaid_CD2_CD3) {
  ComputeTown town(4);
  const api::JobHandover job = town.make_job({0, 2});
  ASSERT_TRUE(accept(town, 0, job));
  town.open(job);
  town.run(20'000);
  const ledger::Job record = town.job(job.id);
  EXPECT_EQ(record.phase, JobPhase::Closed);
  EXPECT_EQ(record.outcome, JobOutcome::Succeeded);
  ASSERT_TRUE(town.objects.contains("s3://town/out"));
  EXPECT_EQ(town.objects.at("s3://town/out"), hashes_of(town));
  EXPECT_EQ(record.output, compute::builtin::output_digest(hashes_of(town)));
  EXPECT_EQ(town.jobs.paid(job.id).size(), 1U);
  EXPECT_EQ(town.jobs.figures().wrong, 0U);
  // The last anchor stands right before the result that rests on it.
  const auto result = std::ranges::find_if(town.submitted, [](const auto& one) {
    return std::holds_alternative<ledger::JobResult>(one.second);
  });
  ASSERT_NE(result, town.submitted.end());
  ASSERT_NE(result, town.submitted.begin());
  EXPECT_TRUE(std::holds_alternative<ledger::JobAnchor>((result - 1)->second));
}

// A heartbeat may tell of a task that has its inputs and waits for the anchor.
TEST(ComputeDriver, ATaskRunsOnceItsLeaseStandsOnTheLedger) {
  std::set<compute::TaskSight::State> seen;
  for (std::uint64_t offset = 0; offset < 1'000; offset += 50) {
    ComputeTown town(4);
    const api::JobHandover job = town.make_job({0, 2});
    ASSERT_TRUE(accept(town, 0, job));
    town.run(offset);
    town.open(job);
    for (int i = 0; i < 2'000 && town.job(job.id).phase != JobPhase::Closed; ++i) {
      town.run(10);
      const auto sight = town.resident(0).driver().broker().job(job.id);
      if (!sight || sight->tasks.empty()) continue;
      const compute::TaskSight::State state = sight->tasks.front().state;
      seen.insert(state);
      if (state != compute::TaskSight::State::Running) continue;
      ASSERT_GT(town.job(job.id).anchored.totals.leases, 0U) << "opened after " << offset << " ms";
    }
  }
  EXPECT_TRUE(seen.contains(compute::TaskSight::State::Leased));
}

TEST(ComputeDriver, SeesAtTheStartWhatItMissed_CD2) {
  ComputeTown town(4);
  const api::JobHandover job = town.make_job({0, 2});
  ASSERT_TRUE(accept(town, 0, job));
  town.resident(0).kill();
  town.open(job);
  town.run(1'000);
  town.resident(0).start();
  town.run(25'000);
  EXPECT_EQ(town.job(job.id).outcome, JobOutcome::Succeeded);
  EXPECT_EQ(town.job(job.id).broker_epoch, 1U);
}

TEST(ComputeDriver, AnotherBrokerTakesOverWhatADeadOneLeft) {
  ComputeTown town(4);
  const api::JobHandover job = town.make_job({0, 2});
  ASSERT_TRUE(accept(town, 0, job));
  town.open(job);
  town.run(1'000);
  town.resident(0).kill();
  town.run(60'000);
  const ledger::Job record = town.job(job.id);
  EXPECT_EQ(record.outcome, JobOutcome::Succeeded);
  EXPECT_EQ(record.broker_epoch, 2U);
  EXPECT_EQ(town.objects.at("s3://town/out"), hashes_of(town));
}

TEST(ComputeDriver, WhoWatchesIsToldOfJobsInputsAndReceipts_CD5) {
  ComputeTown town(4);
  std::vector<JobId> opened;
  std::vector<ledger::WorkReceipt> receipts;
  Bytes read;
  town.resident(0).driver().watch(
      {.opened =
           [&](const ledger::Job& record, const ledger::JobSpec& spec) {
             EXPECT_EQ(ledger::job_spec_hash(codec::to_bytes(spec)), record.spec);
             opened.push_back(record.id);
           },
       .read =
           [&](const JobId&, const compute::builtin::Workload& workload, ByteView bytes) {
             EXPECT_EQ(workload.name, "blake3");
             read = to_bytes(bytes);
           },
       .answered = [&](const ledger::WorkReceipt& one) { receipts.push_back(one); }});
  std::size_t told_to_next = 0;
  town.resident(2).driver().watch(
      {.opened = [&](const ledger::Job&, const ledger::JobSpec&) { ++told_to_next; },
       .read = {},
       .answered = {}});
  const api::JobHandover job = town.make_job({0, 2});
  ASSERT_TRUE(accept(town, 0, job));
  EXPECT_TRUE(opened.empty()) << "it is not on the ledger yet";
  town.open(job);
  town.run(20'000);
  EXPECT_EQ(opened, std::vector{job.id});
  EXPECT_EQ(told_to_next, 0U) << "another broker is in office";
  EXPECT_EQ(read, town.objects.at("s3://town/in"));
  ASSERT_EQ(receipts.size(), 1U);
  const auto spec = codec::from_bytes<ledger::JobSpec>(job.spec).value();
  EXPECT_EQ(receipts.front().task_commitment,
            ledger::task_commitment(codec::to_bytes(compute::envelope_of(job.id, spec, 0))));
  EXPECT_EQ(receipts.front().result_hash, compute::builtin::output_digest(hashes_of(town)));
}

TEST(ComputeDriver, NothingIsSaidBeforeItIsDurable_CD1) {
  ComputeTown town(4);
  const api::JobHandover job = town.make_job({0});
  town.resident(0).disk.is_held = true;
  EXPECT_FALSE(accept(town, 0, job)) << "it is not on the disk yet";
  const std::size_t before = town.network.delivered_count();
  town.resident(0).disk.release();
  EXPECT_TRUE(accept(town, 0, job));
  EXPECT_GT(town.network.delivered_count(), before);
}

TEST(ComputeDriver, ADiskThatFailsStopsTheMachines_CD1) {
  ComputeTown town(4);
  town.resident(0).store.is_broken = true;
  const auto accepted = accept(town, 0, town.make_job({0}));
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().reason(), reason::cancelled);
  town.resident(0).store.is_broken = false;
  const auto later = accept(town, 0, town.make_job({0}, 2));
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().reason(), reason::cancelled);
}

TEST(ComputeDriver, AnOfferStandsOnTheLedgerAndIsRenewedInTime_CD4) {
  ComputeTown town(2);
  town.run(10'000);
  ASSERT_EQ(town.offers.size(), 1U) << "an executor offers, a broker does not, and once is enough";
  EXPECT_EQ(town.offers.front().node, town.resident(1).id());
  EXPECT_EQ(town.offers.front().summary.cpu_milli, 1'000U);
  const std::uint64_t expires_ms = town.offers.front().summary.expires_ms;
  ASSERT_GT(expires_ms, 10'000U);
  compute::DeviceFacts device;
  device.device = {"H200", 141'000, 0};
  town.resident(1).driver().set_devices({device, device});
  town.run(4'000);
  ASSERT_EQ(town.offers.size(), 2U) << "another offer takes its place at once";
  ASSERT_EQ(town.offers.back().summary.devices.size(), 1U);
  EXPECT_EQ(town.offers.back().summary.devices.front().count, 2U);
  town.run(expires_ms / 2);
  EXPECT_EQ(town.offers.size(), 3U);
  EXPECT_GT(town.offers.back().summary.expires_ms, expires_ms);
}

// The port ----------------------------------------------------------------------------------------

TEST(BrokerPort, RefusesWhatNoBrokerCanDo) {
  ComputeTown town(4);
  api::JobHandover in_oort = town.make_job({0});
  in_oort.open.currency = ledger::Currency::Oort;
  const auto refused = accept(town, 0, in_oort);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), reason::not_supported);
  // 64 MiB is what a task has that asks for none.
  api::JobHandover large = town.make_job({0});
  auto spec = codec::from_bytes<ledger::JobSpec>(large.spec).value();
  spec.inputs.front().size = std::uint64_t{65} << 20U;
  large.spec = codec::to_bytes(spec);
  const auto too_large = accept(town, 0, large);
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().reason(), reason::bad_argument);
  EXPECT_NE(too_large.error().detail().find("any_of.memory_mib"), std::string::npos);
  // Its only broker does not answer.
  town.resident(2).kill();
  Answer<void> answer;
  town.resident(0).port().accept(town.make_job({2}), answer.callback());
  town.run(8'000);
  ASSERT_TRUE(answer.has_come());
  ASSERT_FALSE(answer.get());
  EXPECT_EQ(answer.get().error().reason(), reason::peer_unreachable);
}

TEST(BrokerPort, TellsOfAJobInOfficeAndOfEveryChange) {
  ComputeTown town(4);
  const api::JobHandover job = town.make_job({0, 2});
  ASSERT_TRUE(accept(town, 0, job));
  Answer<api::JobRun> unknown;
  town.resident(0).port().get_run(job.id, unknown.callback());
  town.run(200);
  ASSERT_TRUE(unknown.has_come());
  EXPECT_EQ(unknown.get().error().reason(), reason::not_found) << "the ledger has no such job";
  town.open(job);
  town.run(600);
  std::uint64_t version = 0;
  std::uint64_t changes = 0;
  bool is_over = false;
  while (!is_over && changes < 100) {
    Answer<api::JobRun> run;
    town.resident(0).port().await_run(job.id, version, std::chrono::seconds(30), run.callback());
    for (int i = 0; i < 200 && !run.has_come(); ++i) town.run(200);
    ASSERT_TRUE(run.has_come() && run.get());
    EXPECT_GT(run.get()->version, version);
    version = run.get()->version;
    is_over = run.get()->is_over;
    ++changes;
  }
  EXPECT_TRUE(is_over);
  EXPECT_GT(changes, 2U);
  Answer<api::JobRun> standby;
  town.resident(2).port().get_run(job.id, standby.callback());
  town.run(200);
  EXPECT_EQ(standby.get().error().reason(), reason::not_found);
}

TEST(BrokerPort, ReadsALogFromAnyPlaceAndWaitsForMore) {
  ComputeTown town(4);
  const api::JobHandover job = town.make_job({0, 2});
  ASSERT_TRUE(accept(town, 0, job));
  town.open(job);
  town.run(400);
  std::string text;
  bool is_end = false;
  while (!is_end) {
    Answer<api::LogChunk> chunk;
    town.resident(0).port().read_log(job.id, {0, text.size()}, 16, std::chrono::seconds(30),
                                     chunk.callback());
    for (int i = 0; i < 200 && !chunk.has_come(); ++i) town.run(200);
    ASSERT_TRUE(chunk.has_come() && chunk.get());
    EXPECT_EQ(chunk.get()->at.offset, text.size());
    text += as_text(chunk.get()->bytes);
    is_end = chunk.get()->is_end;
  }
  EXPECT_NE(text.find("begins blake3 1, 0 of 3 units"), std::string::npos) << text;
  EXPECT_NE(text.find("done, 49 bytes"), std::string::npos) << text;
}

TEST(BrokerPort, AClosedJobIsToldOfForAWhileAndItsOutcomeKnownForLonger) {
  ComputeTown town(4);
  const api::JobHandover job = town.make_job({0, 2});
  ASSERT_TRUE(accept(town, 0, job));
  town.open(job);
  town.run(20'000);
  ASSERT_EQ(town.job(job.id).phase, JobPhase::Closed);
  Answer<api::JobRun> soon;
  town.resident(0).port().get_run(job.id, soon.callback());
  town.run(200);
  EXPECT_TRUE(soon.get());
  town.run(600'000);
  Answer<api::JobRun> later;
  town.resident(0).port().get_run(job.id, later.callback());
  town.run(200);
  EXPECT_EQ(later.get().error().reason(), reason::not_found);
  api::JobHandover next = town.make_job({0, 2}, 2);
  auto spec = codec::from_bytes<ledger::JobSpec>(next.spec).value();
  spec.depends_on = {job.id};
  next.spec = codec::to_bytes(spec);
  next.open.spec = ledger::job_spec_hash(next.spec);
  ASSERT_TRUE(accept(town, 0, next));
  town.open(next);
  town.run(20'000);
  EXPECT_EQ(town.job(next.id).outcome, JobOutcome::Succeeded);
}

TEST(BrokerPort, AStopAnswersWhoeverWaits) {
  ComputeTown town(4);
  const api::JobHandover job = town.make_job({0, 2});
  ASSERT_TRUE(accept(town, 0, job));
  town.open(job);
  town.run(400);
  Answer<api::JobRun> run;
  town.resident(0).port().await_run(job.id, 1'000'000, std::chrono::hours(1), run.callback());
  town.run(200);
  EXPECT_FALSE(run.has_come());
  town.resident(0).calls().stop();
  ASSERT_TRUE(run.has_come());
  EXPECT_EQ(run.get().error().reason(), reason::cancelled);
}

}  // namespace
}  // namespace oort::node::test
