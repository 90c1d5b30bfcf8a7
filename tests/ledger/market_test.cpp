// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "kit.hpp"
#include "market/escrow.hpp"
#include "market/market.hpp"

namespace oort::ledger::test {
namespace {

constexpr std::uint64_t minute_ms = 60'000;

Oort whole(std::uint64_t amount) { return Oort(oort_base_units * amount); }
AccountId id_of(std::uint8_t seed) { return account_of(keys_of(seed)); }

CreditPurchase purchase(const TestLedger& ledger, std::string_view reference,
                        std::uint64_t credits = 10, std::vector<std::uint8_t> signers = {61, 62}) {
  CreditPurchase operation{
      account_of(ledger.stranger), Credits(credits * credit), to_bytes(reference), {}};
  const Bytes32 message = sale_hash(ledger.chain(), operation);
  for (const std::uint8_t seed : signers) {
    const crypto::KeyPair keys = keys_of(seed);
    operation.signatures.push_back({keys.public_key(), keys.sign(message.view())});
  }
  std::ranges::sort(operation.signatures, {}, &ProcessorSignature::key);
  return operation;
}

TEST(Market, IsOffWhereTheGenesisDoesNotNameIt) {
  TestLedger ledger;
  EXPECT_EQ(ledger.send(ledger.owner, purchase(ledger, "a")), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, OracleReport{test_rate}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, OracleBondPost{Oort(1)}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, OracleBondReturn{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, EscrowOpen{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, EscrowFund{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, EscrowChange{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, EscrowClose{}), Rejection::ModuleOff);
  EXPECT_EQ(ledger.send(ledger.owner, EscrowWithdraw{}), Rejection::ModuleOff);
}

TEST(Market, GenesisIsRefusedForEachReason) {
  const auto is_refused = [](auto change) {
    GenesisParams genesis = market_genesis(false);
    MarketGenesis market = market_of(genesis);
    change(genesis, market);
    set_market(genesis, market);
    return !check_genesis(genesis).has_value();
  };
  EXPECT_FALSE(is_refused([](auto&, auto&) {}));
  EXPECT_TRUE(is_refused([](auto&, auto& m) { m.params.discount = m.params.take + 1; })) << "M6";
  EXPECT_TRUE(is_refused([](auto&, auto& m) { m.params.fixed_rate = test_rate; }));
  EXPECT_TRUE(is_refused([](auto&, auto& m) { m.params.processors_needed = 0; }));
  EXPECT_TRUE(is_refused([](auto&, auto& m) { m.params.processors_needed = 4; }));
  EXPECT_TRUE(is_refused([](auto&, auto& m) { m.params.reporters_needed = 4; }));
  EXPECT_TRUE(is_refused([](auto&, auto& m) { m.params.samples = 0; }));
  EXPECT_TRUE(is_refused([](auto&, auto& m) { m.first_rate = Rate(); }));
  EXPECT_TRUE(is_refused([](auto&, auto& m) { m.first_rate = Rate(rate_max + 1); }));
  EXPECT_TRUE(is_refused([](auto&, auto& m) { m.credits[0].balance = Credits(1001 * credit); }));
  EXPECT_TRUE(is_refused([](auto&, auto& m) { m.bonds[0].bond = whole(1001); }));
  EXPECT_TRUE(is_refused([](auto& g, auto&) { g.pots.clear(); }));
}

TEST(Credits, AreSoldOnceForAReferenceAndBackedByOort_M3) {
  TestLedger ledger(market_genesis());
  const Oort reserve = ledger.view().pot(Pot::Reserve);
  const Oort before = ledger.view().account(account_of(ledger.governor)).balance;
  const auto done = ledger.run(ledger.governor, purchase(ledger, "invoice 1", 10));
  ASSERT_EQ(done.rejection, Rejection::None) << to_string(done.rejection);
  EXPECT_EQ(ledger.view().credits(account_of(ledger.stranger)), Credits(10 * credit));
  EXPECT_EQ(ledger.view().credit_supply().total, Credits(1'010 * credit));
  EXPECT_EQ(ledger.view().pot(Pot::Reserve), *reserve.plus(whole(2)));
  const Oort fee = ledger.last().receipts.at(0).fee;
  EXPECT_EQ(ledger.view().account(account_of(ledger.governor)).balance,
            *before.minus(*fee.plus(whole(2))));
  EXPECT_EQ(ledger.send(ledger.governor, purchase(ledger, "invoice 1", 10)),
            Rejection::ReferenceUsed);
  EXPECT_EQ(ledger.send(ledger.governor, purchase(ledger, "invoice 1", 11)),
            Rejection::ReferenceUsed);
}

TEST(Credits, SaleIsRefusedForEachReason) {
  TestLedger ledger(market_genesis());
  const auto sell = [&](const CreditPurchase& operation) {
    return ledger.send(ledger.governor, operation);
  };
  EXPECT_EQ(sell(purchase(ledger, "a", 10, {61})), Rejection::ProcessorSignaturesInvalid);
  EXPECT_EQ(sell(purchase(ledger, "a", 10, {61, 100})), Rejection::ProcessorSignaturesInvalid);
  CreditPurchase twice = purchase(ledger, "a");
  twice.signatures[1] = twice.signatures[0];
  EXPECT_EQ(sell(twice), Rejection::ProcessorSignaturesInvalid);
  CreditPurchase more = purchase(ledger, "a");
  more.amount = Credits(20 * credit);
  EXPECT_EQ(sell(more), Rejection::ProcessorSignaturesInvalid);
  EXPECT_EQ(sell(purchase(ledger, "a", 0)), Rejection::ZeroAmount);
  EXPECT_EQ(sell(purchase(ledger, "")), Rejection::ReferenceInvalid);
  EXPECT_EQ(sell(purchase(ledger, "a", 5'001)), Rejection::DailyCapReached);
  EXPECT_EQ(sell(purchase(ledger, "a", 4'990)), Rejection::None);
  EXPECT_EQ(sell(purchase(ledger, "b", 11)), Rejection::DailyCapReached);
  ledger.time_ms += day_ms;
  EXPECT_EQ(ledger.send(ledger.owner, purchase(ledger, "b", 11)), Rejection::None);
  EXPECT_EQ(sell(purchase(ledger, "c", 4'989)), Rejection::BalanceTooLow);
}

class Oracle : public ::testing::Test {
 protected:
  void report(std::uint8_t seed, Uint128 rate) {
    EXPECT_EQ(ledger.send(keys_of(seed), OracleReport{Rate(rate)}), Rejection::None);
  }
  /// One block in which a sample is due.
  void sample() {
    ledger.time_ms += minute_ms;
    ledger.block({});
  }
  Accepted<Rate> rate() { return rate_of(ledger.state(), ledger.time_ms); }
  Rate last_sample() { return ledger.view().rate_state()->samples.back().rate; }

  TestLedger ledger{market_genesis(false)};
};

TEST_F(Oracle, TakesTheMedianWithinTheStep) {
  const Uint128 first = test_rate.units();
  report(71, first * 101 / 100);
  sample();
  EXPECT_EQ(last_sample(), test_rate) << "one report is no quorum";
  report(72, first * 50);
  report(73, 1);
  sample();
  EXPECT_EQ(last_sample(), Rate(first * 101 / 100)) << "outliers do not count";
  report(71, first * 50);
  sample();
  EXPECT_EQ(last_sample(), Rate(first * 101 / 100 * 102 / 100)) << "the step holds it";
  EXPECT_EQ(find_event<RateSampled>({Rejection::None, ledger.last().block_events})->sample,
            last_sample());
}

TEST_F(Oracle, AveragesThirtyMinutesAndPausesWhenSilent) {
  const Uint128 first = test_rate.units();
  for (int i = 0; i < 31; ++i) {
    report(71, first * 2);
    report(72, first * 2);
    sample();
  }
  const RateState state = *ledger.view().rate_state();
  EXPECT_EQ(state.samples.size(), 30U);
  Uint128 sum = 0;
  for (const RateSample& one : state.samples) sum += one.rate.units();
  EXPECT_EQ(rate(), Rate(sum / 30));
  EXPECT_LT(*rate(), last_sample());
  EXPECT_EQ(collateral_rate_of(ledger.state(), ledger.time_ms), last_sample());
  // Reports live for five minutes, and the rate for ten more.
  for (int i = 0; i < 14; ++i) sample();
  EXPECT_TRUE(rate().has_value());
  sample();
  EXPECT_EQ(rate().error(), Rejection::RateStale);
  EXPECT_EQ(ledger.send(ledger.governor, purchase(ledger, "a")), Rejection::RateStale);
  report(71, first);
  report(72, first);
  sample();
  EXPECT_TRUE(rate().has_value());
}

TEST_F(Oracle, CollateralRemembersTheWorstOfTwoDays) {
  const Uint128 first = test_rate.units();
  for (const Uint128 said : {first * 2, first / 2, first / 2, first / 2}) {
    report(71, said);
    report(72, said);
    sample();
  }
  const Rate worst(first * 102 / 100);
  EXPECT_EQ(collateral_rate_of(ledger.state(), ledger.time_ms), worst);
  const auto pass_a_day = [&] {
    ledger.time_ms += day_ms;
    report(71, first / 2);
    report(72, first / 2);
    sample();
  };
  pass_a_day();
  EXPECT_EQ(collateral_rate_of(ledger.state(), ledger.time_ms), worst);
  pass_a_day();
  EXPECT_LT(*collateral_rate_of(ledger.state(), ledger.time_ms), worst);
}

TEST_F(Oracle, RefusesStrangersAndKeepsBonds_M2) {
  EXPECT_EQ(ledger.send(ledger.owner, OracleReport{test_rate}), Rejection::ReporterUnknown);
  EXPECT_EQ(ledger.send(keys_of(71), OracleReport{Rate()}), Rejection::RateInvalid);
  EXPECT_EQ(ledger.send(keys_of(71), OracleReport{Rate(rate_max + 1)}), Rejection::RateInvalid);
  EXPECT_EQ(ledger.send(keys_of(71), OracleBondReturn{}), Rejection::StillReporter);
  EXPECT_EQ(ledger.send(ledger.owner, OracleBondReturn{}), Rejection::BondTooLow);
  EXPECT_EQ(ledger.send(ledger.owner, OracleBondPost{whole(7)}), Rejection::None);
  EXPECT_EQ(ledger.view().pot(Pot::OracleBonds), whole(37));
  EXPECT_EQ(ledger.send(ledger.owner, OracleBondReturn{}), Rejection::None);
  EXPECT_EQ(ledger.view().pot(Pot::OracleBonds), whole(30));
}

class Escrows : public ::testing::Test {
 protected:
  static EscrowOpen terms(Currency currency = Currency::Oort) {
    EscrowOpen operation;
    operation.currency = currency;
    operation.amount = Units(currency == Currency::Oort ? oort_base_units * 100 : 100 * credit);
    operation.rate = Units(operation.amount.units() / 10);
    operation.earners = {{id_of(1), 1}, {id_of(2), 3}};
    std::ranges::sort(operation.earners, {}, &EarnerShare::account);
    return operation;
  }
  EscrowId open(const EscrowOpen& operation) {
    const auto done = ledger.run(ledger.owner, operation);
    EXPECT_EQ(done.rejection, Rejection::None) << to_string(done.rejection);
    return find_event<EscrowChanged>(done)->escrow;
  }
  Oort balance(std::uint8_t seed) { return ledger.view().account(id_of(seed)).balance; }
  /// What a withdrawal brings, fees aside.
  Oort withdraw(std::uint8_t seed, EscrowId id) {
    const auto done = ledger.run(keys_of(seed), EscrowWithdraw{id});
    EXPECT_EQ(done.rejection, Rejection::None) << to_string(done.rejection);
    for (const Event& event : done.events) {
      const auto* changed = std::get_if<BalanceChanged>(&event);
      if (changed != nullptr && changed->purpose == Purpose::EscrowPaid) return changed->amount;
    }
    return {};
  }
  Rejection send(const Operation& operation) { return ledger.send(ledger.owner, operation); }

  TestLedger ledger{market_genesis()};
};

TEST_F(Escrows, StreamToEarnersByTheirWeights_M1) {
  const EscrowId id = open(terms());
  ledger.time_ms += hour_ms;
  // 10 OORT an hour: a quarter and three quarters, less a tenth for the protocol.
  EXPECT_EQ(withdraw(1, id), Oort(oort_base_units * 9 / 4));
  EXPECT_EQ(withdraw(2, id), Oort(oort_base_units * 27 / 4));
  EXPECT_EQ(ledger.view().pot(Pot::Treasury), Oort(oort_base_units * 6 / 10)) << "M6";
  const Escrow escrow = *ledger.view().escrow(id);
  EXPECT_EQ(escrow.refunded, Units(oort_base_units * 4 / 10)) << "the discount";
  EXPECT_EQ(ledger.send(keys_of(1), EscrowWithdraw{id}), Rejection::NothingToWithdraw);
  EXPECT_EQ(ledger.send(keys_of(3), EscrowWithdraw{id}), Rejection::EscrowNotYours);
}

TEST_F(Escrows, RunDryAndStreamAgainWhenFunded) {
  const EscrowId id = open(terms());
  ledger.time_ms += 20 * hour_ms;
  EXPECT_EQ(withdraw(1, id), Oort(oort_base_units * 225 / 10));
  EXPECT_EQ(send(EscrowFund{id, Units(oort_base_units * 10)}), Rejection::None);
  ledger.time_ms += hour_ms;
  EXPECT_EQ(withdraw(1, id), Oort(oort_base_units * 9 / 4)) << "the dry time is not paid";
}

TEST_F(Escrows, CreditsBecomeTheirPartOfTheReserve_M3) {
  const EscrowId id = open(terms(Currency::Credits));
  EXPECT_EQ(ledger.view().credits(account_of(ledger.owner)), Credits(900 * credit));
  ledger.time_ms += hour_ms;
  EXPECT_EQ(withdraw(2, id), Oort(oort_base_units * 135 / 100));  // 7.5 credits are 1.5 OORT.
  EXPECT_EQ(ledger.view().pot(Pot::Treasury), Oort(oort_base_units * 15 / 100));
  EXPECT_EQ(ledger.view().credit_supply().total.units(), Uint128{9'925} * credit / 10);
}

TEST_F(Escrows, ClosingRefundsWhatHasNotStreamed_M1) {
  const EscrowId id = open(terms());
  ledger.time_ms += 3 * hour_ms;
  const auto done = ledger.run(ledger.owner, EscrowClose{id});
  EXPECT_EQ(find_event<EscrowChanged>(done)->amount, Units(oort_base_units * 70));
  EXPECT_EQ(send(EscrowClose{id}), Rejection::EscrowEnded);
  EXPECT_EQ(send(EscrowFund{id, Units(1)}), Rejection::EscrowEnded);
  ledger.time_ms += hour_ms;
  EXPECT_EQ(withdraw(1, id), Oort(oort_base_units * 27 / 4));
  EXPECT_EQ(withdraw(2, id), Oort(oort_base_units * 81 / 4));
  EXPECT_FALSE(ledger.view().escrow(id).has_value());
  EXPECT_TRUE(ledger.view().escrows_of(account_of(ledger.owner), {}, 9).empty());
  EXPECT_TRUE(ledger.view().escrows_for(id_of(1), {}, 9).empty());
  EXPECT_TRUE(ledger.view().pot(Pot::Escrow).is_zero());
}

TEST_F(Escrows, ChangingWeightsKeepsWhatWasEarned) {
  const EscrowId id = open(terms());
  ledger.time_ms += hour_ms;
  EXPECT_EQ(send(EscrowChange{id, Units(oort_base_units * 20), {{id_of(3), 1}}}), Rejection::None);
  ledger.time_ms += hour_ms;
  EXPECT_EQ(withdraw(3, id), Oort(oort_base_units * 18));
  EXPECT_EQ(withdraw(1, id), Oort(oort_base_units * 9 / 4));
  EXPECT_EQ(ledger.view().escrows_for(id_of(1), {}, 9).size(), 1U);
}

TEST_F(Escrows, HoldBackWaitsForTheWindowAfterTheEnd) {
  EscrowOpen operation = terms();
  operation.expires_ms = ledger.time_ms + hour_ms;
  operation.holdback = parts_per_million / 5;
  operation.holdback_ms = hour_ms;
  const EscrowId id = open(operation);
  ledger.time_ms += 2 * hour_ms - 1;
  EXPECT_EQ(withdraw(2, id), Oort(oort_base_units * 54 / 10));
  EXPECT_EQ(ledger.send(keys_of(2), EscrowWithdraw{id}), Rejection::NothingToWithdraw);
  ledger.time_ms += 1;
  EXPECT_EQ(withdraw(2, id), Oort(oort_base_units * 135 / 100));
  EXPECT_EQ(ledger.send(ledger.stranger, EscrowClose{id}), Rejection::None) << "it has expired";
  EXPECT_EQ(withdraw(1, id), Oort(oort_base_units * 9 / 4));
  EXPECT_FALSE(ledger.view().escrow(id).has_value());
}

TEST_F(Escrows, AreRefusedForEachReason) {
  const auto opens = [&](auto change) {
    EscrowOpen operation = terms();
    change(operation);
    return send(operation);
  };
  const auto invalid = Rejection::EscrowFieldInvalid;
  EXPECT_EQ(opens([](auto& o) { o.amount = Units(); }), invalid);
  EXPECT_EQ(opens([](auto& o) { o.rate = Units(); }), invalid);
  EXPECT_EQ(opens([](auto& o) { o.earners.clear(); }), invalid);
  EXPECT_EQ(opens([](auto& o) { std::swap(o.earners[0], o.earners[1]); }), invalid);
  EXPECT_EQ(opens([](auto& o) { o.earners[0].weight = 0; }), invalid);
  EXPECT_EQ(opens([](auto& o) { o.expires_ms = 1; }), invalid);
  EXPECT_EQ(opens([](auto& o) { o.holdback = 1; }), invalid) << "a hold-back needs an end";
  EXPECT_EQ(opens([](auto& o) { o.amount = Units(~Uint128{0}); }), Rejection::BalanceTooLow);
  EXPECT_EQ(opens([](auto& o) { o.currency = Currency::Credits; }), Rejection::CreditsTooLow);
  EXPECT_EQ(send(EscrowClose{EscrowId(99)}), Rejection::EscrowUnknown);
  const EscrowId id = open(terms());
  EXPECT_EQ(ledger.send(ledger.stranger, EscrowClose{id}), Rejection::EscrowNotYours);
  EXPECT_EQ(ledger.send(ledger.stranger, EscrowChange{id, Units(1), {{id_of(1), 1}}}),
            Rejection::EscrowNotYours);
  EXPECT_EQ(send(EscrowFund{id, Units()}), Rejection::ZeroAmount);
  EXPECT_EQ(send(EscrowChange{id, Units(), {{id_of(1), 1}}}), invalid);
}

/// What later modules do, without an operation of their own.
class Arbitration : public Escrows {
 protected:
  /// Runs `use` as an operation of a block would, and keeps what it wrote.
  template <class Use>
  void act(Use use) {
    Overlay overlay(ledger.state());
    const BlockContext context = ledger.next_context();
    const Params params = ledger.view().params();
    Block block{context, ledger.chain(), ed25519_verifier(), nullptr, params, overlay};
    std::vector<Event> events;
    const AccountId sender = account_of(ledger.owner);
    Call call{block, sender, 0, 0, nullptr, events};
    use(call);
    std::vector<StateWrite> writes;
    for (const auto& [key, value] : overlay.changes()) writes.push_back({key, value});
    ledger.apply(writes);
  }
};

TEST_F(Arbitration, FreezingStopsTimeAndForfeitingGivesBack_M1) {
  const EscrowId id = open(terms());
  ledger.time_ms += hour_ms;
  act([&](Call& call) {
    auto escrow = find_escrow(call.block, id);
    freeze_escrow(call, *escrow);
  });
  ledger.time_ms += hour_ms;
  EXPECT_EQ(ledger.send(keys_of(1), EscrowWithdraw{id}), Rejection::EscrowFrozen);
  EXPECT_EQ(send(EscrowClose{id}), Rejection::EscrowFrozen);
  act([&](Call& call) {
    auto escrow = find_escrow(call.block, id);
    EXPECT_EQ(forfeit(call, *escrow, id_of(1), Units(oort_base_units)), Units(oort_base_units));
    EXPECT_EQ(forfeit(call, *escrow, id_of(9), Units(1)), Units());
    thaw_escrow(call, *escrow);
  });
  expect_invariants(ledger.state());
  EXPECT_EQ(withdraw(1, id), Oort(oort_base_units * 135 / 100));
  EXPECT_EQ(withdraw(2, id), Oort(oort_base_units * 27 / 4));
}

TEST_F(Arbitration, ReceiptsArePaidOutOfWhatHasNotStreamed) {
  EscrowId id;
  act([&](Call& call) {
    EscrowTerms job;
    job.payer = account_of(ledger.owner);
    job.kind = EscrowKind::Job;
    job.arbiter = Module::Jobs;
    job.amount = Units(oort_base_units * 10);
    auto escrow = open_escrow(call, job);
    ASSERT_TRUE(escrow.has_value());
    id = escrow->id;
    EXPECT_EQ(pay_escrow(call, *escrow, id_of(1), Units(oort_base_units * 11)),
              Rejection::EscrowTooLow);
    EXPECT_EQ(pay_escrow(call, *escrow, id_of(1), Units(oort_base_units * 4)), Rejection::None);
  });
  expect_invariants(ledger.state());
  EXPECT_EQ(send(EscrowClose{id}), Rejection::EscrowNotYours) << "the module closes it";
  act([&](Call& call) {
    auto escrow = find_escrow(call.block, id);
    close_escrow(call, *escrow);
  });
  expect_invariants(ledger.state());
  EXPECT_FALSE(ledger.view().escrow(id).has_value());
}

}  // namespace
}  // namespace oort::ledger::test
