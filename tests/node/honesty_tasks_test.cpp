// SPDX-License-Identifier: Apache-2.0
#include "honesty_tasks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "honesty_town.hpp"
#include "memory_kv.hpp"
#include "oort/api/broker_port.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/ledger/honesty_case.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "oort/ledger/market_records.hpp"
#include "sim/node.hpp"

namespace oort::node::test {
namespace {

constexpr std::size_t saboteur = 1;

std::size_t ordered_count(Town& town) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < 8; ++i) count += town.resident(i).purse().opened.size();
  return count;
}

TEST(ComputeTasks, WhoComputesRightPassesAndNobodyIsAccused_CT2) {
  Town town({.has_jobs = true});
  town.run_to_round(6);
  EXPECT_EQ(town.refused_count, 0U);
  EXPECT_GT(ordered_count(town), 8U);
  EXPECT_TRUE(town.view().cases(Bytes32(), 100).empty());
  std::size_t passed_count = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const auto standing = town.view().standing(town.resident(i).id());
    passed_count += standing.counters.passed_micro > 0 ? 1 : 0;
    EXPECT_EQ(standing.counters.failed_micro, 0U) << i;
  }
  EXPECT_GT(passed_count, 4U);
}

TEST(ComputeTasks, WhoComputesWrongIsConvictedAndNobodyElse_CT2) {
  Town town({.has_jobs = true});
  town.resident(saboteur).computes_wrong = true;
  town.run_to_round(8);
  const auto proven = town.verdicts(saboteur);
  ASSERT_FALSE(proven.empty());
  EXPECT_EQ(proven.front().offence, ledger::Offence::WrongResult);
  EXPECT_FALSE(proven.front().burnt.is_zero());
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_TRUE(i == saboteur || town.verdicts(i).empty()) << i;
  }
  const auto evidence = town.view().evidence(proven.front().subject);
  ASSERT_TRUE(evidence);
  EXPECT_EQ(ledger::verdict_of(*evidence), ledger::PanelVerdict::Convicted);
  EXPECT_FALSE(ledger::is_accusation(evidence->reveal)) << "it was caught by a bait";
}

TEST(ComputeTasks, APanelThatIsShownNothingConvictsNobody_CT2) {
  Town town({.has_jobs = true});
  town.resident(saboteur).computes_wrong = true;
  for (std::size_t i = 0; i < 8; ++i) town.resident(i).is_mute = true;
  town.run_to_round(9);
  EXPECT_FALSE(town.view().cases(Bytes32(), 100).empty());
  for (std::size_t i = 0; i < 8; ++i) EXPECT_TRUE(town.verdicts(i).empty()) << i;
}

TEST(ComputeTasks, ARestartLosesNoBaitThatIsOut_CT4) {
  Town town({.has_jobs = true});
  town.run_to_round(4);
  town.resident(saboteur).computes_wrong = true;
  town.run_blocks(25);
  for (std::size_t i = 0; i < 8; ++i) town.resident(i).restart();
  town.run_to_round(6);
  const auto cases = town.view().cases(Bytes32(), 100);
  ASSERT_FALSE(cases.empty());
  for (const ledger::CaseRecord& one : cases) EXPECT_EQ(one.reveal.epoch, Epoch(4));
  town.run_to_round(8);
  for (const ledger::CaseRecord& one : cases) {
    const auto evidence = town.view().evidence(one.court.id);
    ASSERT_TRUE(evidence);
    EXPECT_EQ(ledger::verdict_of(*evidence), ledger::PanelVerdict::Convicted);
  }
}

/// One broker's source, with nobody around it.
struct Stand {
  Town town{TownOptions{.has_jobs = true}};
  sim::Node machine{town.world(), 99, NodeId()};
  TownPurse purse;
  std::vector<api::JobHandover> handed;
  std::shared_ptr<ComputeTasks> tasks = make(4);

  std::shared_ptr<ComputeTasks> make(std::size_t live_count_min) {
    ComputeTasks::Options options;
    options.live_count_min = live_count_min;
    auto made = std::make_shared<ComputeTasks>(ComputeTasks::Parts{.self = town.resident(0).id(),
                                                                   .payer = AccountId(),
                                                                   .bucket = "purse",
                                                                   .strand = machine.strand(),
                                                                   .pool = machine.strand(),
                                                                   .random = machine.random(),
                                                                   .ledger = town.resident(0),
                                                                   .submit = purse},
                                               options);
    made->set_doors(&town.objects, [this](api::JobHandover job, Callback<Result<void>> done) {
      handed.push_back(std::move(job));
      done({});
    });
    made->set_round(Epoch(3), Epoch(0));
    return made;
  }
  void prepare() {
    tasks->prepare();
    town.world().run_for(std::chrono::milliseconds(10));
  }
};

