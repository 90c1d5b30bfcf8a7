// SPDX-License-Identifier: Apache-2.0
// A node that catches up while others propose, and that comes back from a failed disk: what a
// quorum finalised is final there too.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kit.hpp"
#include "oort/chain/messages.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "records.hpp"

namespace oort::chain::test {
namespace {

constexpr sim::LinkOptions slow_links{.delay_min = 1ms, .delay_max = 20ms};

std::string refusal_of(ChainWorld& net, std::size_t index) {
  std::optional<Diagnosis> diagnosis;
  net.chain(index).diagnose([&](Diagnosis done) { diagnosis = std::move(done); });
  EXPECT_TRUE(net.run_until([&] { return diagnosis.has_value(); }, 5s));
  return diagnosis ? diagnosis->voting_refused : "no answer";
}

/// Blocks that any machine of this process could not find valid.
double refused_count() {
  constexpr std::string_view name = "\noort_chain_proposals_refused_total ";
  const std::string page = metrics::render();
  const auto at = page.find(name);
  return at == std::string::npos ? 0 : std::stod(page.substr(at + name.size()));
}

/// Expects that the machine is with the others again, and that its vote counts: without it and
/// without another there would be no quorum.
void expect_voter(ChainWorld& net, std::size_t index, std::size_t other) {
  ASSERT_TRUE(net.run_until([&] { return net.height(index) + 2 >= net.height(0); }, 30s))
      << net.height(index) << " of " << net.height(0) << ", " << refusal_of(net, index);
  EXPECT_EQ(refusal_of(net, index), "");
  net.crash(other);
  const std::uint64_t before = net.height(0);
  EXPECT_TRUE(net.run_until([&] { return net.height(0) > before + 5; }, 30s))
      << refusal_of(net, index);
  net.start(other);
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(before + 30); }, 30s));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(refusal_of(net, i), "") << "machine " << i;
}

