// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "kit.hpp"
#include "oort/consensus/evidence.hpp"
#include "oort/ledger/keys.hpp"

namespace oort::chain::test {
namespace {

/// A validator that votes for two blocks in one view, and does nothing else.
class DoubleVoter final : public sim::Program {
 public:
  DoubleVoter(sim::Node& node, sim::SimNetwork& network, const TrustRoot& root, std::size_t index,
              View view)
      : transport_(network.attach(node)) {
    for (const auto block : {std::uint8_t{1}, std::uint8_t{2}}) {
      const Bytes vote = codec::to_bytes(vote_of(root, index, view, block));
      for (const consensus::Validator& validator : root.validators.validators()) {
        if (validator.node == node.id()) continue;
        static_cast<void>(transport_->send(validator.node, env::TrafficClass::Consensus,
                                           consensus::message::vote, vote));
      }
    }
  }

 private:
  std::unique_ptr<env::Transport> transport_;
};

std::vector<ledger::Evidence> records_at(ChainWorld& net, std::size_t index) {
  const FinalViewRef view = net.chain(index).view();
  return ledger::View(view->state()).faults({}, 100);
}

/// Runs until every live machine but `offender` holds a record.
bool recorded_everywhere(ChainWorld& net, std::size_t offender) {
  return net.run_until([&] {
    for (std::size_t i = 0; i < net.nodes.size(); ++i) {
      if (i != offender && net.is_up(i) && records_at(net, i).empty()) return false;
    }
    return true;
  });
}

View newest_view(ChainWorld& net, std::size_t index) {
  std::optional<View> view;
  net.chain(index).head(
      [&](const Result<FinalHeaders>& head) { view = head->headers.back().view; });
  EXPECT_TRUE(net.run_until([&] { return view.has_value(); }, 5s));
  return *view;
}

/// Starts all machines but `offender`, and then one in its place that votes twice.
void let_one_vote_twice(ChainWorld& net, const TrustRoot& root, std::size_t offender) {
  for (std::size_t i = 0; i < net.nodes.size(); ++i) {
    if (i != offender) net.start(i);
  }
  ASSERT_TRUE(net.run_until([&] { return net.height(0) >= 10; }));
  const View view(newest_view(net, 0).value() + 2);
  net.nodes[offender]->set_program([&net, &root, offender, view](sim::Node& node) {
    return std::make_unique<DoubleVoter>(node, net.network, root, offender, view);
  });
  net.start(offender);
}

TEST(ChainEvidence, ADoubleVoteBecomesOneRecordEverywhere_B7) {
  ChainWorld net(31);
  const TrustRoot root = TrustRoot::of(net.genesis).value();
  std::size_t reports_count = 0;
  std::size_t accepted_count = 0;
  let_one_vote_twice(net, root, 3);
  net.chain(0).subscribe(Height(1), [&](const FinalBlockRef& block) {
    reports_count += block->transactions.size();
    for (const ledger::Receipt& receipt : block->receipts) {
      for (const ledger::OperationReceipt& operation : receipt.operations) {
        accepted_count += static_cast<std::size_t>(
            std::ranges::count_if(operation.events, [](const ledger::Event& event) {
              return std::holds_alternative<ledger::EvidenceAccepted>(event);
            }));
      }
    }
  });
  ASSERT_TRUE(recorded_everywhere(net, 3));
  net.world.run_for(10s);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto records = records_at(net, i);
    ASSERT_EQ(records.size(), 1U) << "machine " << i;
    EXPECT_EQ(records[0].offender, node_id_of(3));
    EXPECT_EQ(records[0].kind, static_cast<std::uint16_t>(consensus::EvidenceKind::DoubleNotarize));
    EXPECT_EQ(records, records_at(net, 0));
    const ledger::View state(net.chain(i).view()->state());
    EXPECT_EQ(state.node(node_id_of(3))->status, ledger::NodeStatus::Active);
  }
  EXPECT_EQ(accepted_count, 1U);
  EXPECT_EQ(reports_count, 1U) << "all three found it, and one of them brought it";
  net.nodes[3]->crash();
  net.expect_agreement();
}

TEST(ChainEvidence, TheNextInTurnBringsItWhenTheFirstIsDown_B7) {
  ChainWorld net(32, 7, 7);
  const TrustRoot root = TrustRoot::of(net.genesis).value();
  const std::size_t offender = 6;
  const ValidatorIndex place = root.validators.index_of(node_id_of(offender)).value();
  const auto after = [&](unsigned steps) {
    const ValidatorIndex index(static_cast<std::uint16_t>((place.value() + steps) % 7));
    return root.validators[index].node;
  };
  std::size_t first = 0;
  while (node_id_of(first) != after(1)) ++first;
  ASSERT_NE(first, 0U) << "machine 0 is watched, so it stays up";
  net.network.set_filter([&, first](const sim::FrameOnWire& frame) { return frame.from != first; });
  let_one_vote_twice(net, root, offender);
  ASSERT_TRUE(net.run_until([&] { return !records_at(net, 0).empty(); }));
  EXPECT_EQ(records_at(net, 0)[0].reporter, crypto::account_of(crypto::key_of(after(2))));
}

TEST(ChainEvidence, OnlyWhatIsSignedHereAndContradictsItselfCounts) {
  ChainWorld net(33);
  net.start_all();
  ASSERT_TRUE(net.run_until([&] { return net.height(0) >= 10; }));
  const TrustRoot root = TrustRoot::of(net.genesis).value();
  const View view(5);
  const auto send = [&](const consensus::Evidence& evidence) {
    const TransactionId id = net.submit(
        1, net.transaction_of(0, {{ledger::EvidenceSubmit{codec::to_bytes(evidence)}, {}}}));
    EXPECT_TRUE(net.run_until([&] { return net.acknowledged.contains(id); }));
    return net.acknowledged.at(id).receipt.operations.at(0).rejection;
  };
  const consensus::Vote first = vote_of(root, 2, view, 1);
  const consensus::Vote second = vote_of(root, 2, view, 2);
  const consensus::Evidence good = consensus::contradiction(first, second).value();

  consensus::Evidence bad = good;
  bad.votes[1].signature.mutable_view()[0] ^= std::byte{1};
  EXPECT_EQ(send(bad), ledger::Rejection::EvidenceInvalid) << "a signature is not the validator's";
  bad = good;
  bad.votes[1] = bad.votes[0];
  EXPECT_EQ(send(bad), ledger::Rejection::EvidenceInvalid) << "one vote twice";
  bad = good;
  bad.votes[1] = vote_of(root, 1, view, 2);
  EXPECT_EQ(send(bad), ledger::Rejection::EvidenceInvalid) << "two validators";
  ChainId other = root.chain;
  other.mutable_view()[0] ^= std::byte{1};
  bad = consensus::contradiction(vote_of(root, 2, view, 1, other), vote_of(root, 2, view, 2, other))
            .value();
  EXPECT_EQ(send(bad), ledger::Rejection::EvidenceInvalid) << "votes on another chain";
  const View ahead(1'000'000);
  bad = consensus::contradiction(vote_of(root, 2, ahead, 1), vote_of(root, 2, ahead, 2)).value();
  EXPECT_EQ(send(bad), ledger::Rejection::EvidenceOutsideWindow);

  EXPECT_EQ(send(good), ledger::Rejection::None);
  EXPECT_EQ(send(good), ledger::Rejection::EvidenceKnown);
  const auto again = consensus::contradiction(first, vote_of(root, 2, view, 3)).value();
  EXPECT_EQ(send(again), ledger::Rejection::EvidenceKnown) << "another proof of the same fault";
  EXPECT_EQ(records_at(net, 1).size(), 1U);
}

}  // namespace
}  // namespace oort::chain::test
