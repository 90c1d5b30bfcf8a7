// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/federated.hpp"
#include "oort/compute/job_request.hpp"
#include "oort/compute/offer.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::compute {
namespace {

template <class Id>
Id id_of(std::uint8_t first) {
  Id id;
  for (std::size_t i = 0; i < Id::size_bytes; ++i) {
    id.mutable_view()[i] = static_cast<std::byte>(first + i);
  }
  return id;
}

LeaseKey key() { return {id_of<JobId>(1), 2, 3, 4, 5, 6}; }

NodeOffer offer() {
  NodeOffer offer;
  offer.chain = id_of<ChainId>(1);
  offer.node = id_of<NodeId>(2);
  offer.incarnation = 3;
  offer.sequence = 4;
  offer.valid_ms = 5;
  offer.region = "eu";
  offer.network = 6;
  offer.fabric = 7;
  offer.devices.push_back({{"H200", 143'771, 1}, "GPU-1", 90, "570.1"});
  offer.cpu_milli = 8;
  offer.memory_mib = 9;
  offer.disk_mib = 10;
  offer.network_mbps = 11;
  offer.architecture = Architecture::Arm64;
  offer.tiers = 3;
  offer.data_class = DataClass::Bonded;
  offer.ask_per_gpu = 12;
  offer.ask_per_core = 13;
  offer.available_until = {14};
  offer.signature = id_of<Signature>(15);
  return offer;
}

TaskEnvelope envelope() {
  TaskEnvelope envelope;
  envelope.task = id_of<TaskId>(9);
  envelope.work.workload = {"blake3", 1};
  envelope.work.parameters = to_bytes("parameters");
  envelope.inputs.push_back({42, id_of<TreeRoot>(7), ""});
  envelope.walltime_ms = 1'000;
  return envelope;
}

LeaseGrant grant() {
  LeaseGrant grant{key(), 10'000, false, 2, 1, 3, 1'000, 512, 64, 99, 500, {}, to_bytes("saved")};
  grant.envelope = codec::to_bytes(envelope());
  return grant;
}

TaskResult result() {
  TaskResult result;
  result.key = key();
  result.end = TaskEnd::Failed;
  result.run_ms = 7;
  result.output_bytes = 8;
  result.receipt.chain = id_of<ChainId>(1);
  result.receipt.epoch = Epoch(2);
  result.receipt.lease = {6, 4};
  result.receipt.resources.cpu_ms = 5;
  result.receipt.executor = id_of<NodeId>(3);
  result.detail = "why";
  return result;
}

JournalEntry journal_entry() {
  JournalEntry entry;
  entry.kind = JournalEntry::Kind::Closed;
  entry.executor = id_of<NodeId>(3);
  entry.replica = 1;
  entry.line.lease = {6, 4};
  entry.line.task = 2;
  entry.line.attempt = 5;
  entry.line.pay = ledger::Units(77);
  entry.receipt = id_of<Bytes32>(8);
  return entry;
}

/// Reads what it wrote, in its own words, whatever is cut off or added; and gives its frozen name.
template <class Message>
std::string checked(const Message& message) {
  const Bytes bytes = message_bytes(message);
  const auto again = message_from<Message>(bytes);
  EXPECT_TRUE(again && *again == message);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(message_from<Message>(ByteView(bytes).first(size)));
  }
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(message_from<Message>(longer));
  Bytes later = bytes;
  later.front() = std::byte{2};
  EXPECT_FALSE(message_from<Message>(later));
  return crypto::blake3(bytes).short_hex();
}

TEST(ComputeMessages, AreReadAsWrittenAndAreFrozen_CM1) {
  EXPECT_EQ(checked(offer()), "55d6675a");
  EXPECT_EQ(checked(grant()), "24d34840");
  EXPECT_EQ(checked(LeaseAnswer{key(), 1, 2, Refusal::NoCapacity}), "500ddb12");
  EXPECT_EQ(checked(LeaseStart{key()}), "067a7ed2");
  EXPECT_EQ(checked(Heartbeat{1, 2, {{key(), TaskPhase::Running, 3, 4}}}), "e919be2b");
  EXPECT_EQ(checked(Renewal{1, {{key(), 2}}}), "6e3d7ea6");
  EXPECT_EQ(checked(LeaseStop{key(), 9}), "fd46bf4f");
  EXPECT_EQ(checked(result()), "61a11041");
  EXPECT_EQ(checked(ResultSeen{key(), ledger::Voucher()}), "766e2e45");
  EXPECT_EQ(checked(InputAsk{key(), 1, 2}), "35368d5c");
  EXPECT_EQ(checked(InputPiece{key(), 1, 2, true, to_bytes("x")}), "68d9c84e");
  EXPECT_EQ(checked(OutputAsk{key(), 2}), "0dec68dd");
  EXPECT_EQ(checked(OutputPiece{key(), 2, to_bytes("y")}), "977f48ac");
  EXPECT_EQ(checked(TaskCheckpoint{key(), 3, to_bytes("z")}), "3b08a0e2");
  EXPECT_EQ(checked(LogPiece{key(), 4, to_bytes("log")}), "2998bb62");
  EXPECT_EQ(checked(Adopt{id_of<JobId>(1), 2}), "4ddb0800");
  EXPECT_EQ(checked(Holding{id_of<JobId>(1), 2, {{key(), TaskPhase::Over, 1, 2}}}), "504381de");
  EXPECT_EQ(checked(SpecCopy{id_of<JobId>(1), to_bytes("spec"), id_of<AccountId>(2)}), "73bdf022");
  EXPECT_EQ(checked(SpecAsk{id_of<JobId>(1)}), "d43a350e");
  EXPECT_EQ(checked(SpecHeld{id_of<JobId>(1)}), "d43a350e");
  EXPECT_EQ(checked(JournalCopy{id_of<JobId>(1), 2, 3, {journal_entry()}}), "bf7e9fb0");
  EXPECT_EQ(checked(JournalHeld{id_of<JobId>(1), 2, 3}), "43cdfbb4");
}

TEST(ComputeMessages, SignedAndStoredBytesAreFrozen) {
  EXPECT_EQ(sign_hash(offer()).short_hex(), "296937a4");
  EXPECT_EQ(ledger::task_commitment(codec::to_bytes(envelope())).short_hex(), "8d8b01fe");
  EXPECT_EQ(inputs_root(envelope().inputs).short_hex(), "20934729");
  EXPECT_EQ(crypto::blake3(codec::to_bytes(journal_entry())).short_hex(), "d389e71f");
}

TEST(ComputeMessages, OfTwoLeasesTheOneOfTheLaterBrokerIsNewer) {
  LeaseKey older = key();
  LeaseKey newer = key();
  newer.number = 7;
  EXPECT_TRUE(is_newer(newer, older));
  EXPECT_FALSE(is_newer(older, newer));
  older.broker_epoch = 5;
  EXPECT_TRUE(is_newer(older, newer));
}

ledger::JobSpec array_of(std::uint32_t count) {
  ledger::JobSpec spec;
  spec.work = ledger::BuiltinWork{"blake3", 1, {}};
  spec.array_count = count;
  spec.walltime_ms = 1'000;
  spec.any_of.emplace_back();
  for (int i = 0; i < 5; ++i) {
    spec.inputs.push_back({"s3://bucket/" + std::to_string(i), 1, id_of<TreeRoot>(1), ""});
  }
  spec.outputs.push_back({"s3://bucket/out", ""});
  return spec;
}

TEST(ComputeTasks, AnEnvelopeSaysNothingOfThePayer_CM2) {
  const ledger::JobSpec spec = array_of(2);
  const Bytes bytes = codec::to_bytes(envelope_of(id_of<JobId>(1), spec, 1));
  EXPECT_EQ(as_text(bytes).find("bucket"), std::string_view::npos);
  EXPECT_NE(envelope_of(id_of<JobId>(1), spec, 0).task, envelope_of(id_of<JobId>(1), spec, 1).task);
}

TEST(ComputeTasks, ShareInputsAndOutputsAsTheSpecificationSays) {
  EXPECT_EQ(inputs_of(array_of(2), 1), (std::vector<std::uint32_t>{1, 3}));
  EXPECT_EQ(inputs_of(array_of(1), 0).size(), 5U);
  EXPECT_EQ(output_uri(array_of(1), 0), "s3://bucket/out");
  EXPECT_EQ(output_uri(array_of(2), 1), "s3://bucket/out/1");
  const std::vector<Bytes32> one{id_of<Bytes32>(4)};
  EXPECT_EQ(job_output(one), one.front());
}

TEST(ComputeTasks, MembersOfAPoolHaveTheStateAndRowsOfTheirOwn) {
  ledger::JobSpec spec = array_of(1);
  spec.work =
      ledger::BuiltinWork{"train_local", 1, codec::to_bytes(builtin::LocalParameters{{}, 0})};
  spec.gang_min = spec.gang_max = 4;
  EXPECT_TRUE(check_feasible(spec).has_value());
  EXPECT_EQ(inputs_of(spec, 3), (std::vector<std::uint32_t>{0, 4}));
  const auto envelope = envelope_of(id_of<JobId>(1), spec, 3);
  EXPECT_EQ(envelope.inputs.size(), 2U);
  EXPECT_EQ(codec::from_bytes<builtin::LocalParameters>(envelope.work.parameters).value().member,
            3U);
  EXPECT_EQ(output_uri(spec, 3), "s3://bucket/out/3");
  spec.inputs.pop_back();
  EXPECT_EQ(check_feasible(spec).error().reason(), reason::bad_argument);
}

ledger::JobSpec containers_of(std::uint32_t count) {
  ledger::JobSpec spec = array_of(count);
  spec.work = ledger::ContainerWork{"s3://bucket/image", {}, {"/bin/tool"}, {}};
  spec.inputs.push_back({"s3://bucket/image", 1, id_of<TreeRoot>(2), ""});
  return spec;
}

TEST(ComputeTasks, EveryContainerHasTheImageLast) {
  EXPECT_EQ(inputs_of(containers_of(1), 0), (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(inputs_of(containers_of(2), 0), (std::vector<std::uint32_t>{0, 2, 4, 5}));
  EXPECT_EQ(inputs_of(containers_of(2), 1), (std::vector<std::uint32_t>{1, 3, 5}));
  EXPECT_TRUE(check_feasible(containers_of(2)));
  EXPECT_EQ(request_of(JobId(), containers_of(1), {}).tier_min, IsolationTier::Launcher);
  ledger::JobSpec strict = containers_of(1);
  strict.tier_min = static_cast<std::uint8_t>(IsolationTier::MicroVm);
  EXPECT_EQ(request_of(JobId(), strict, {}).tier_min, IsolationTier::MicroVm);
}

TEST(ComputeTasks, ContainersThatNobodyCanRunAreRefused) {
  const auto refusal = [](auto&& spoil) {
    ledger::JobSpec spec = containers_of(1);
    spoil(spec);
    const auto checked = check_feasible(spec);
    return checked ? std::string("feasible") : checked.error().detail();
  };
  using ::testing::HasSubstr;
  EXPECT_EQ(refusal([](ledger::JobSpec&) {}), "feasible");
  EXPECT_THAT(refusal([](auto& spec) { std::swap(spec.inputs[0], spec.inputs[5]); }),
              HasSubstr("archive of the image, s3://bucket/image"));
  EXPECT_THAT(refusal([](auto& spec) { spec.inputs.clear(); }), HasSubstr("archive"));
  EXPECT_THAT(refusal([](auto& spec) { spec.gang_min = spec.gang_max = 2; }), HasSubstr("gang"));
  EXPECT_THAT(refusal([](auto& spec) { spec.any_of[0].gpu_count = 1; }), HasSubstr("graphics"));
  EXPECT_THAT(refusal([](auto& spec) { spec.outputs[0].path = "/etc/passwd"; }),
              HasSubstr("below /scratch/out/"));
  EXPECT_THAT(refusal([](auto& spec) { spec.work = ledger::WasmWork{}; }),
              HasSubstr("WebAssembly"));
}

TEST(ComputeTasks, OutputsOfContainersLieBelowOneFolder) {
  for (const char* path : {"/scratch/out/a", "/scratch/out/a/b.c", "/scratch/out/..."}) {
    EXPECT_TRUE(is_output_path(path)) << path;
  }
  for (const char* path :
       {"", "a", "/scratch/out", "/scratch/out/", "/scratch/out//a", "/scratch/out/a/",
        "/scratch/out/.", "/scratch/out/a/../b", "/scratch/outer/a"}) {
    EXPECT_FALSE(is_output_path(path)) << path;
  }
}

TEST(ComputeTasks, RunAsOftenAsTheConfidenceNeeds) {
  EXPECT_EQ(replicas_for(0, 0), 1U);
  EXPECT_EQ(replicas_for(900'000, 0), 1U);
  // A majority of three is wrong in 2.8 % where one in ten lies.
  EXPECT_EQ(replicas_for(972'000, 0), 3U);
  EXPECT_EQ(replicas_for(972'001, 0), 5U);
  EXPECT_EQ(replicas_for(991'440, 0), 5U);
  EXPECT_EQ(replicas_for(999'900, 0), 13U);
  EXPECT_EQ(replicas_for(999'900, 999'900'000), 1U);
  EXPECT_EQ(replicas_for(1'000'000, 0), std::nullopt);
}

TEST(ComputeTasks, PayIsRoundedUpAndEndsWithTheWalltime) {
  EXPECT_EQ(pay_for(3'600'000, 1, 10), 1U);
  EXPECT_EQ(pay_for(1, 1, 10), 1U);
  EXPECT_EQ(pay_for(3'600'000, 100, 10), 10U);
  EXPECT_EQ(pay_for(~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0}), ~std::uint64_t{0});
}

}  // namespace
}  // namespace oort::compute
