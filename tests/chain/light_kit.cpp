// SPDX-License-Identifier: Apache-2.0
#include "light_kit.hpp"

#include <gtest/gtest.h>

#include "oort/ledger/keys.hpp"

namespace oort::chain::test {

LightProgram::LightProgram(sim::Node& node, sim::SimNetwork& network,
                           const ledger::GenesisParams& genesis, const LightOptions& options)
    : store_(node.disk().open_blobs("light")), transport_(network.attach(node)) {
  const LightSurroundings around{
      node.clock(),       node.strand(),
      node.timers(),      node.strand(),
      node.random(),      *store_,
      *transport_,        cheap_votes(),
      cheap_signatures(), [problem = problem_](const Error& error) { *problem = error; }};
  auto light = LightNode::open(genesis, options, around);
  if (!light) {
    *problem_ = light.error();
    return;
  }
  light_ = *std::move(light);
  light_->start();
}
LightProgram::~LightProgram() = default;

LyingSuper::LyingSuper(sim::Node& node, sim::SimNetwork& network, Bend bend)
    : transport_(network.attach(node)) {
  const auto lie = std::make_shared<Bend>(std::move(bend));
  transport_->on_request(
      env::message_range::chain,
      [this, lie](NodeId, env::MessageType type, Bytes payload, Callback<Result<Bytes>> reply) {
        transport_->request(node_id_of(0), env::TrafficClass::Bulk, type, std::move(payload), 100ms,
                            [lie, type, reply = std::move(reply)](Result<Bytes> truth) mutable {
                              auto said = (*lie)(type, std::move(truth));
                              if (said) reply(*std::move(said));
                            });
      });
}
LyingSuper::~LyingSuper() = default;

LightWorld::LightWorld(std::uint64_t seed) : net(seed, 5, 4) {
  // A liar is asked again and again, so that one that is believed once is found.
  options.lie_penalty = 0s;
  net.nodes[edge]->set_program([this](sim::Node& node) {
    return std::make_unique<LightProgram>(node, net.network, net.genesis, options);
  });
}

void LightWorld::start_with_liar(LyingSuper::Bend bend) {
  net.nodes[liar]->set_program([this, bend = std::move(bend)](sim::Node& node) {
    return std::make_unique<LyingSuper>(node, net.network, bend);
  });
  start();
}

void LightWorld::start() {
  for (std::size_t i = 0; i < edge; ++i) net.start(i);
  EXPECT_TRUE(net.run_until([&] { return net.height(0) >= 5; }));
  start_edge();
  EXPECT_TRUE(net.run_until([&] { return height() >= Height(5); }));
}

namespace {

template <class T, class Ask>
Result<T> await(ChainWorld& net, Ask ask) {
  const auto answer = std::make_shared<std::optional<Result<T>>>();
  ask([answer](Result<T> done) { answer->emplace(std::move(done)); });
  EXPECT_TRUE(net.run_until([&] { return answer->has_value(); }, 60s));
  return *std::move(*answer);
}

}  // namespace

Result<Proven> LightWorld::read(const Bytes& key, Freshness freshness) {
  return await<Proven>(
      net, [&](Callback<Result<Proven>> done) { light().read(key, freshness, std::move(done)); });
}

std::uint64_t LightWorld::balance(std::uint64_t client, Freshness freshness) {
  const auto proven = read(ledger::keys::account(client_of(client)), freshness);
  if (!proven || proven->value() == nullptr) {
    ADD_FAILURE() << (proven ? "no account" : proven.error().to_string());
    return 0;
  }
  const auto account = codec::from_bytes<ledger::Account>(*proven->value());
  return static_cast<std::uint64_t>(account->balance.units() - oort_base_units * 1000);
}

Result<Commit> LightWorld::submit(const ledger::Transaction& transaction) {
  return await<Commit>(
      net, [&](Callback<Result<Commit>> done) { light().submit(transaction, std::move(done)); });
}

Result<Commit> LightWorld::find(const TransactionId& id) {
  return await<Commit>(net,
                       [&](Callback<Result<Commit>> done) { light().find(id, std::move(done)); });
}

Result<BlockProof> LightWorld::block(Height at) {
  return await<BlockProof>(
      net, [&](Callback<Result<BlockProof>> done) { light().block(at, std::move(done)); });
}

LightDiagnosis LightWorld::diagnose() {
  const auto answer = std::make_shared<std::optional<LightDiagnosis>>();
  light().diagnose([answer](LightDiagnosis done) { answer->emplace(std::move(done)); });
  EXPECT_TRUE(net.run_until([&] { return answer->has_value(); }));
  return **answer;
}

std::uint64_t LightWorld::lies_seen() {
  for (const LightDiagnosis::Peer& peer : diagnose().peers) {
    if (peer.node == node_id_of(liar)) return peer.lies_count;
    EXPECT_EQ(peer.lies_count, 0U) << "an honest super node is taken for a liar: " << peer.why;
  }
  return 0;
}

BlockId LightWorld::block_at(Height at) {
  const auto found = std::make_shared<std::optional<BlockId>>();
  const auto id = net.chain(0).subscribe(at, [found](const FinalBlockRef& block) {
    if (!*found) *found = block->id;
  });
  EXPECT_TRUE(net.run_until([&] { return found->has_value(); }));
  net.chain(0).unsubscribe(id);
  return **found;
}

consensus::Certificate LightWorld::certify(const consensus::Header& header) const {
  const TrustRoot root = TrustRoot::of(net.genesis).value();
  consensus::Certificate certificate;
  certificate.kind = consensus::VoteKind::Finalize;
  certificate.epoch = header.epoch;
  certificate.view = header.view;
  certificate.block = consensus::id_of(header);
  for (std::uint16_t i = 0; i < 3; ++i) {
    consensus::CertifiedVote vote;
    vote.validator = ValidatorIndex(i);
    const Bytes message = consensus::signed_bytes(root.chain, certificate.ballot_of(vote));
    vote.signature = sim::cheap_sign(root.validators[vote.validator].key, message);
    certificate.votes.push_back(vote);
  }
  return certificate;
}

}  // namespace oort::chain::test
