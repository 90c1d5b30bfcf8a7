// SPDX-License-Identifier: Apache-2.0
#include "honesty_driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "honesty_town.hpp"
#include "oort/codec/codec.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/honesty/explain.hpp"
#include "oort/ledger/honesty_operations.hpp"
#include "oort/object/shard_work.hpp"

namespace oort::node::test {
namespace {

constexpr std::size_t saboteur = 1;

TEST(HonestyDriver, EveryNodePostsOneRootARound_D1) {
  Town town;
  town.run_to_round(4);
  for (std::uint64_t round = 1; round < 4; ++round) {
    EXPECT_EQ(town.view().round(round)->nodes_count, 8U) << round;
  }
  EXPECT_EQ(town.refused_count, 0U);
}

TEST(HonestyDriver, ARestartPostsTheSameRootOrNone_D1) {
  Town town;
  town.run_to_round(2);
  // The root is asked for and not in a block yet.
  town.world().run_for(std::chrono::milliseconds(50));
  town.resident(0).restart();
  town.resident(0).block();
  town.run_blocks(3);
  const auto posted = town.view().posting(2, town.resident(0).id());
  ASSERT_TRUE(posted);
  town.resident(0).restart();
  town.run_blocks(3);
  EXPECT_EQ(town.view().posting(2, town.resident(0).id()), posted);
  town.run_to_round(3);
  EXPECT_EQ(town.view().round(2)->nodes_count, 8U);
}

TEST(HonestyDriver, HonestHoldersPassAndNobodyIsAccused_D2) {
  Town town;
  town.run_to_round(6);
  EXPECT_EQ(town.refused_count, 0U);
  EXPECT_TRUE(town.view().cases(Bytes32(), 100).empty());
  for (std::size_t i = 0; i < Town::holders_count; ++i) {
    const auto standing = town.view().standing(town.resident(i).id());
    EXPECT_GT(standing.counters.passed_micro, 0U) << i;
    EXPECT_EQ(standing.counters.failed_micro, 0U) << i;
  }
}

TEST(HonestyDriver, WhoServesWrongBytesIsConvictedAndNobodyElse_D2_D3) {
  Town town;
  town.resident(saboteur).lies = true;
  town.run_to_round(7);
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
}

TEST(HonestyDriver, ARestartLosesNoBaitThatIsOut_D1_D2) {
  Town town;
  town.run_to_round(4);
  town.resident(saboteur).lies = true;
  town.run_blocks(25);
  for (std::size_t i = 0; i < 8; ++i) town.resident(i).restart();
  town.run_to_round(6);
  // After the restart nobody has seen enough live reads to mint, so these are of the round before.
  const auto cases = town.view().cases(Bytes32(), 100);
  ASSERT_FALSE(cases.empty());
  for (const ledger::CaseRecord& one : cases) EXPECT_EQ(one.reveal.epoch, Epoch(4));
  town.run_to_round(8);
  EXPECT_FALSE(town.verdicts(saboteur).empty());
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_TRUE(i == saboteur || town.verdicts(i).empty()) << i;
  }
}

TEST(HonestyDriver, APanelThatIsToldNoTaskConvictsNobody_D4) {
  Town town;
  town.resident(saboteur).lies = true;
  for (std::size_t i = 0; i < 8; ++i) town.resident(i).is_mute = true;
  town.run_to_round(8);
  EXPECT_FALSE(town.view().cases(Bytes32(), 100).empty());
  for (std::size_t i = 0; i < 8; ++i) EXPECT_TRUE(town.verdicts(i).empty()) << i;
  EXPECT_EQ(town.view()
                .evidence(town.view().cases(Bytes32(), 1).front().court.id)
                ->rounds.front()
                .seats.front()
                ->answer.result_hash,
            no_result(town.view().cases(Bytes32(), 1).front().court.id));
}

TEST(HonestyDriver, ATaskIsToldToNobodyBeforeItsCase_D3) {
  Town town;
  town.run_to_round(4);
  bool is_told = false;
  town.resident(0).request(town.resident(1).id(), env::TrafficClass::Bulk, honesty_message::task,
                           Bytes(32), Duration(1),
                           [&](const Result<Bytes>& told) { is_told = told.has_value(); });
  EXPECT_FALSE(is_told);
}

TEST(HonestyDriver, AuditsAreAnsweredAndSilenceIsFound_D5) {
  Town town({.audit_every_blocks = 2});
  town.run_to_round(3);
  EXPECT_GT(town.view().state()->audits_count, 10U);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_TRUE(town.verdicts(i).empty()) << i;
  town.resident(saboteur).is_silent = true;
  town.run_to_round(9);
  const auto proven = town.verdicts(saboteur);
  const auto is_lost = [](const ledger::HonestyVerdict& one) {
    return one.offence == ledger::Offence::MissedAudit;
  };
  EXPECT_TRUE(std::ranges::any_of(proven, is_lost));
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_TRUE(i == saboteur || town.verdicts(i).empty()) << i;
  }
}

