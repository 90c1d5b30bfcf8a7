// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "light_kit.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::chain::test {
namespace {

constexpr crypto::Context fingerprint_context{"oort.v1 golden test"};

template <class T>
std::string fingerprint(const T& value) {
  return crypto::hash(fingerprint_context, codec::to_bytes(value)).short_hex();
}

/// Proofs of a real block, and of what it holds.
struct Proofs {
  explicit Proofs(std::uint64_t seed) : world(seed) {
    world.start();
    // Several in one block, so that the path has siblings.
    for (std::uint64_t client = 0; client < 5; ++client) {
      ids.push_back(world.net.pay(client % 4, client, 7, 1));
    }
    EXPECT_TRUE(world.net.run_until([&] { return world.net.acknowledged.size() == 5; }));
    const Commit& commit = world.net.acknowledged.at(ids[0]);
    world.net.world.run_for(1s);
    outcome = codec::from_bytes<OutcomeProof>(ask(wire::outcome, codec::to_bytes(ids[0]))).value();
    block =
        codec::from_bytes<BlockProof>(ask(wire::block_ids, codec::to_bytes(commit.height))).value();
  }
  Bytes ask(env::MessageType type, Bytes payload) {
    world.net.crash(LightWorld::edge);
    const auto transport = world.net.network.attach(*world.net.nodes[LightWorld::edge]);
    world.net.nodes[LightWorld::edge]->set_program(
        [](sim::Node&) { return std::make_unique<sim::Program>(); });
    world.start_edge();
    std::optional<Result<Bytes>> answer;
    transport->request(node_id_of(0), env::TrafficClass::Bulk, type, std::move(payload), 5s,
                       [&](Result<Bytes> done) { answer = std::move(done); });
    EXPECT_TRUE(world.net.run_until([&] { return answer.has_value(); }));
    return answer->value();
  }
  Result<Commit> verify(const OutcomeProof& proof) const {
    return verify_outcome(root, cheap_votes(), proof);
  }
  Result<void> verify(const BlockProof& proof) const {
    return verify_block(root, cheap_votes(), proof);
  }
  LightWorld world;
  TrustRoot root = TrustRoot::of(world.net.genesis).value();
  std::vector<TransactionId> ids;
  OutcomeProof outcome;
  BlockProof block;
};

TEST(OutcomeProof, ShowsWhatBecameOfATransactionAndNothingElse) {
  Proofs proofs(1);
  const Commit& truth = proofs.world.net.acknowledged.at(proofs.ids[0]);
  const auto shown = proofs.verify(proofs.outcome);
  ASSERT_TRUE(shown) << shown.error().to_string();
  EXPECT_EQ(shown->height, truth.height);
  EXPECT_EQ(shown->block, truth.block);
  EXPECT_EQ(shown->index, truth.index);
  EXPECT_EQ(shown->receipt, truth.receipt);

  const auto why = [&](auto change) {
    OutcomeProof bad = proofs.outcome;
    change(bad);
    const auto refused = proofs.verify(bad);
    return refused ? std::string("taken") : std::string(refused.error().reason());
  };
  EXPECT_EQ(why([](OutcomeProof& bad) { bad.receipt.fee = Oort(1); }), "BAD_PROOF");
  EXPECT_EQ(why([](OutcomeProof& bad) { bad.receipt.transaction = {}; }), "BAD_PROOF");
  EXPECT_EQ(why([](OutcomeProof& bad) { bad.proof.path.index ^= 1U; }), "BAD_PROOF");
  EXPECT_EQ(why([](OutcomeProof& bad) { ++bad.proof.path.count; }), "BAD_PROOF");
  EXPECT_EQ(why([](OutcomeProof& bad) { bad.proof.events_hash = {}; }), "BAD_PROOF");
  EXPECT_EQ(why([](OutcomeProof& bad) { bad.proof.receipts_root = {}; }), "BAD_PROOF");
  EXPECT_EQ(why([](OutcomeProof& bad) { bad.headers.certificate.votes.pop_back(); }),
            "BAD_CERTIFICATE");
  EXPECT_EQ(why([](OutcomeProof& bad) { bad.headers.headers.front().app.parent_result_root = {}; }),
            "BAD_CERTIFICATE");
  EXPECT_EQ(why([](OutcomeProof& bad) { bad.headers.headers.clear(); }), "BAD_PROOF");
}

TEST(BlockProof, ShowsTheTransactionsOfABlockAndNoOthers) {
  Proofs proofs(2);
  ASSERT_TRUE(proofs.verify(proofs.block));
  EXPECT_NE(std::ranges::find(proofs.block.transactions, proofs.ids[0]),
            proofs.block.transactions.end());
  BlockProof bad = proofs.block;
  bad.transactions.pop_back();
  EXPECT_EQ(proofs.verify(bad).error().reason(), "BAD_PROOF");
  bad = proofs.block;
  bad.transactions.push_back(bad.transactions.front());
  EXPECT_EQ(proofs.verify(bad).error().reason(), "BAD_PROOF");
  bad = proofs.block;
  bad.headers.certificate.votes.pop_back();
  EXPECT_EQ(proofs.verify(bad).error().reason(), "BAD_CERTIFICATE");
}

consensus::Header sample_header() {
  consensus::Header header;
  header.view = View(9);
  header.height = Height(7);
  header.time_ms = 1'600'000'000'000;
  return header;
}

FinalHeaders sample_headers() {
  FinalHeaders headers{{sample_header()}, {}};
  headers.certificate.kind = consensus::VoteKind::Finalize;
  headers.certificate.view = View(9);
  headers.certificate.block = consensus::id_of(sample_header());
  headers.certificate.votes = {{ValidatorIndex(2), View(0), Signature{}}};
  return headers;
}

TEST(Certified, BytesAreFrozen) {
  OutcomeProof outcome;
  outcome.headers = sample_headers();
  outcome.receipt.fee = Oort(5);
  outcome.receipt.operations.resize(2);
  outcome.receipt.operations[1].rejection = ledger::Rejection::BalanceTooLow;
  const std::vector<ledger::Receipt> receipts(3, outcome.receipt);
  outcome.proof = ledger::prove_receipt(receipts, {}, 2);
  BlockProof block{sample_headers(), {TransactionId(), TransactionId()}};
  // The first is also what a light node keeps of its head.
  EXPECT_EQ(fingerprint(outcome.headers), "f29b5eb1");
  EXPECT_EQ(fingerprint(outcome), "c7363c90");
  EXPECT_EQ(fingerprint(block), "f43e9afb");
  EXPECT_EQ(codec::from_bytes<OutcomeProof>(codec::to_bytes(outcome)).value(), outcome);
  EXPECT_EQ(codec::from_bytes<BlockProof>(codec::to_bytes(block)).value(), block);
  EXPECT_EQ(codec::from_bytes<FinalHeaders>(codec::to_bytes(outcome.headers)).value(),
            outcome.headers);
}

}  // namespace
}  // namespace oort::chain::test
