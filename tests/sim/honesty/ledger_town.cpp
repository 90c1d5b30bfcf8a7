// SPDX-License-Identifier: Apache-2.0
#include "honesty/ledger_town.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "bytes.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/honesty/agent.hpp"
#include "oort/honesty/explain.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/honesty_view.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/view.hpp"

namespace oort::honestysim {
namespace {

namespace event = honesty::event;
namespace action = honesty::action;
using honesty::Workload;

constexpr std::uint64_t round_ms = 3'600'000;
constexpr std::uint64_t live_tasks = 40;

Oort whole(std::uint64_t amount) { return Oort(oort_base_units * amount); }

crypto::KeyPair keys_of(std::uint8_t kind, std::uint8_t number) {
  std::array<std::byte, 32> bytes{};
  bytes[0] = std::byte{kind};
  bytes[1] = std::byte{number};
  return crypto::KeyPair(crypto::SecretSeed(bytes));
}
AccountId account_of(const crypto::KeyPair& keys) { return crypto::account_of(keys.public_key()); }

/// What a task's input leads to: every honest node finds it.
Bytes32 truth_of(const Bytes32& input_root) { return crypto::blake3(input_root.view()); }
/// What those who do not work return.
Bytes32 forged(const Bytes32& input_root) { return crypto::blake3(truth_of(input_root).view()); }

/// Tasks whose answer the officer computes itself.
class Computed final : public honesty::TaskSource {
 public:
  [[nodiscard]] Workload workload() const noexcept override { return Workload(1); }
  [[nodiscard]] ledger::Ppb strength() const noexcept override {
    return ledger::Ppb(ledger::ppb_one);
  }
  [[nodiscard]] Result<honesty::MintedTask> mint(const honesty::TaskShape& like,
                                                 env::Random& random) override {
    honesty::MintedTask task;
    random.fill(task.input_root.mutable_view());
    task.input_bytes = like.input_bytes;
    task.answer = truth_of(task.input_root);
    return task;
  }
};

ledger::HonestyParams params_of() {
  ledger::HonestyParams params;
  params.round_blocks = 40;
  params.post_blocks = 10;
  params.keep_rounds = 20;
  params.officers_expected = 6;
  params.rules = {4, 4, 4, 4};
  return params;
}

struct Member {
  crypto::KeyPair keys;
  crypto::KeyPair owner;
  bool is_saboteur = false;
  std::unique_ptr<oort::test::SeededRandom> random;
  std::unique_ptr<honesty::Agent> agent;
};

ledger::GenesisParams genesis_of(const std::vector<Member>& members) {
  ledger::GenesisParams genesis;
  genesis.chain_name = "town";
  genesis.time_ms = 1;
  genesis.params.governor = account_of(members[0].owner);
  const ledger::StakingParams staking_params;
  for (const Member& member : members) {
    ledger::Node node;
    node.id = member.keys.node_id();
    node.owner = account_of(member.owner);
    node.roles = static_cast<std::uint8_t>(ledger::NodeRole::Super);
    node.endpoints = {{ledger::EndpointKind::Peer, "127.0.0.1", 20000}};
    node.region = "town";
    node.bond = whole(1000);
    genesis.nodes.push_back(node);
    genesis.accounts.push_back({account_of(member.keys), whole(10'000)});
    genesis.accounts.push_back({account_of(member.owner), whole(10'000)});
  }
  const NodeId first = members[0].keys.node_id();
  genesis.validators = {{first, 1}};
  ledger::StakingGenesis staking;
  staking.pools = {{first, staking_params.pool_stake_min, 0}};
  genesis.pots = {{ledger::Pot::Stake, staking_params.pool_stake_min}};
  genesis.modules = {
      {ledger::Module::Staking, codec::to_bytes(staking)},
      {ledger::Module::Honesty, codec::to_bytes(ledger::HonestyGenesis{params_of()})}};
  std::ranges::sort(genesis.accounts, {}, &ledger::GenesisAccount::id);
  std::ranges::sort(genesis.nodes, {}, &ledger::Node::id);
  return genesis;
}

class LedgerTown {
 public:
  explicit LedgerTown(const LedgerTownOptions& options)
      : options_(options),
        random_(options.seed),
        members_(members_of(options)),
        genesis_(genesis_of(members_)),
        chain_(ledger::chain_id_of(genesis_)),
        machine_(chain_, ledger::ed25519_verifier()) {
    const auto checked = ledger::check_genesis(genesis_);
    OORT_ASSERT(checked.has_value(), "the genesis of the town is possible");
    state_.apply(ledger::genesis_writes(genesis_));
    for (Member& member : members_) {
      member.agent = std::make_unique<honesty::Agent>(
          member.keys, honesty::AgentRules{{2, ledger::Ppb(500'000'000), 8}, 4096, live_tasks},
          std::vector<honesty::TaskSource*>{&source_}, *member.random);
    }
  }

  LedgerTownFigures run() {
    while (view().state()->round < options_.rounds_count) {
      block();
      if (view().state()->round != round_) begin_round();
      judge();
    }
    settle();
    count_slashed();
    return std::move(figures_);
  }

 private:
  static std::vector<Member> members_of(const LedgerTownOptions& options) {
    std::vector<Member> members;
    for (std::uint8_t i = 0; i < options.nodes_count; ++i) {
      const bool is_saboteur = i >= options.nodes_count - options.saboteurs_count;
      members.push_back({keys_of(1, i), keys_of(2, i), is_saboteur,
                         std::make_unique<oort::test::SeededRandom>(options.seed * 1000 + i),
                         nullptr});
    }
    return members;
  }
  [[nodiscard]] ledger::HonestyView view() const { return ledger::HonestyView(state_); }
  [[nodiscard]] Member& member_of(const NodeId& node) {
    return *std::ranges::find_if(members_,
                                 [&](const Member& one) { return one.keys.node_id() == node; });
  }

  void ask(const Member& member, const ledger::Operation& operation) {
    asked_[account_of(member.keys)].push_back({operation, {}});
  }
  /// One block with all that was asked for since the last one.
  void block() {
    std::vector<ledger::Transaction> transactions;
    for (const Member& member : members_) {
      auto& operations = asked_[account_of(member.keys)];
      if (operations.empty()) continue;
      ledger::Transaction transaction;
      transaction.chain = chain_;
      transaction.sequence =
          ledger::next_sequence_of(ledger::View(state_).account(account_of(member.keys)), 0);
      transaction.valid_until = Height(height_ + 10);
      transaction.fee_max = whole(1);
      for (auto& operation : operations) ledger::add_operation(transaction, std::move(operation));
      ledger::sign(transaction, member.keys);
      transactions.push_back(std::move(transaction));
      operations.clear();
    }
    ++height_;
    const ledger::BlockContext context{Height(height_),
                                       1000 * height_,
                                       Epoch(0),
                                       members_[0].keys.node_id(),
                                       crypto::blake3(as_bytes(std::to_string(height_))),
                                       oort::View(height_)};
    const auto done = machine_.execute(context, transactions, state_);
    state_.apply(done.writes);
    ++figures_.blocks;
    for (const ledger::Receipt& receipt : done.receipts) take(receipt);
  }
  void take(const ledger::Receipt& receipt) {
    if (receipt.rejection != ledger::Rejection::None) ++figures_.refused;
    for (const ledger::OperationReceipt& operation : receipt.operations) {
      ++figures_.operations;
      if (operation.rejection != ledger::Rejection::None) ++figures_.refused;
      const auto* judged = ledger::find_event<ledger::RevealJudged>(operation);
      if (judged == nullptr) continue;
      if (judged->verdict == ledger::RevealVerdict::Passed) ++figures_.passed;
      if (judged->verdict == ledger::RevealVerdict::Fault) ++figures_.cases;
    }
  }

  void begin_round() {
    round_ = view().state()->round;
    for (Member& member : members_) {
      live_work(member);
      const auto draw = view().officer_draw(chain_, round_, member.keys.node_id());
      // Before anybody has posted nobody can be drawn, and all post.
      const ledger::OfficerDraw nobody{chain_, Epoch(round_), Bytes32{}, 0, 1, 1};
      const auto actions = member.agent->step(event::EpochStarted{draw.value_or(nobody), round_ms});
      carry_out(member, actions);
    }
  }
  /// What an agent's broker passes on, for baits to look like.
  void live_work(Member& member) {
    for (std::uint64_t i = 0; i < live_tasks; ++i) {
      const std::uint64_t size = 1'000 + random_.below(1'000'000);
      static_cast<void>(member.agent->step(
          event::TaskPassed{{Workload(1), members_[0].keys.node_id(), Credits(size), size, 60'000,
                             random_.below(round_ms)}}));
    }
  }

  void carry_out(Member& member, const std::vector<honesty::Action>& actions) {
    for (const honesty::Action& one : actions) {
      std::visit([&](const auto& chosen) { on(member, chosen); }, one);
    }
  }
  void on(Member& member, const action::PostRoot& post) {
    if (view().stake_of(member.keys.node_id()) < params_of().stake_min) return;
    ask(member,
        ledger::RoundPost{
            member.keys.node_id(), post.epoch.value(), post.root, {Bytes32{}, 0}, {Bytes32{}, 0}});
  }
  void on(Member& member, const action::SetAlarm& alarm) {
    carry_out(member, member.agent->step(event::Alarm{alarm.epoch, alarm.bait}));
  }
  /// Some node executes it, and signs what it says that the result is.
  void on(Member& member, const action::SendTask& sent) {
    if (round_ == options_.rounds_count) return;  // Nobody is left to reveal it to.
    std::size_t chosen = random_.below(members_.size());
    if (&members_[chosen] == &member) chosen = (chosen + 1) % members_.size();
    const Member& executor = members_[chosen];
    const Bytes32 task = ledger::task_commitment(codec::to_bytes(sent.envelope));
    inputs_.emplace(task, sent.envelope.input_root);
    const bool is_cheated = executor.is_saboteur && random_.below(100) < options_.cheated_percent;
    ledger::WorkReceipt receipt;
    receipt.chain = chain_;
    receipt.epoch = Epoch(round_);
    receipt.task_commitment = task;
    receipt.input_root = sent.envelope.input_root;
    receipt.result_hash =
        is_cheated ? forged(sent.envelope.input_root) : truth_of(sent.envelope.input_root);
    receipt.executor = executor.keys.node_id();
    receipt.signature = executor.keys.sign(sign_hash(receipt).view());
    ++figures_.baits;
    if (is_cheated) ++figures_.cheats;
    carry_out(member, member.agent->step(event::ReceiptCame{receipt}));
  }
  void on(Member& member, const action::PostReveal& post) {
    ask(member, ledger::BaitReveal{post.reveal});
  }
  /// Every panelist executes honestly: a saboteur has nothing to gain by being found twice.
  void on(Member& member, const action::Execute& execute) {
    const auto record = view().fault_case(execute.fault);
    OORT_ASSERT(record.has_value(), "a seat is of a case");
    const Bytes32 input = inputs_.at(record->reveal.leaf.task_commitment);
    const Bytes32 result = truth_of(input);
    carry_out(member, member.agent->step(event::Executed{execute.fault, {input, result}, result}));
  }
  void on(Member& member, const action::PostCommitment& post) {
    ask(member, ledger::PanelCommit{post.fault, member.keys.node_id(), post.commitment});
  }
  void on(Member& member, const action::PostOpening& post) {
    ask(member, ledger::PanelOpen{post.reveal});
  }

  /// Panelists see their seats, and the step that the beacon drew.
  void judge() {
    for (const ledger::CaseRecord& record : view().cases(Bytes32(), 10'000)) {
      const ledger::CaseState& court = record.court;
      for (const ledger::CaseSeat& seat : court.panel) {
        Member& member = member_of(seat.node);
        if (court.phase == ledger::CasePhase::Committing && !seat.commitment) {
          carry_out(member, member.agent->step(event::SeatDrawn{court.id}));
        }
        if (court.phase == ledger::CasePhase::Opening && !seat.reveal) {
          carry_out(member,
                    member.agent->step(event::CommitmentsClosed{court.id, court.step_seed}));
        }
      }
    }
  }
  void settle() {
    block();
    judge();
    for (int i = 0; i < 60 && view().state()->cases_open > 0; ++i) {
      block();
      judge();
    }
  }

  void count_slashed() {
    for (const Member& member : members_) {
      const auto verdicts = view().verdicts(member.keys.node_id(), 0, 100);
      if (verdicts.empty()) continue;
      ++(member.is_saboteur ? figures_.saboteurs_slashed : figures_.honest_slashed);
      if (!figures_.explanation.empty()) continue;
      const auto evidence = view().evidence(verdicts.front().subject);
      if (evidence) figures_.explanation = honesty::explain(*evidence);
    }
    figures_.is_supply_whole = is_supply_whole();
  }
  [[nodiscard]] bool is_supply_whole() const {
    const ledger::View all(state_);
    Uint128 sum = all.supply().fees.units();
    for (const ledger::GenesisAccount& account : genesis_.accounts) {
      sum += all.account(account.id).balance.units();
    }
    for (const ledger::Node& node : genesis_.nodes) sum += all.node(node.id)->bond.units();
    for (std::uint8_t pot = 1; pot <= ledger::pot_last; ++pot) {
      sum += all.pot(static_cast<ledger::Pot>(pot)).units();
    }
    return sum == all.supply().total.units();
  }

  LedgerTownOptions options_;
  oort::test::SeededRandom random_;
  Computed source_;
  std::vector<Member> members_;
  ledger::GenesisParams genesis_;
  ChainId chain_;
  ledger::Machine machine_;
  ledger::MemoryState state_;
  std::uint64_t height_ = 0;
  std::uint64_t round_ = 0;
  std::map<AccountId, std::vector<ledger::SubmittedOperation>> asked_;
  std::map<Bytes32, Bytes32> inputs_;
  LedgerTownFigures figures_;
};

}  // namespace

LedgerTownFigures run_ledger_town(const LedgerTownOptions& options) {
  return LedgerTown(options).run();
}

}  // namespace oort::honestysim
