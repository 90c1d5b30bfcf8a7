// SPDX-License-Identifier: Apache-2.0
#include "honesty_town.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "oort/codec/codec.hpp"

namespace oort::ledger::test {
namespace {

constexpr crypto::Context salt_context("oort.v1 test salt");

/// One leaf of an officer's tree in a round, with all its secrets.
struct Planted {
  BaitLeaf leaf;
  Bytes32 salt;
  Bytes32 answer;
};
Planted planted(std::uint64_t round, std::uint8_t officer, std::uint64_t index) {
  codec::Writer out;
  out.u64(round);
  out.u8(officer);
  out.u64(index);
  Planted bait;
  bait.salt = crypto::hash(salt_context, out.bytes());
  bait.answer = index < bait_leaves_count / 2 ? right_result : wrong_result;
  const bool is_exact = index % (bait_leaves_count / 2) < bait_leaves_count / 4;
  bait.leaf = {task_commitment(out.bytes()), answer_commitment(bait.salt, bait.answer),
               is_exact ? VerdictRule::Exact : VerdictRule::Tolerance};
  return bait;
}
std::vector<Bytes32> tree_of(std::uint64_t round, std::uint8_t officer) {
  std::vector<Bytes32> leaves;
  for (std::uint64_t i = 0; i < bait_leaves_count; ++i) {
    const Planted bait = planted(round, officer, i);
    leaves.push_back(leaf_hash(bait.salt, bait.leaf));
  }
  return leaves;
}

template <class T, class Use>
void for_table(const StateReader& state, char table, Use use) {
  const Bytes prefix = keys::prefix(Module::Honesty, table);
  state.scan(prefix, prefix, [&](ByteView key, ByteView value) {
    use(key.subspan(2), *codec::from_bytes<T>(value));
    return true;
  });
}

}  // namespace

HonestyParams small_honesty() {
  HonestyParams params;
  params.round_blocks = 30;
  params.post_blocks = 10;
  params.keep_rounds = 2;
  params.stake_min = whole(10);
  params.officers_expected = 1000;
  params.rules = {4, 4, 4, 4};
  params.case_bond = whole(100);
  params.seat_pay = whole(2);
  params.appeal_bond = whole(10);
  params.reveal_pay = whole(1);
  params.paid_reveals_max = 2;
  params.audit_blocks = 4;
  params.audit_fee = whole(1);
  params.audits_per_node = 2;
  return params;
}

GenesisParams honesty_genesis(const HonestyParams& params) {
  GenesisParams genesis = staking_genesis();
  for (std::uint8_t number = first_worker; number <= last_worker; ++number) {
    Node node;
    node.id = keys_of(number).node_id();
    node.owner = account_of(Town::owner(number));
    node.roles = static_cast<std::uint8_t>(NodeRole::Archive);
    node.endpoints = {
        {EndpointKind::Peer, "127.0.0.1", static_cast<std::uint16_t>(20000 + number)}};
    node.region = "test";
    node.network = number;
    node.system = number;
    node.capacity = 1'000'000;
    node.bond = whole(1000);
    genesis.nodes.push_back(node);
    genesis.accounts.push_back({account_of(keys_of(number)), whole(1000)});
    genesis.accounts.push_back({node.owner, whole(1000)});
  }
  std::ranges::sort(genesis.accounts, {}, &GenesisAccount::id);
  std::ranges::sort(genesis.nodes, {}, &Node::id);
  genesis.pots.push_back({Pot::Honesty, whole(50)});
  std::ranges::sort(genesis.pots, {}, &GenesisPot::pot);
  genesis.modules.push_back({Module::Honesty, codec::to_bytes(HonestyGenesis{params})});
  return genesis;
}

Panelist all_find(const Bytes32& result) {
  return [result](const NodeId&) { return std::optional(result); };
}

Town::Town(const HonestyParams& params) : Town(honesty_genesis(params)) {}

Town::Town(const GenesisParams& genesis) : ledger(genesis) {
  for (std::uint8_t number = first_worker; number <= last_worker; ++number) {
    numbers_.emplace(id(number), number);
  }
  ledger.pass(1);
}

crypto::KeyPair Town::owner(std::uint8_t number) {
  return keys_of(static_cast<std::uint8_t>(number + 150));
}
Oort Town::balance(const crypto::KeyPair& keys) const {
  return ledger.view().account(account_of(keys)).balance;
}
Oort Town::bond(std::uint8_t number) const { return ledger.view().node(id(number))->bond; }

void Town::next_round() {
  const std::uint64_t before = round();
  while (round() == before) ledger.pass(1);
}

RoundPost Town::post_of(std::uint8_t number) const {
  RoundPost post;
  post.node = id(number);
  post.round = round();
  post.baits = crypto::merkle_root(tree_of(post.round, number));
  post.assignments = {wrong_result, 3};
  post.receipts = {right_result, 4};
  return post;
}

void Town::post_all() {
  std::vector<std::pair<crypto::KeyPair, Operation>> posts;
  for (std::uint8_t number = first_worker; number <= last_worker; ++number) {
    posts.emplace_back(node(number), post_of(number));
  }
  block_of(posts);
}

std::uint64_t Town::prepare() {
  post_all();
  next_round();
  post_all();
  next_round();
  return round() - 1;
}

void Town::block_of(const std::vector<std::pair<crypto::KeyPair, Operation>>& operations) {
  std::vector<Transaction> transactions;
  for (const auto& [sender, operation] : operations) {
    transactions.push_back(ledger.make(sender, {{operation, {}}}));
  }
  ledger.block(transactions);
  for (const Receipt& receipt : ledger.last().receipts) {
    ASSERT_EQ(receipt.rejection, Rejection::None) << to_string(receipt.rejection);
    ASSERT_EQ(receipt.operations[0].rejection, Rejection::None)
        << to_string(receipt.operations[0].rejection);
  }
}

Reveal Town::reveal(std::uint64_t number, std::uint8_t officer, std::uint8_t executor,
                    std::uint64_t leaf, const Bytes32& result) const {
  const Planted bait = planted(number, officer, leaf);
  Reveal reveal;
  reveal.epoch = Epoch(number);
  reveal.officer = id(officer);
  const auto draw = view().officer_draw(ledger.chain(), number, reveal.officer);
  reveal.drawn = crypto::vrf_prove(node(officer), officer_alpha(draw.value_or(OfficerDraw{})));
  reveal.leaf = bait.leaf;
  reveal.path = crypto::merkle_prove(tree_of(number, officer), leaf);
  reveal.salt = bait.salt;
  reveal.answer = bait.answer;
  reveal.receipt.chain = ledger.chain();
  reveal.receipt.epoch = Epoch(number);
  reveal.receipt.task_commitment = bait.leaf.task_commitment;
  reveal.receipt.result_hash = result;
  reveal.receipt.executor = id(executor);
  reveal.receipt.signature = node(executor).sign(sign_hash(reveal.receipt).view());
  return reveal;
}

Rejection Town::send_reveal(const Reveal& reveal, std::uint8_t officer) {
  return ledger.send(node(officer), BaitReveal{reveal});
}

Bytes32 Town::accuse(std::uint64_t number, std::uint8_t officer, std::uint8_t executor,
                     std::uint64_t leaf, const Bytes32& result) {
  const Reveal made = reveal(number, officer, executor, leaf, result);
  EXPECT_EQ(send_reveal(made, officer), Rejection::None);
  return case_id_of(made);
}

CaseState Town::court(const Bytes32& fault) const {
  const auto record = view().fault_case(fault);
  EXPECT_TRUE(record.has_value());
  return record ? record->court : CaseState{};
}

std::vector<std::uint8_t> Town::seats(const Bytes32& fault) const {
  std::vector<std::uint8_t> numbers;
  for (const CaseSeat& seat : court(fault).panel) numbers.push_back(number_of(seat.node));
  return numbers;
}

PanelReveal Town::answer(const Bytes32& fault, const NodeId& node, const Bytes32& result) const {
  PanelAnswer answer{fault, node, wrong_result, Bytes32{}, 1, result};
  const std::vector<Bytes32> leaves{trace_leaf(answer, 0, result)};
  answer.trace_root = crypto::merkle_root(leaves);
  return {commitment_of(answer), answer, {result, crypto::merkle_prove(leaves, 0)}};
}

bool Town::await(const Bytes32& fault, CasePhase phase) {
  for (int blocks = 0; blocks < 40; ++blocks) {
    if (court(fault).phase == phase) return true;
    ledger.pass(1);
  }
  return false;
}

void Town::hear(const Bytes32& fault, const Panelist& panelist) {
  ASSERT_TRUE(await(fault, CasePhase::Committing));
  std::vector<std::pair<crypto::KeyPair, Operation>> commits;
  std::vector<std::pair<crypto::KeyPair, Operation>> opens;
  for (const CaseSeat& seat : court(fault).panel) {
    const auto result = panelist(seat.node);
    if (!result) continue;
    const PanelReveal shown = answer(fault, seat.node, *result);
    const crypto::KeyPair keys = node(number_of(seat.node));
    commits.emplace_back(keys, PanelCommit{fault, seat.node, shown.commitment});
    opens.emplace_back(keys, PanelOpen{shown});
  }
  block_of(commits);
  ASSERT_TRUE(await(fault, CasePhase::Opening));
  block_of(opens);
  while (court(fault).phase == CasePhase::Opening) ledger.pass(1);
}

void Town::close(const Bytes32& fault) { EXPECT_TRUE(await(fault, CasePhase::Closed)); }

void expect_honesty(const StateReader& state) {
  const HonestyView view(state);
  const HonestyState honesty = view.state().value();
  Uint128 held = honesty.fund.units();
  std::uint64_t open = 0;
  std::map<NodeId, std::pair<std::uint32_t, std::uint32_t>> counts;
  for_table<CaseRecord>(state, table::fault_case, [&](ByteView, const CaseRecord& record) {
    if (record.court.phase == CasePhase::Closed) return;
    held += record.bond.units();
    for (const Appeal& appeal : record.appeals) held += appeal.bond.units();
    ++open;
    ++counts[record.reveal.receipt.executor].first;
  });
  for_table<Audit>(state, table::audit, [&](ByteView, const Audit& audit) {
    held += audit.fee.units();
    ++counts[audit.challenge.node].second;
  });
  EXPECT_TRUE(View(state).pot(Pot::Honesty).units() == held) << "P1";
  EXPECT_EQ(honesty.cases_open, open) << "P1";
  for_table<Standing>(state, table::standing, [&](ByteView key, const Standing& standing) {
    const auto wanted = counts[*NodeId::from(key)];
    EXPECT_EQ(standing.cases_open, wanted.first) << "P1";
    EXPECT_EQ(standing.audits_open, wanted.second) << "P1";
  });
  std::map<std::uint64_t, Uint128> weights;
  for_table<RollEntry>(state, table::roll, [&](ByteView key, const RollEntry& entry) {
    std::uint64_t round = 0;
    for (const std::byte byte : key.first(8))
      round = round << 8 | std::to_integer<std::uint64_t>(byte);
    EXPECT_TRUE(entry.below.units() == weights[round]) << "P2";
    weights[round] += entry.weight.units();
  });
  for (const auto& [round, weight] : weights) {
    EXPECT_TRUE(view.round(round)->weight.units() == weight) << "P2";
  }
}

}  // namespace oort::ledger::test
