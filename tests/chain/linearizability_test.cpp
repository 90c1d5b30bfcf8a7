// SPDX-License-Identifier: Apache-2.0
// What clients see of the ledger under faults is what one bank, asked one thing at a time, could
// have answered.
#include <gtest/gtest.h>

#include <array>

#include "history.hpp"
#include "kit.hpp"

namespace oort::chain::test {
namespace {

constexpr std::size_t accounts_count = 4;
constexpr Uint128 funds = oort_base_units * 1000;

// The checker itself ------------------------------------------------------------------------------

BankOperation pays(std::uint64_t invoked, std::optional<std::uint64_t> returned, std::size_t from,
                   std::size_t to, std::uint64_t amount, bool is_applied = true) {
  return {false, from, to, amount, invoked, returned, 0, is_applied};
}
BankOperation reads(std::uint64_t invoked, std::uint64_t returned, std::size_t account,
                    Uint128 balance) {
  return {true, account, 0, 0, invoked, returned, balance, false};
}
bool is_linearizable(const std::vector<BankOperation>& history) {
  return Linearizability(history, {10, 10}).holds();
}

TEST(Linearizability, AcceptsEitherOrderOfWhatOverlaps) {
  EXPECT_TRUE(is_linearizable({pays(1, 4, 0, 1, 3), reads(2, 3, 1, 10)}));
  EXPECT_TRUE(is_linearizable({pays(1, 4, 0, 1, 3), reads(2, 3, 1, 13)}));
  EXPECT_TRUE(is_linearizable({pays(1, 6, 0, 1, 3), reads(2, 3, 1, 10), reads(4, 5, 0, 7)}));
}

TEST(Linearizability, FindsAStaleRead) {
  EXPECT_FALSE(is_linearizable({pays(1, 2, 0, 1, 3), reads(3, 4, 1, 10)}));
  EXPECT_FALSE(is_linearizable({pays(1, 6, 0, 1, 3), reads(2, 3, 1, 13), reads(4, 5, 0, 10)}))
      << "what one has seen, the next must see";
}

TEST(Linearizability, FindsALostAndAnInventedTransfer) {
  EXPECT_FALSE(is_linearizable({pays(1, 2, 0, 1, 3), pays(3, 4, 0, 1, 3), reads(5, 6, 1, 13)}));
  EXPECT_FALSE(is_linearizable({reads(1, 2, 1, 13), pays(3, 4, 0, 1, 3)}));
  EXPECT_FALSE(is_linearizable({pays(1, 2, 0, 1, 11)})) << "more than there was";
  EXPECT_FALSE(is_linearizable({pays(1, 2, 0, 1, 3, false)})) << "refused without a reason";
}

TEST(Linearizability, LetsTheUnknownHappenLaterOrNever) {
  const auto unknown = pays(1, std::nullopt, 0, 1, 3);
  EXPECT_TRUE(is_linearizable({unknown, reads(2, 3, 1, 10), reads(4, 5, 1, 13)}));
  EXPECT_TRUE(is_linearizable({unknown, reads(2, 3, 1, 10), reads(4, 5, 1, 10)}));
  EXPECT_FALSE(is_linearizable({unknown, reads(2, 3, 1, 13), reads(4, 5, 1, 10)}));
}

// Clients of a network ----------------------------------------------------------------------------

enum class ReadBy : std::uint8_t { Barrier, LocalView };

/// Clients that pay and read through any machine, one thing at a time each.
class Clients {
 public:
  Clients(ChainWorld& net, ReadBy read_by, std::size_t operations_max)
      : net_(net), read_by_(read_by), operations_max_(operations_max) {
    // The callbacks of machines that die keep places in it.
    history_.reserve(operations_max);
    for (std::size_t client = 0; client < accounts_count; ++client) act_later(client);
  }
  [[nodiscard]] bool are_done() const {
    return history_.size() == operations_max_ && busy_count_ == 0;
  }
  [[nodiscard]] const std::vector<BankOperation>& history() const { return history_; }

 private:
  void act_later(std::size_t client) {
    net_.world.after(Duration(net_.world.random().below(60'000'000)),
                     [this, client] { act(client); });
  }

  void act(std::size_t client) {
    if (history_.size() == operations_max_) return;
    const std::size_t machine = net_.world.random().below(net_.nodes.size());
    if (!net_.is_up(machine)) return act_later(client);
    const std::size_t number = history_.size();
    BankOperation& operation = history_.emplace_back();
    operation.invoked = ++clock_;
    operation.is_read = net_.world.random().below(2) == 0;
    operation.account = operation.is_read ? net_.world.random().below(accounts_count) : client;
    operation.to = (client + 1 + net_.world.random().below(accounts_count - 1)) % accounts_count;
    // Now and then more than there is.
    const bool is_large = net_.world.random().below(8) == 0;
    operation.amount = is_large ? funds * 2 : Uint128{1} + net_.world.random().below(1000);
    ++busy_count_;
    const std::uint64_t attempt = ++attempts_[client];
    operation.is_read ? read(client, number, machine) : pay(client, number, machine);
    // Who died with the answer never gives it.
    net_.world.after(6s, [this, client, attempt] {
      if (attempts_[client] == attempt) end(client, true);
    });
  }

