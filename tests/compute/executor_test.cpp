// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/executor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <utility>

#include "memory_kv.hpp"
#include "oort/codec/codec.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/crypto/tree.hpp"

namespace oort::compute {
namespace {

crypto::KeyPair keys_of(std::uint8_t index) {
  std::array<std::byte, 32> seed{};
  seed[0] = static_cast<std::byte>(index);
  return crypto::KeyPair(crypto::SecretSeed(seed));
}
const NodeId broker_a = keys_of(1).node_id();
const NodeId broker_b = keys_of(2).node_id();
const NodeId self = keys_of(3).node_id();

template <class Message>
std::vector<Message> told(const ExecutorOutputs& outputs) {
  std::vector<Message> all;
  for (const ComputeSend& one : outputs.sends) {
    if (one.type == Message::type) all.push_back(*message_from<Message>(one.payload));
  }
  return all;
}

/// An executor of two cores, and the clock that drives it.
struct Bench {
  Bench() { open(); }
  void open() {
    ExecutorOptions options;
    options.self = self;
    options.offer.cpu_milli = 2'000;
    options.offer.memory_mib = 1'024;
    executor = *Executor::open(options, store, *signer, now);
  }
  template <class Message>
  ExecutorOutputs hear(const NodeId& from, const Message& message) {
    return keep(executor->receive(now, from, Message::type, message_bytes(message)));
  }
  ExecutorOutputs wait(std::uint64_t ms) {
    now.milliseconds += ms;
    return keep(executor->tick(now));
  }
  ExecutorOutputs end(WorkId id, Bytes output) {
    WorkEnded ended;
    ended.id = id;
    ended.output = std::move(output);
    ended.run_ms = 10;
    return keep(executor->ended(now, std::move(ended)));
  }
  ExecutorOutputs keep(ExecutorOutputs outputs) {
    EXPECT_TRUE(store.write(outputs.writes, env::Sync::Yes));
    return outputs;
  }