TEST(ComputeTasks, ABaitHasAllOfALiveJobAndASizeBetweenTwo_CT1_CT2) {
  Stand stand;
  std::set<std::uint64_t> sizes;
  LiveJob live = stand.town.make_job(stand.town.resident(0));
  live.spec.placement.credibility_ppb_min = 7;
  live.spec.outputs = {{"s3://live/out", ""}};
  for (int i = 0; i < 8; ++i) {
    live.spec.inputs.front().size = 1'001 + 1'003 * static_cast<std::uint64_t>(i);
    sizes.insert(live.spec.inputs.front().size);
    ASSERT_TRUE(stand.tasks->saw(live, 0));
  }
  stand.tasks->read(live.record.id, {"blake3", 1}, as_bytes("abababab"));
  std::set<Bytes32> given;
  for (int i = 0; i < 20; ++i) {
    stand.prepare();
    const auto minted = stand.tasks->mint({}, stand.machine.random());
    ASSERT_TRUE(minted);
    ASSERT_TRUE(minted->task_commitment);
    EXPECT_TRUE(given.insert(*minted->task_commitment).second);
    const BaitTask* const bait = stand.tasks->find(*minted->task_commitment);
    ASSERT_NE(bait, nullptr);
    stand.tasks->send(*bait);
    ASSERT_FALSE(stand.handed.empty());
    const api::JobHandover& job = stand.handed.back();
    EXPECT_EQ(job.open, stand.purse.opened.back());
    EXPECT_EQ(job.open.budget, live.record.budget);
    EXPECT_EQ(job.open.brokers, live.record.brokers);
    EXPECT_EQ(job.open.deadline_ms - stand.town.snapshot().time_ms, 600'000U);
    auto spec = codec::from_bytes<ledger::JobSpec>(job.spec).value();
    EXPECT_EQ(minted->task_commitment,
              ledger::task_commitment(codec::to_bytes(compute::envelope_of(job.id, spec, 0))));
    const ledger::JobInput input = spec.inputs.front();
    EXPECT_GE(input.size, *sizes.begin());
    EXPECT_LT(input.size, *sizes.rbegin());
    const Bytes bytes = stand.town.objects.objects.at(input.uri);
    EXPECT_EQ(bytes.size(), input.size);
    EXPECT_EQ(crypto::tree_root(bytes), input.root);
    EXPECT_TRUE(std::ranges::all_of(
        bytes, [](std::byte one) { return one == std::byte{'a'} || one == std::byte{'b'}; }));
    stand.tasks->read(job.id, {"blake3", 1}, as_bytes("what baits read is counted by nobody"));
    const auto& work = std::get<ledger::BuiltinWork>(spec.work);
    compute::builtin::Task task{{work.name, work.version}, work.parameters, {bytes}};
    EXPECT_EQ(minted->answer, compute::builtin::output_digest(
                                  compute::builtin::run_to_end(std::move(task)).value()));
    // All else is the live job's, but that no executor of one's own gets it.
    EXPECT_EQ(spec.placement.exclude_operators.size(), 1U);
    spec.placement.exclude_operators.clear();
    spec.inputs = live.spec.inputs;
    spec.outputs = live.spec.outputs;
    EXPECT_EQ(spec, live.spec);
  }
  EXPECT_FALSE(stand.tasks->mint({}, stand.machine.random())) << "each is given out once";
}

TEST(ComputeTasks, NothingIsImitatedAmongFewAndNoBaitByABait_CT3) {
  Stand stand;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(stand.tasks->saw(stand.town.make_job(stand.town.resident(0)), 0));
    stand.prepare();
    EXPECT_EQ(stand.tasks->ready_count(), 0U);
  }
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(stand.tasks->saw(stand.town.make_job(stand.town.resident(0)), 0));
  }
  stand.prepare();
  ASSERT_EQ(stand.tasks->ready_count(), 1U);
  const auto minted = stand.tasks->mint({}, stand.machine.random());
  ASSERT_TRUE(minted);
  stand.tasks->send(*stand.tasks->find(*minted->task_commitment));
  LiveJob own = stand.town.make_job(stand.town.resident(0));
  own.record.id = stand.handed.back().id;
  EXPECT_FALSE(stand.tasks->saw(own, 0));
}