TEST(CatchUp, WhatIsBeingStoredIsNoOtherState_B8) {
  const double refused = refused_count();
  for (std::uint64_t seed = 200; seed < 206; ++seed) {
    ChainWorld net(seed, 4, 4, slow_links);
    net.commit_gap = 15ms;
    net.start_all();
    ASSERT_TRUE(net.run_until([&] { return net.all_reached(5); }));
    net.crash(2);
    ASSERT_TRUE(net.run_until([&] { return net.height(0) >= 40; }, 60s));
    net.start(2);
    expect_voter(net, 2, 3);
    net.expect_agreement();
    EXPECT_EQ(refused_count(), refused) << "nobody proposed anything wrong";
    if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(CatchUp, AFailedCommitStopsTheNodeAndItComesBack_B8) {
  const double refused = refused_count();
  for (std::uint64_t seed = 210; seed < 214; ++seed) {
    ChainWorld net(seed, 4, 4, slow_links);
    net.commit_gap = 15ms;
    net.start_all();
    for (std::uint64_t operations = 20; operations < 40; operations += 4) {
      net.nodes[2]->disk().die_after(operations, [&] { net.crash(2); });
      ASSERT_TRUE(net.run_until([&] { return !net.is_up(2); }, 20s));
      // The others are far ahead, and still propose while it catches up.
      const std::uint64_t before = net.height(0);
      ASSERT_TRUE(net.run_until([&] { return net.height(0) > before + operations; }, 30s));
      net.start(2);
      expect_voter(net, 2, 1);
    }
    net.expect_agreement();
    EXPECT_EQ(refused_count(), refused) << "nobody proposed anything wrong";
    if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(CatchUp, ForksAndLossesRefuseNothingThatIsFinal_B8) {
  const double refused = refused_count();
  for (std::uint64_t seed = 220; seed < 226; ++seed) {
    ChainWorld net(seed, 4, 4,
                   {.delay_min = 1ms, .delay_max = 40ms, .loss_ppm = 80'000, .is_ordered = false});
    net.commit_gap = 15ms;
    net.start_all();
    for (int round = 0; round < 6; ++round) {
      const std::size_t victim = net.world.random().below(4);
      net.network.links().partition({victim == 0, victim == 1, victim == 2, victim == 3});
      net.world.run_for(Duration(net.world.random().below(3'000'000'000)));
      net.network.links().heal();
      net.world.run_for(Duration(net.world.random().below(500'000'000)));
    }
    const std::uint64_t target = net.height(0) + 20;
    ASSERT_TRUE(net.run_until([&] { return net.all_reached(target); }, 60s)) << "seed " << seed;
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(refusal_of(net, i), "") << "seed " << seed;
    EXPECT_EQ(refused_count(), refused) << "nobody proposed anything wrong";
    net.expect_agreement();
  }
}

TEST(CatchUp, BlocksOfANodeThatCaughtUpItselfAreOfUse_B3) {
  ChainWorld net(230, 6, 4);
  for (std::size_t i = 0; i < 4; ++i) net.start(i);
  net.start(5);
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(100); }, 60s));
  net.crash(5);
  ASSERT_TRUE(net.run_until([&] { return net.height(0) >= 600; }, 120s));
  // It holds a certificate for each of the replies that it got, and for no block between.
  net.start(4);
  ASSERT_TRUE(net.run_until([&] { return net.height(4) + 2 >= net.height(0); }, 30s));
  net.network.links().partition({0, 0, 0, 0, 1, 1});
  net.start(5);
  ASSERT_TRUE(net.run_until([&] { return net.height(5) >= 590; }, 30s)) << net.height(5);
  net.network.links().heal();
  ASSERT_TRUE(net.run_until([&] { return net.height(5) + 2 >= net.height(0); }, 30s));
  net.expect_agreement();
}

/// Has what node 0 has, and proves each reply by the certificate of a far block.
class Terse final : public sim::Program {
 public:
  Terse(sim::Node& node, ChainWorld& net, Height far)
      : node_(node), net_(net), far_(far), transport_(net.network.attach(node)) {
    transport_->on_request(
        env::message_range::chain,
        [this](NodeId, env::MessageType type, Bytes payload, Callback<Result<Bytes>> reply) {
          if (type != wire::blocks) {
            return reply(fail(ErrorCode::NotFound, reason::not_found, "no"));
          }
          const auto asked = codec::from_bytes<wire::BlocksRequest>(payload);
          reply(codec::to_bytes(answer(asked.value().from)));
        });
    tell();
  }

 private:
  void tell() {
    const Bytes status = codec::to_bytes(wire::Status{Height(net_.height(0)), true});
    static_cast<void>(
        transport_->send(node_id_of(3), env::TrafficClass::Bulk, wire::status, status));
    node_.timers().after(100ms, [this] { tell(); });
  }
  [[nodiscard]] wire::BlocksReply answer(Height from) {
    const env::KvStore& store = net_.program(0)->store();
    wire::BlocksReply reply;
    Height height = from;
    for (; height.value() < from.value() + 40; height = height.next()) {
      reply.proposals.push_back(*records::read_block(store, height).value()->message);
    }
    for (; height <= far_; height = height.next()) {
      reply.beyond.push_back(records::read_block(store, height).value()->header);
    }
    const Height last(height.value() - 1);
    reply.certificate = records::read<consensus::Certificate>(store, records::certificate_key(last))
                            .value()
                            .value();
    return reply;
  }
  sim::Node& node_;
  ChainWorld& net_;
  Height far_;
  std::unique_ptr<env::Transport> transport_;
};

TEST(CatchUp, AFarCertificateProvesManyBlocksAndIsKept_B3) {
  ChainWorld net(231, 5, 4);
  for (std::size_t i = 0; i < 4; ++i) net.start(i);
  ASSERT_TRUE(net.run_until([&] { return net.all_reached(10); }));
  net.crash(3);
  ASSERT_TRUE(net.run_until([&] { return net.height(0) >= 400; }, 120s));
  constexpr Height far(300);
  net.nodes[4]->set_program(
      [&](sim::Node& node) { return std::make_unique<Terse>(node, net, far); });
  net.network.links().partition({0, 0, 0, 1, 1});
  net.start(4);
  net.start(3);
  ASSERT_TRUE(net.run_until([&] { return net.height(3) >= 310; }, 30s)) << net.height(3);
  const auto kept =
      records::read<consensus::Certificate>(net.program(3)->store(), records::certificate_key(far));
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->has_value()) << "others would find no certificate here for long";
  net.nodes[4]->crash();
}

}  // namespace
}  // namespace oort::chain::test