  void end(std::size_t client, bool is_unknown) {
    ++attempts_[client];
    --busy_count_;
    // What is unknown may still come, with its number: the lane is left alone.
    if (is_unknown) {
      ++lanes_[client];
      sequences_[client] = 0;
    }
    act_later(client);
  }

  void read(std::size_t client, std::size_t number, std::size_t machine) {
    const auto answer = [this, client, number,
                         attempt = attempts_[client]](Result<FinalViewRef> view) {
      if (attempts_[client] != attempt) return;
      if (view) {
        BankOperation& operation = history_[number];
        operation.returned = ++clock_;
        const ledger::View state((*view)->state());
        operation.balance = state.account(client_of(operation.account)).balance.units();
      }
      end(client, false);
    };
    if (read_by_ == ReadBy::Barrier) return net_.chain(machine).barrier(answer);
    answer(net_.chain(machine).view());
  }

  void pay(std::size_t client, std::size_t number, std::size_t machine) {
    const BankOperation& operation = history_[number];
    ledger::Transaction transaction;
    transaction.chain = ledger::chain_id_of(net_.genesis);
    transaction.lane = lanes_[client];
    transaction.sequence = sequences_[client]++;
    transaction.valid_until = Height(900);
    ledger::add_operation(transaction,
                          ledger::Transfer{client_of(operation.to), Oort(operation.amount)});
    const auto signer = sim::cheap_signer(key_of(first_client + client));
    ASSERT_TRUE(ledger::sign(transaction, *signer).has_value());
    net_.chain(machine).submit(
        std::move(transaction),
        [this, client, number, attempt = attempts_[client]](Result<Commit> done) {
          if (attempts_[client] != attempt) return;
          if (!done) return end(client, true);
          ASSERT_EQ(done->receipt.rejection, ledger::Rejection::None);
          history_[number].returned = ++clock_;
          history_[number].is_applied =
              done->receipt.operations.at(0).rejection == ledger::Rejection::None;
          end(client, false);
        });
  }

  ChainWorld& net_;
  ReadBy read_by_;
  std::size_t operations_max_;
  std::vector<BankOperation> history_;
  std::uint64_t clock_ = 0;
  std::size_t busy_count_ = 0;
  std::array<std::uint64_t, accounts_count> attempts_{};
  std::array<std::uint32_t, accounts_count> lanes_{};
  std::array<std::uint64_t, accounts_count> sequences_{};
};

sim::LinkOptions bad_links() {
  return {.delay_min = 1ms,
          .delay_max = 30ms,
          .loss_ppm = 30'000,
          .duplicate_ppm = 20'000,
          .is_ordered = false};
}

/// Crashes and cuts of one machine at a time, now one way and now both.
void trouble(ChainWorld& net) {
  auto& chance = net.world.random();
  const auto victim = static_cast<std::uint32_t>(chance.below(4));
  const std::uint64_t kind = chance.below(3);
  if (kind == 0) {
    net.crash(victim);
  } else {
    for (std::uint32_t other = 0; other < 4; ++other) {
      if (other == victim) continue;
      net.network.links().cut(other, victim);
      if (kind == 1) net.network.links().cut(victim, other);
    }
  }
  net.world.run_for(Duration(chance.below(1'500'000'000)));
  net.network.links().heal();
  if (!net.is_up(victim)) net.start(victim);
}

std::vector<BankOperation> play(std::uint64_t seed, ReadBy read_by) {
  ChainWorld net(seed, 4, 4, bad_links());
  net.options.submit_deadline = 5s;
  net.start_all();
  EXPECT_TRUE(net.run_until([&] { return net.all_reached(3); }));
  Clients clients(net, read_by, 60);
  for (int round = 0; round < 30 && !clients.are_done(); ++round) {
    trouble(net);
    net.world.run_for(Duration(net.world.random().below(500'000'000)));
  }
  EXPECT_TRUE(net.run_until([&] { return clients.are_done(); }, 60s)) << "seed " << seed;
  net.expect_agreement();
  return clients.history();
}

const std::vector<Uint128> opening(accounts_count, funds);

TEST(Chain, WhatClientsSeeIsLinearizable_B2_B6) {
  std::size_t answered = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const auto history = play(seed, ReadBy::Barrier);
    EXPECT_TRUE(Linearizability(history, opening).holds()) << "seed " << seed;
    for (const BankOperation& operation : history) answered += operation.returned ? 1U : 0U;
  }
  EXPECT_GT(answered, 8 * 45U) << "or nothing was judged";
}

// The recorder and the checker are not blind: a read that asks nobody is stale sooner or later.
TEST(Chain, AReadThatAsksNobodyIsFoundOut_B6) {
  bool is_found = false;
  for (std::uint64_t seed = 1; seed <= 8 && !is_found; ++seed) {
    is_found = !Linearizability(play(seed, ReadBy::LocalView), opening).holds();
  }
  EXPECT_TRUE(is_found);
}

}  // namespace
}  // namespace oort::chain::test
