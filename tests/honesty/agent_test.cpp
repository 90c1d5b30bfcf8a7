// SPDX-License-Identifier: Apache-2.0
#include "oort/honesty/agent.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kit.hpp"

namespace oort::honesty::test {
namespace {

constexpr std::uint64_t length_ms = 3'600'000;

ledger::OfficerDraw draw_of(std::uint64_t epoch, bool is_sure) {
  return {same<ChainId>(1), Epoch(epoch), same<Bytes32>(2), is_sure ? 1U : 0U, 1, 1};
}

template <class T>
std::vector<T> only(const std::vector<Action>& actions) {
  std::vector<T> found;
  for (const Action& action : actions) {
    if (const auto* one = std::get_if<T>(&action)) found.push_back(*one);
  }
  return found;
}

/// An officer that has seen live work, and an executor that answers it.
struct Stand {
  SeededRandom random{7};
  HashSource source{Workload(3)};
  Agent agent{key(1), AgentRules{BaitCount{}, 100, 50}, {&source}, random};
  Bytes32 root;

  Stand() {
    for (std::uint64_t i = 1; i <= 50; ++i) {
      const TaskShape shape{Workload(3), same<NodeId>(0xb1), Credits(1000 * i), 100'000 * i,
                            60'000,      1'000'000 + i};
      static_cast<void>(agent.step(event::TaskPassed{shape}));
    }
  }
  std::vector<action::SetAlarm> start(std::uint64_t epoch) {
    const auto actions = agent.step(event::EpochStarted{draw_of(epoch, true), length_ms});
    root = only<action::PostRoot>(actions).at(0).root;
    return only<action::SetAlarm>(actions);
  }
  TaskEnvelope send(const action::SetAlarm& alarm) {
    const auto sent = only<action::SendTask>(agent.step(event::Alarm{alarm.epoch, alarm.bait}));
    EXPECT_EQ(sent.size(), 1U);
    return sent.at(0).envelope;
  }
  static ledger::WorkReceipt answer(const TaskEnvelope& task, std::uint64_t epoch, bool is_right) {
    ledger::WorkReceipt receipt;
    receipt.chain = same<ChainId>(1);
    receipt.epoch = Epoch(epoch);
    receipt.task_commitment = ledger::task_commitment(codec::to_bytes(task));
    receipt.result_hash = is_right ? HashSource::answer_of(task.input_root) : same<Bytes32>(0xee);
    receipt.executor = key(2).node_id();
    receipt.signature = key(2).sign(sign_hash(receipt).view());
    return receipt;
  }
};

TEST(Agent, PostsOneRootAnEpochOfficerOrNot_A1) {
  Stand stand;
  const auto idle = stand.agent.step(event::EpochStarted{draw_of(1, false), length_ms});
  EXPECT_EQ(idle.size(), 1U);
  EXPECT_EQ(only<action::PostRoot>(idle).size(), 1U);
  const auto busy = stand.agent.step(event::EpochStarted{draw_of(2, true), length_ms});
  EXPECT_TRUE(std::holds_alternative<action::PostRoot>(busy.at(0)));
  EXPECT_GT(busy.size(), 1U);
  EXPECT_NE(only<action::PostRoot>(idle).at(0).root, only<action::PostRoot>(busy).at(0).root);
  EXPECT_TRUE(stand.agent.step(event::EpochStarted{draw_of(2, true), length_ms}).empty());
}

TEST(Agent, RevealsInTheNextEpochWhatTheLedgerAccepts_A2_A3) {
  Stand stand;
  const auto alarms = stand.start(5);
  ASSERT_FALSE(alarms.empty());
  const Bytes32 root = stand.root;
  bool is_right = true;
  for (const auto& alarm : alarms) {
    EXPECT_LT(alarm.after_ms, length_ms);
    const auto receipt = Stand::answer(stand.send(alarm), 5, is_right);
    is_right = !is_right;
    EXPECT_TRUE(stand.agent.step(event::ReceiptCame{receipt}).empty());
  }
  const auto actions = stand.agent.step(event::EpochStarted{draw_of(6, true), length_ms});
  const auto reveals = only<action::PostReveal>(actions);
  ASSERT_EQ(reveals.size(), alarms.size());
  const ledger::RevealContext context{draw_of(5, true), root, same<OperatorId>(1),
                                      same<OperatorId>(2)};
  for (std::size_t i = 0; i < reveals.size(); ++i) {
    EXPECT_EQ(ledger::judge(reveals[i].reveal, context),
              i % 2 == 0 ? ledger::RevealVerdict::Passed : ledger::RevealVerdict::Fault);
  }
  const auto later = stand.agent.step(event::EpochStarted{draw_of(7, true), length_ms});
  EXPECT_TRUE(only<action::PostReveal>(later).empty());
}

TEST(Agent, SendsABaitOnceAndOnlyInItsEpoch_A3) {
  Stand stand;
  const auto alarms = stand.start(5);
  ASSERT_GE(alarms.size(), 2U);
  static_cast<void>(stand.send(alarms[0]));
  EXPECT_TRUE(stand.agent.step(event::Alarm{Epoch(5), alarms[0].bait}).empty());
  EXPECT_TRUE(stand.agent.step(event::Alarm{Epoch(5), 1000}).empty());
  static_cast<void>(stand.start(6));
  EXPECT_TRUE(stand.agent.step(event::Alarm{Epoch(5), alarms[1].bait}).empty());
}

TEST(Agent, TakesNoReceiptThatIsUnsignedOrLateOrNobodyAskedFor_A2) {
  Stand stand;
  const auto alarms = stand.start(5);
  const TaskEnvelope task = stand.send(alarms.at(0));
  auto forged = Stand::answer(task, 5, false);
  forged.result_hash = same<Bytes32>(1);
  static_cast<void>(stand.agent.step(event::ReceiptCame{forged}));
  static_cast<void>(stand.agent.step(event::ReceiptCame{Stand::answer(task, 4, false)}));
  TaskEnvelope other = task;
  other.price = Credits(1);
  static_cast<void>(stand.agent.step(event::ReceiptCame{Stand::answer(other, 5, false)}));
  const auto actions = stand.agent.step(event::EpochStarted{draw_of(6, true), length_ms});
  EXPECT_TRUE(only<action::PostReveal>(actions).empty());
}

TEST(Agent, ARestoredOneGoesOnAsTheSavedOne_A5) {
  Stand stand;
  const auto alarms = stand.start(5);
  ASSERT_GE(alarms.size(), 2U);
  const TaskEnvelope task = stand.send(alarms[0]);
  static_cast<void>(stand.agent.step(event::ReceiptCame{Stand::answer(task, 5, true)}));
  const Bytes32 fault = same<Bytes32>(0xfa);
  static_cast<void>(stand.agent.step(event::SeatDrawn{fault}));
  const auto committed = only<action::PostCommitment>(
      stand.agent.step(event::Executed{fault, {same<Bytes32>(1)}, same<Bytes32>(0x42)}));
  static_cast<void>(stand.agent.step(event::SeatDrawn{same<Bytes32>(0xfb)}));
  const Bytes saved = stand.agent.save();

  SeededRandom random(99);
  HashSource source(Workload(3));
  Agent second(key(1), AgentRules{BaitCount{}, 100, 50}, {&source}, random);
  const auto again = second.restore(saved).value();
  EXPECT_EQ(second.save(), saved);
  EXPECT_EQ(second.epoch(), Epoch(5));
  EXPECT_EQ(only<action::PostRoot>(again).at(0).root, stand.root);
  EXPECT_EQ(only<action::SetAlarm>(again).size(), alarms.size() - 1) << "one is sent";
  EXPECT_EQ(only<action::PostCommitment>(again).at(0).commitment, committed.at(0).commitment);
  // The seat whose execution was lost is executed anew; the other one is opened as committed.
  EXPECT_EQ(second.step(event::SeatDrawn{same<Bytes32>(0xfb)}).size(), 1U);
  EXPECT_TRUE(second.step(event::SeatDrawn{fault}).empty());
  const auto seed = same<Bytes32>(0x99);
  EXPECT_EQ(only<action::PostOpening>(second.step(event::CommitmentsClosed{fault, seed}))
                .at(0)
                .reveal.commitment,
            committed.at(0).commitment);
  EXPECT_TRUE(second.step(event::Alarm{Epoch(5), alarms[0].bait}).empty());
  EXPECT_TRUE(second.step(event::EpochStarted{draw_of(5, true), length_ms}).empty());
  const auto reveals =
      only<action::PostReveal>(second.step(event::EpochStarted{draw_of(6, true), length_ms}));
  ASSERT_EQ(reveals.size(), 1U);
  const ledger::RevealContext context{draw_of(5, true), stand.root, same<OperatorId>(1),
                                      same<OperatorId>(2)};
  EXPECT_EQ(ledger::judge(reveals[0].reveal, context), ledger::RevealVerdict::Passed);
}

TEST(Agent, WhatIsNoMemoryChangesNothing_A5) {
  Stand stand;
  static_cast<void>(stand.start(5));
  const Bytes saved = stand.agent.save();
  SeededRandom random(99);
  HashSource source(Workload(3));
  Agent fresh(key(1), AgentRules{BaitCount{}, 100, 50}, {&source}, random);
  for (std::size_t size = 0; size < saved.size(); size += 97) {
    EXPECT_FALSE(fresh.restore(ByteView(saved).first(size)));
  }
  Bytes other = saved;
  other.front() = std::byte{9};
  EXPECT_FALSE(fresh.restore(other));
  other = saved;
  other.push_back(std::byte{});
  EXPECT_FALSE(fresh.restore(other));
  EXPECT_FALSE(fresh.epoch());
  EXPECT_EQ(crypto::blake3(saved).hex(),
            "e49a70355eefcb18365e68f4dfa4e7292ff6670fb3f75f8e1d212f5350c883c8")
      << "what is on disks stays readable";
}

TEST(Agent, WithoutLiveWorkOrSourceItMintsNothing) {
  SeededRandom random(1);
  HashSource source(Workload(9));
  Agent blind(key(1), AgentRules{BaitCount{}, 100, 2}, {&source}, random);
  EXPECT_EQ(blind.step(event::EpochStarted{draw_of(1, true), length_ms}).size(), 1U);
  static_cast<void>(blind.step(event::TaskPassed{{Workload(3), {}, Credits(1), 1, 1, 5}}));
  EXPECT_EQ(blind.step(event::EpochStarted{draw_of(2, true), length_ms}).size(), 1U);
  static_cast<void>(blind.step(event::TaskPassed{{Workload(3), {}, Credits(1), 9, 1, 5}}));
  EXPECT_EQ(blind.step(event::EpochStarted{draw_of(3, true), length_ms}).size(), 1U);
  EXPECT_EQ(blind.baits_count(), 0U);
}

TEST(Agent, SendsBaitsAtTheTimesOfLiveWork) {
  Stand stand;
  std::size_t near_count = 0;
  std::size_t count = 0;
  for (std::uint64_t epoch = 1; epoch < 60; ++epoch) {
    for (const auto& alarm : stand.start(epoch)) {
      ++count;
      if (alarm.after_ms > 940'000 && alarm.after_ms < 1'060'000) ++near_count;
    }
  }
  EXPECT_GT(count, 100U);
  EXPECT_EQ(near_count, count);
}

TEST(Agent, AsAPanelistItOpensOnlyWhatIsClosed_A4) {
  Stand stand;
  const Bytes32 fault = same<Bytes32>(0xfa);
  EXPECT_EQ(only<action::Execute>(stand.agent.step(event::SeatDrawn{fault})).size(), 1U);
  EXPECT_TRUE(stand.agent.step(event::SeatDrawn{fault}).empty());
  const std::vector<Bytes32> states{same<Bytes32>(1), same<Bytes32>(2), same<Bytes32>(3)};
  const auto committed = stand.agent.step(event::Executed{fault, states, same<Bytes32>(0x42)});
  ASSERT_EQ(committed.size(), 1U);
  const auto commitment = only<action::PostCommitment>(committed).at(0).commitment;
  EXPECT_TRUE(stand.agent.step(event::Executed{fault, states, same<Bytes32>(0x43)}).empty());
  const auto seed = same<Bytes32>(0x99);
  const auto opened =
      only<action::PostOpening>(stand.agent.step(event::CommitmentsClosed{fault, seed}));
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_EQ(opened[0].reveal.commitment, commitment);
  const std::vector<std::optional<ledger::PanelReveal>> seats{opened[0].reveal};
  EXPECT_EQ(ledger::panel_votes(fault, seed, seats).at(0), same<Bytes32>(0x42));
  EXPECT_TRUE(stand.agent.step(event::CommitmentsClosed{fault, seed}).empty());
  EXPECT_TRUE(stand.agent.step(event::CommitmentsClosed{same<Bytes32>(5), seed}).empty());
}

}  // namespace
}  // namespace oort::honesty::test