TEST(ComputeTasks, OnlySingleRunsOfExactWorkloadsAreImitated_CT3) {
  Town town;
  const LiveJob good = town.make_job(town.resident(0));
  ASSERT_TRUE(can_be_imitated(good));
  const auto refuses = [&](const auto& change) {
    LiveJob job = good;
    change(job);
    return !can_be_imitated(job);
  };
  EXPECT_TRUE(refuses([](LiveJob& job) { job.spec.array_count = 2; }));
  EXPECT_TRUE(refuses([](LiveJob& job) { job.spec.gang_max = 2; }));
  EXPECT_TRUE(refuses([](LiveJob& job) { job.spec.confidence = 970'000; }));
  EXPECT_TRUE(refuses([](LiveJob& job) { job.spec.depends_on.emplace_back(); }));
  EXPECT_TRUE(refuses([](LiveJob& job) { job.spec.finish_by_ms = 1; }));
  EXPECT_TRUE(refuses([](LiveJob& job) { job.spec.inputs.clear(); }));
  EXPECT_TRUE(refuses([](LiveJob& job) { job.spec.inputs.front().size = 1'000'000'000; }));
  EXPECT_TRUE(refuses([](LiveJob& job) { job.spec.work = ledger::BuiltinWork{"infer", 1, {}}; }));
  EXPECT_TRUE(refuses([](LiveJob& job) { job.record.currency = ledger::Currency::Oort; }));
}

TEST(ComputeTasks, ABaitsNameDrawsItsBrokersWhereTheLiveJobsNameDid_CT1) {
  Stand stand;
  std::vector<NodeId> supers;
  supers.reserve(8);
  for (std::size_t i = 0; i < 8; ++i) supers.push_back(stand.town.resident(i).id());
  LiveJob live = stand.town.make_job(stand.town.resident(0));
  const NodeId self = stand.town.resident(0).id();
  do {
    live = stand.town.make_job(stand.town.resident(0));
    live.record.brokers = ledger::rendezvous_brokers(live.record.id, supers, 2);
  } while (live.record.brokers.front() != self);
  for (std::uint64_t i = 0; i < 8; ++i) {
    live.spec.inputs.front().size = 1'001 + 1'003 * i;
    ASSERT_TRUE(stand.tasks->saw(live, 0));
  }
  std::set<std::vector<NodeId>> seen;
  for (int i = 0; i < 12; ++i) {
    stand.prepare();
    const auto minted = stand.tasks->mint({}, stand.machine.random());
    ASSERT_TRUE(minted);
    const BaitTask& bait = *stand.tasks->find(*minted->task_commitment);
    const JobId id = ledger::job_id_of(bait.payer, bait.nonce);
    EXPECT_EQ(bait.brokers, ledger::rendezvous_brokers(id, supers, 2));
    EXPECT_EQ(bait.brokers.front(), self);
    seen.insert(bait.brokers);
  }
  EXPECT_GT(seen.size(), 1U);
}

TEST(ComputeTasks, WhatIsOutIsKeptUntilNobodyAsks_CT4) {
  Stand stand;
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(stand.tasks->saw(stand.town.make_job(stand.town.resident(0)), 0));
  }
  stand.prepare();
  const auto minted = stand.tasks->mint({}, stand.machine.random());
  ASSERT_TRUE(minted);
  const BaitTask bait = *stand.tasks->find(*minted->task_commitment);
  EXPECT_EQ(bait.round, Epoch(3));
  oort::test::MemoryKv store;
  const auto keep = [&](ComputeTasks& tasks) {
    env::KvBatch batch;
    tasks.write(batch);
    ASSERT_TRUE(store.write(batch, env::Sync::Yes));
  };
  keep(*stand.tasks);
  const auto restarted = stand.make(4);
  ASSERT_TRUE(restarted->restore(store));
  ASSERT_NE(restarted->find(*minted->task_commitment), nullptr);
  EXPECT_EQ(*restarted->find(*minted->task_commitment), bait);
  restarted->set_round(Epoch(20), Epoch(4));
  EXPECT_EQ(restarted->find(*minted->task_commitment), nullptr);
  keep(*restarted);
  const auto later = stand.make(4);
  ASSERT_TRUE(later->restore(store));
  EXPECT_EQ(later->find(*minted->task_commitment), nullptr);
}

TEST(BaitTask, HasOneLayoutWhichIsFrozen_CT4) {
  BaitTask bait;
  bait.round = Epoch(3);
  bait.nonce = 7;
  ledger::JobSpec spec;
  spec.work = ledger::BuiltinWork{"blake3", 1, {}};
  bait.spec = codec::to_bytes(spec);
  bait.budget = ledger::Units(500);
  bait.brokers = {NodeId()};
  bait.deadline_ms = 600'000;
  bait.dispute_ms = 1;
  const Bytes bytes = codec::to_bytes(bait);
  EXPECT_EQ(codec::from_bytes<BaitTask>(bytes).value(), bait);
  EXPECT_EQ(crypto::blake3(bytes).short_hex(), "e3b467b8");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(codec::from_bytes<BaitTask>(ByteView(bytes).first(size)));
  }
}

TEST(BytePairs, DrawsWhatFollowedAndNothingElse_CT1) {
  BytePairs pairs;
  const std::string text = "the officer hides the bait; the executor finds the bait";
  pairs.count(as_bytes(text));
  std::set<std::pair<std::byte, std::byte>> seen;
  for (std::size_t i = 1; i < text.size(); ++i) {
    seen.emplace(static_cast<std::byte>(text[i - 1]), static_cast<std::byte>(text[i]));
  }
  const Bytes drawn = pairs.draw(10'000, 5);
  ASSERT_EQ(drawn.size(), 10'000U);
  for (std::size_t i = 1; i < drawn.size(); ++i) {
    EXPECT_TRUE(seen.contains({drawn[i - 1], drawn[i]})) << i;
  }
  EXPECT_EQ(drawn, pairs.draw(10'000, 5));
  EXPECT_NE(drawn, pairs.draw(10'000, 6));
  EXPECT_EQ(BytePairs().draw(1'000, 5).size(), 1'000U) << "where nothing was read, any bytes";
}

}  // namespace
}  // namespace oort::node::test
