// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/ledger/economy_view.hpp"
#include "trace/trace.hpp"

namespace oort::ledger::trace {

Oort Author::amount() {
  if (dice_->is_one_in(10)) return {};
  if (dice_->is_one_in(10)) return Oort(~Uint128{0} - dice_->pick(3));
  const Uint128 base = oort_base_units * dice_->pick(40);
  return Oort(base + dice_->pick(1'000'000'007));
}

Draw Author::money() {
  const std::uint8_t sender = person();
  const AccountId to = account_of(person());
  return {sender, {Transfer{to, amount()}, {}}};
}

Draw Author::stake() {
  // Operators found and tend pools; anybody delegates.
  const bool is_operator = dice_->is_one_in(3);
  const std::uint8_t number = dice_->between(1, 5);
  const std::uint8_t sender = is_operator ? static_cast<std::uint8_t>(10 + number) : person();
  const NodeId pool = node_of(number);
  const NodeId other = some_node();
  const Oort some = amount();
  const auto draw = [&](Operation operation) { return Draw{sender, {std::move(operation), {}}}; };
  const auto share = static_cast<std::uint32_t>(dice_->pick(300'000));
  if (is_operator) {
    switch (dice_->pick(7)) {
      case 0: return draw(PoolCreate{pool, Oort(150 * oort_base_units), share});
      case 1: return draw(PoolStake{pool, some});
      case 2: return draw(PoolSetCommission{pool, share});
      case 3: return draw(PoolSetOnline{pool, share % 3 != 0});
      case 4: return draw(BondWithdraw{pool, Oort(share)});
      case 5:
        if (dice_->is_one_in(20)) return draw(PoolExit{pool});
        return draw(RewardClaim{pool});
      default: return draw(RewardClaim{pool});
    }
  }
  switch (dice_->pick(7)) {
    case 0: return draw(Undelegate{pool, Oort(some.units() / 4)});
    case 1: return draw(Redelegate{pool, other, Oort(some.units() / 4)});
    case 2: return draw(RewardClaim{pool});
    case 3: return draw(BondPost{pool, some});
    default: return draw(Delegate{pool, some});
  }
}

Operation Author::proposal(const View& view) {
  const Oort deposit(oort_base_units * (1 + dice_->pick(8)));
  const std::string text = "why " + std::to_string(dice_->pick(1'000));
  switch (dice_->pick(5)) {
    case 0: {
      auto params = EconomyView(view.state()).staking_params().value_or(StakingParams{});
      params.emission = Oort(oort_base_units * dice_->pick(20));
      return ProposalSubmit{text, ModuleParamsAction{Module::Staking, codec::to_bytes(params)},
                            deposit};
    }
    case 1: {
      auto params = view.market_params().value_or(MarketParams{});
      params.take = 50'000 + static_cast<std::uint32_t>(dice_->pick(100'000));
      for (ClassPrice& price : params.classes)
        price.gib_month = Credits(dice_->pick(2'000'000'000));
      return ProposalSubmit{text, ModuleParamsAction{Module::Market, codec::to_bytes(params)},
                            deposit};
    }
    case 2:
      return ProposalSubmit{text, SpendAction{account_of(103), Oort(dice_->pick(1'000))}, deposit};
    case 3: return ProposalSubmit{text, UpgradeAction{"v2", Height(1'000'000)}, deposit};
    default: return ProposalSubmit{text, TextAction{}, deposit};
  }
}

Draw Author::vote(const View& view) {
  const std::uint8_t sender = person();
  const auto all = EconomyView(view.state()).proposals(0, 200);
  if (all.empty() || dice_->is_one_in(8)) return {sender, {proposal(view), {}}};
  const auto open = std::ranges::find(all, ProposalState::Voting, &Proposal::state);
  const ProposalId id = open != all.end() ? open->id : all[dice_->pick(all.size())].id;
  if (dice_->is_one_in(4)) return {sender, {ProposalDeposit{id, amount()}, {}}};
  const std::uint8_t number = dice_->between(1, 3);
  const std::uint8_t voter =
      dice_->is_one_in(2) ? static_cast<std::uint8_t>(10 + number) : person();
  const auto option = static_cast<VoteOption>(std::min<std::uint64_t>(dice_->pick(8), 6) / 2);
  return {voter, {VoteCast{id, node_of(number), option}, {}}};
}

CreditPurchase Author::sale() {
  CreditPurchase sale;
  sale.to = account_of(person());
  sale.amount = Credits(dice_->pick(20'000'000));
  sale.reference = to_bytes("invoice " + std::to_string(dice_->pick(60)));
  const Bytes32 message = sale_hash(chain_, sale);
  for (const std::uint8_t seed : std::array<std::uint8_t, 2>{61, 63}) {
    const crypto::KeyPair keys = keys_of(seed);
    sale.signatures.push_back({keys.public_key(), keys.sign(message.view())});
  }
  std::ranges::sort(sale.signatures, {}, &ProcessorSignature::key);
  return sale;
}

Draw Author::market() {
  const std::uint8_t sender = person();
  const auto draw = [&](Operation operation) { return Draw{sender, {std::move(operation), {}}}; };
  const EscrowId id(1 + dice_->pick(30));
  std::vector<EarnerShare> shares;
  for (std::uint8_t seed = 1; seed <= 3; ++seed) {
    const auto weight = static_cast<std::uint32_t>(dice_->pick(5));
    shares.push_back({account_of(seed), 1 + weight});
  }
  std::ranges::sort(shares, {}, &EarnerShare::account);
  switch (dice_->pick(9)) {
    case 0: {
      const std::uint8_t reporter = dice_->between(71, 73);
      const Rate rate(oort_base_units / 5 + dice_->pick(1'000'000'000'000'000));
      return {reporter, {OracleReport{rate}, {}}};
    }
    case 1: return draw(sale());
    case 2: return draw(OracleBondPost{Oort(dice_->pick(1'000))});
    case 3: {
      EscrowOpen open{sender == 102 ? Currency::Credits : Currency::Oort, {}, {}, shares, 0, 0, 0};
      open.amount = Units(1 + dice_->pick(50'000'000));
      open.rate = Units(1 + dice_->pick(9'000'000'000));
      if (dice_->is_one_in(3)) open.holdback = 250'000;
      return draw(open);
    }
    case 4: return draw(EscrowFund{id, Units(dice_->pick(1'000'000))});
    case 5: {
      return draw(EscrowChange{id, Units(1 + dice_->pick(9'000'000)), shares});
    }
    case 6: return draw(EscrowClose{id});
    case 7: return draw(OracleBondReturn{});
    default: return {dice_->between(1, 3), {EscrowWithdraw{id}, {}}};
  }
}

Draw Author::storage() {
  const std::uint8_t payer = gateway();
  switch (dice_->pick(5)) {
    case 0: {
      const std::uint8_t sender = person();
      return {sender,
              {StorageFund{account_of(payer), Oort(dice_->pick(1'000'000'000'000'000))}, {}}};
    }
    case 1: return {payer, {StorageWithdraw{Oort(dice_->pick(100'000'000'000'000))}, {}}};
    default: break;
  }
  const std::uint8_t number = dice_->between(1, 5);
  StorageCollect collect{node_of(number), {account_of(100), account_of(101)}};
  std::ranges::sort(collect.payers);
  return {number, {collect, {}}};
}

}  // namespace oort::ledger::trace