  test::MemoryKv store;
  std::unique_ptr<env::Signer> signer = crypto::local_signer(keys_of(3));
  WallTime now{1'000'000};
  std::unique_ptr<Executor> executor;
};

LeaseGrant grant_of(std::uint8_t job, std::uint64_t epoch, std::uint64_t number) {
  LeaseGrant grant;
  grant.key.job.mutable_view()[0] = static_cast<std::byte>(job);
  grant.key.broker_epoch = epoch;
  grant.key.attempt = 1;
  grant.key.number = number;
  grant.lease_ms = 5'000;
  grant.cpu_milli = 1'000;
  grant.memory_mib = 100;
  TaskEnvelope envelope;
  envelope.work.workload = {"blake3", 1};
  envelope.walltime_ms = 1'000;
  grant.envelope = codec::to_bytes(envelope);
  return grant;
}

Refusal refusal_of(const ExecutorOutputs& outputs) {
  const auto answers = told<LeaseAnswer>(outputs);
  EXPECT_EQ(answers.size(), 1U);
  return answers.empty() ? Refusal::Malformed : answers.front().refusal;
}

TEST(Executor, RefusesWhatDoesNotFitBesideTheRest_EX1) {
  Bench bench;
  EXPECT_EQ(refusal_of(bench.hear(broker_a, grant_of(1, 1, 1))), Refusal::None);
  LeaseGrant large = grant_of(2, 1, 2);
  large.cpu_milli = 1'001;
  EXPECT_EQ(refusal_of(bench.hear(broker_a, large)), Refusal::NoCapacity);
  LeaseGrant device = grant_of(3, 1, 3);
  device.devices = 1;
  EXPECT_EQ(refusal_of(bench.hear(broker_a, device)), Refusal::NoCapacity);
  EXPECT_EQ(refusal_of(bench.hear(broker_a, grant_of(4, 1, 4))), Refusal::None);
  EXPECT_EQ(refusal_of(bench.hear(broker_a, grant_of(5, 1, 5))), Refusal::NoCapacity);
}

TEST(Executor, HeedsNoOlderBrokerAlsoAfterARestart_EX2) {
  Bench bench;
  EXPECT_EQ(refusal_of(bench.hear(broker_b, grant_of(1, 2, 1))), Refusal::None);
  EXPECT_EQ(refusal_of(bench.hear(broker_a, grant_of(1, 1, 9))), Refusal::StaleBroker);
  // Of the same epoch there is one broker.
  EXPECT_EQ(refusal_of(bench.hear(broker_a, grant_of(1, 2, 9))), Refusal::StaleBroker);
  bench.open();
  EXPECT_EQ(refusal_of(bench.hear(broker_a, grant_of(1, 1, 9))), Refusal::StaleBroker);
  EXPECT_EQ(refusal_of(bench.hear(broker_b, grant_of(1, 2, 2))), Refusal::None);
  EXPECT_TRUE(told<Holding>(bench.hear(broker_a, Adopt{grant_of(1, 1, 1).key.job, 1})).empty());
}

TEST(Executor, ALaterLeaseOfTheSameTaskGoesOnWithWhatRuns_EX3) {
  Bench bench;
  const auto first = bench.hear(broker_a, grant_of(1, 1, 1));
  ASSERT_EQ(first.starts.size(), 1U);
  // The new broker asks, and takes over what it hears of.
  const auto holding = told<Holding>(bench.hear(broker_b, Adopt{grant_of(1, 1, 1).key.job, 2}));
  ASSERT_EQ(holding.size(), 1U);
  ASSERT_EQ(holding.front().tasks.size(), 1U);
  EXPECT_EQ(holding.front().tasks.front().phase, TaskPhase::Running);
  const auto adopted = bench.hear(broker_b, grant_of(1, 2, 1));
  EXPECT_EQ(refusal_of(adopted), Refusal::None);
  EXPECT_TRUE(adopted.starts.empty());
  EXPECT_TRUE(adopted.stops.empty());
  // Another task under the same name ends the one before.
  LeaseGrant other = grant_of(1, 2, 2);
  TaskEnvelope envelope;
  envelope.work.workload = {"text", 1};
  other.envelope = codec::to_bytes(envelope);
  const auto changed = bench.hear(broker_b, other);
  EXPECT_EQ(changed.stops.size(), 1U);
  EXPECT_EQ(changed.starts.size(), 1U);
  // What comes late of the first lease changes nothing.
  const auto late = bench.hear(broker_b, grant_of(1, 2, 1));
  EXPECT_TRUE(late.sends.empty());
  EXPECT_TRUE(late.stops.empty());
}

TEST(Executor, RunsOnlyOnInputsOfTheNamedDigests_EX4) {
  Bench bench;
  const Bytes input = to_bytes("what the job names");
  TaskEnvelope envelope;
  envelope.work.workload = {"blake3", 1};
  envelope.inputs.push_back({input.size(), crypto::tree_root(input), ""});
  LeaseGrant grant = grant_of(1, 1, 1);
  grant.envelope = codec::to_bytes(envelope);
  const auto asked = told<InputAsk>(bench.hear(broker_a, grant));
  ASSERT_EQ(asked.size(), 1U);
  const Bytes half(input.begin(), input.begin() + 5);
  const Bytes rest(input.begin() + 5, input.end());
  EXPECT_TRUE(bench.hear(broker_a, InputPiece{grant.key, 0, 0, false, half}).starts.empty());
  // A piece that comes again, or too early, is none.
  EXPECT_TRUE(bench.hear(broker_a, InputPiece{grant.key, 0, 0, false, half}).starts.empty());
  const auto started = bench.hear(broker_a, InputPiece{grant.key, 0, 5, false, rest});
  ASSERT_EQ(started.starts.size(), 1U);
  EXPECT_EQ(started.starts.front().input_bytes.front(), input);

  LeaseGrant other = grant_of(2, 1, 2);
  other.envelope = grant.envelope;
  static_cast<void>(bench.hear(broker_a, other));
  Bytes forged = input;
  forged.back() = std::byte{0};
  const auto refused = bench.hear(broker_a, InputPiece{other.key, 0, 0, false, forged});
  EXPECT_TRUE(refused.starts.empty());
  const auto results = told<TaskResult>(refused);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results.front().end, TaskEnd::Failed);
}

TEST(Executor, TellsAResultUntilItIsSeenSignedForTheLeaseThatAsks_EX5) {
  Bench bench;
  const auto started = bench.hear(broker_a, grant_of(1, 1, 7));
  const Bytes output = to_bytes("output");
  const auto first = told<TaskResult>(bench.end(started.starts.front().id, output));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(ledger::is_signed(first.front().receipt));
  EXPECT_EQ(first.front().receipt.lease, (LeaseId{7, 1}));
  EXPECT_EQ(first.front().receipt.result_hash, builtin::output_digest(output));
  EXPECT_EQ(told<TaskResult>(bench.wait(1'000)).size(), 1U);
  const auto adopted = told<TaskResult>(bench.hear(broker_b, grant_of(1, 2, 3)));
  ASSERT_EQ(adopted.size(), 1U);
  EXPECT_EQ(adopted.front().receipt.lease, (LeaseId{3, 2}));
  EXPECT_TRUE(ledger::is_signed(adopted.front().receipt));
  const auto pieces = told<OutputPiece>(bench.hear(broker_b, OutputAsk{grant_of(1, 2, 3).key, 2}));
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(as_text(pieces.front().bytes), "tput");
  static_cast<void>(bench.hear(broker_b, ResultSeen{grant_of(1, 2, 3).key, std::nullopt}));
  EXPECT_TRUE(told<TaskResult>(bench.wait(1'000)).empty());
  EXPECT_EQ(bench.executor->figures().held, 0U);
}

TEST(Executor, WorkThatNobodyRenewsEnds_EX6) {
  Bench bench;
  ASSERT_EQ(bench.hear(broker_a, grant_of(1, 1, 1)).starts.size(), 1U);
  static_cast<void>(bench.wait(100'000));
  static_cast<void>(bench.hear(broker_a, Renewal{5'000, {{grant_of(1, 1, 1).key, 0}}}));
  EXPECT_TRUE(bench.wait(124'000).stops.empty());
  EXPECT_EQ(bench.wait(2'000).stops.size(), 1U);
  EXPECT_EQ(bench.executor->figures().held, 0U);
}

TEST(Executor, MembersOfAGangWaitForTheWord) {
  Bench bench;
  LeaseGrant grant = grant_of(1, 1, 1);
  grant.starts_now = false;
  EXPECT_TRUE(bench.hear(broker_a, grant).starts.empty());
  EXPECT_TRUE(bench.hear(broker_b, LeaseStart{grant.key}).starts.empty());
  EXPECT_EQ(bench.hear(broker_a, LeaseStart{grant.key}).starts.size(), 1U);
  EXPECT_TRUE(bench.hear(broker_a, LeaseStart{grant.key}).starts.empty());
}

TEST(Executor, OffersWhatOtherBrokersLeaveAndSignsIt) {
  Bench bench;
  bench.executor->set_brokers({broker_a, broker_b});
  ASSERT_EQ(bench.hear(broker_a, grant_of(1, 1, 1)).starts.size(), 1U);
  const auto offers = told<NodeOffer>(bench.wait(1'000));
  ASSERT_EQ(offers.size(), 2U);
  EXPECT_EQ(offers[0].cpu_milli, 2'000U);
  EXPECT_EQ(offers[1].cpu_milli, 1'000U);
  EXPECT_TRUE(is_signed(offers[0]));
  NodeOffer forged = offers[0];
  forged.cpu_milli = 64'000;
  EXPECT_FALSE(is_signed(forged));
}

}  // namespace
}  // namespace oort::compute