TEST(OrderedReads, EveryReadOfARoundIsOrderedAlike_B1) {
  Town town;
  town.run_to_round(2);
  std::set<Bytes32> tasks;
  std::vector<object::ReadShard> seen;
  class Watch final : public object::ShardClient {
   public:
    explicit Watch(std::vector<object::ReadShard>& seen) : seen_(seen) {}
    void append(const NodeId&, object::AppendShard, Duration,
                Callback<Result<object::AppendShardReply>>) override {}
    void stat(const NodeId&, object::StatShard, Duration,
              Callback<Result<object::StatShardReply>>) override {}
    void remove(const NodeId&, object::RemoveShard, Duration,
                Callback<Result<object::RemoveShardReply>>) override {}
    void read(const NodeId&, object::ReadShard request, Duration,
              Callback<Result<object::ReadShardReply>>) override {
      seen_.push_back(request);
    }

   private:
    std::vector<object::ReadShard>& seen_;
  } watch(seen);
  sim::Node machine(town.world(), 99, NodeId());
  OrderedReads reads(watch, machine.random());
  int live_count = 0;
  reads.listen([&](const object::ReadShard&, Duration) { ++live_count; });
  reads.read(NodeId(), {}, Duration(1), [](const Result<object::ReadShardReply>&) {});
  EXPECT_FALSE(seen.back().order) << "no round runs";
  reads.set_round(Epoch(3));
  for (int i = 0; i < 3; ++i) {
    reads.read(NodeId(), {}, Duration(1), [](const Result<object::ReadShardReply>&) {});
    EXPECT_EQ(seen.back().order->round, Epoch(3));
    tasks.insert(seen.back().order->task);
  }
  EXPECT_EQ(tasks.size(), 3U);
  EXPECT_EQ(live_count, 3);
  object::ReadShard bait;
  bait.order = object::ReadOrder{Epoch(3), Bytes32()};
  reads.read(NodeId(), bait, Duration(1), [](const Result<object::ReadShardReply>&) {});
  EXPECT_EQ(seen.back(), bait);
  EXPECT_EQ(live_count, 3) << "a bait is no live work";
}

TEST(StorageReads, ABaitAsksAsALiveReadAndNeverTwice_B2_B3) {
  Town town;
  StorageReads source(town.resident(0));
  sim::Node machine(town.world(), 99, NodeId());
  source.set_round(Epoch(3));
  source.know({town.segment(), 1, town.record().shards[1], town.shard(1)});
  EXPECT_FALSE(source.mint({}, machine.random())) << "no live read was seen";
  std::set<std::pair<std::uint64_t, std::uint32_t>> live;
  for (std::uint64_t i = 0; i < 10; ++i) {
    object::ReadShard request;
    request.offset = 4096 * i;
    request.size = static_cast<std::uint32_t>(1000 + i);
    request.proof = object::proof_for(request.size);
    live.emplace(request.offset, request.size);
    source.saw(request, machine.random());
  }
  std::set<Bytes32> given;
  for (int i = 0; i < 20; ++i) {
    const auto minted = source.mint({}, machine.random());
    if (!minted) continue;
    EXPECT_TRUE(given.insert(minted->input_root).second);
    const BaitRead* const read = source.find(minted->input_root);
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->node, town.resident(1).id());
    EXPECT_TRUE(live.contains({read->request.offset, read->request.size}));
    EXPECT_EQ(read->request.proof, object::ReadProof::Paths);
    EXPECT_EQ(object::true_result_of(read->request, town.shard(1)), minted->answer);
  }
  EXPECT_GT(given.size(), 5U);
  source.set_round(Epoch(4));
  EXPECT_TRUE(source.mint({}, machine.random())) << "another round";
  source.forget_before(Epoch(5));
  EXPECT_TRUE(source.given().empty());

  ledger::Shard moved = town.record().shards[1];
  ++moved.generation;
  StorageReads stale(town.resident(0));
  stale.saw({}, machine.random());
  stale.know({town.segment(), 1, moved, town.shard(1)});
  EXPECT_FALSE(stale.mint({}, machine.random()));
  EXPECT_EQ(stale.known_count(), 0U);
}

TEST(HonestyMemory, HasOneLayoutWhichIsFrozen_D1) {
  HonestyMemory memory;
  memory.agent = to_bytes("agent");
  object::ReadShard request;
  request.size = 7;
  memory.reads.push_back({Epoch(3), NodeId(), request});
  const Bytes bytes = codec::to_bytes(memory);
  EXPECT_EQ(codec::from_bytes<HonestyMemory>(bytes).value(), memory);
  EXPECT_EQ(crypto::blake3(bytes).hex(),
            "ed96885d3f11706ce83556f42758d0ced51701903a9462b82670f246dfeb43d4");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(codec::from_bytes<HonestyMemory>(ByteView(bytes).first(size)));
  }
}

}  // namespace
}  // namespace oort::node::test
