// SPDX-License-Identifier: Apache-2.0
#include "submitter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "kit.hpp"
#include "ledger_view.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/transaction.hpp"
#include "sim/signer.hpp"

namespace oort::node {
namespace {

using namespace std::chrono_literals;
using chain::test::ChainWorld;
using chain::test::client_of;

/// The newest final state of a chain.
class FinalState final : public object::LedgerView {
 public:
  explicit FinalState(chain::Chain& chain) : chain_(chain) {}
  [[nodiscard]] object::LedgerSnapshot snapshot() const override {
    chain::FinalViewRef view = chain_.view();
    object::LedgerSnapshot snapshot{view->height(), view->time_ms(), nullptr};
    const ledger::StateReader* state = &view->state();
    snapshot.state = std::shared_ptr<const ledger::StateReader>(std::move(view), state);
    return snapshot;
  }
  [[nodiscard]] bool has_quorum() const noexcept override { return false; }
  void read_barrier(Duration /*deadline*/, Callback<Result<void>> done) override { done({}); }

 private:
  chain::Chain& chain_;
};

/// What became of one call of `submit`.
struct Answer {
  std::uint32_t count = 0;
  std::optional<Result<object::SubmitResult>> result;
  /// The newest block that the listener had heard of then.
  Height delivered;
};

/// The submitter of client 0 on the first machine of a network of real chains. Transfers of 1, 2, 3
/// … are its operations, so that the ledger's events tell their order.
class Stand {
 public:
  explicit Stand(Submitter::Options options = {}) {
    world.start_all();
    EXPECT_TRUE(world.run_until([&] { return world.all_reached(2); }));
    feed_.emplace(world.chain(0), machine().clock(), machine().strand(), 5s);
    EXPECT_TRUE(feed_->listen(Height(0), [this](const object::FinalBlock& block) { hear(block); }));
    view_.emplace(world.chain(0));
    submitter_.emplace(Submitter::Parts{ledger::chain_id_of(world.genesis), world.chain(0), *feed_,
                                        *view_, *signer_, machine().strand(), machine().timers()},
                       options);
  }
  ~Stand() { submitter_->stop(); }
  Stand(const Stand&) = delete;
  Stand& operator=(const Stand&) = delete;

  /// Submits the next `count` transfers.
  std::shared_ptr<Answer> submit(std::size_t count, Duration deadline = 30s) {
    std::vector<ledger::SubmittedOperation> operations;
    for (std::size_t i = 0; i < count; ++i) {
      operations.push_back({ledger::Transfer{client_of(1), Oort(++submitted_count)}, {}});
    }
    auto answer = std::make_shared<Answer>();
    submitter_->submit(std::move(operations), deadline,
                       [this, answer](Result<object::SubmitResult> result) {
                         ++answer->count;
                         answer->delivered = delivered_;
                         answer->result = std::move(result);
                       });
    return answer;
  }
  void expect_success(const Answer& answer, std::size_t operations_count) {
    ASSERT_TRUE(answer.result);
    ASSERT_TRUE(*answer.result) << answer.result->error().to_string();
    const object::SubmitResult& result = **answer.result;
    EXPECT_GE(answer.delivered, result.height);
    ASSERT_EQ(result.receipts.size(), operations_count);
    for (const ledger::OperationReceipt& receipt : result.receipts) {
      EXPECT_EQ(receipt.events.size(), 1U);
    }
  }
  /// Every transfer was executed once, in the order of `submit`.
  void expect_order() {
    ASSERT_TRUE(world.run_until([&] { return executed.size() >= submitted_count; }))
        << executed.size() << " transfers were executed";
    world.world.run_for(2s);
    ASSERT_EQ(executed.size(), submitted_count);
    for (std::size_t i = 0; i < executed.size(); ++i) EXPECT_EQ(executed[i], Oort(i + 1));
  }

  ChainWorld world{1};
  /// Amounts in the order of the ledger.
  std::vector<Oort> executed;
  std::uint64_t submitted_count = 0;

 private:
  [[nodiscard]] sim::Node& machine() { return *world.nodes[0]; }
  void hear(const object::FinalBlock& block) {
    delivered_ = block.height;
    for (const ledger::Event& event : block.events) {
      const auto* transferred = std::get_if<ledger::Transferred>(&event);
      if (transferred != nullptr && transferred->from == client_of(0)) {
        executed.push_back(transferred->amount);
      }
    }
  }

  Height delivered_;
  std::unique_ptr<env::Signer> signer_ =
      sim::cheap_signer(chain::test::key_of(chain::test::first_client));
  std::optional<BlockFeed> feed_;
  std::optional<FinalState> view_;
  std::optional<Submitter> submitter_;
};

TEST(Submitter, ManyCallersAreOrderedAndAnsweredOnceAfterTheirBlock_U1_U3) {
  Stand stand;
  std::vector<std::pair<std::shared_ptr<Answer>, std::size_t>> answers;
  // More than one transaction holds, so some callers are complete with their last one.
  for (const std::size_t count : {1U, 3U, 300U, 1U, 600U, 2U}) {
    answers.emplace_back(stand.submit(count), count);
  }
  ASSERT_TRUE(stand.world.run_until([&] {
    return std::ranges::all_of(answers, [](const auto& pair) { return pair.first->count > 0; });
  }));
  stand.expect_order();
  for (const auto& [answer, count] : answers) {
    EXPECT_EQ(answer->count, 1U);
    ASSERT_NO_FATAL_FAILURE(stand.expect_success(*answer, count));
  }
}

TEST(Submitter, AnUnknownFateIsToldAtTheDeadlineAndTheSameBytesGoOn_U2) {
  Stand stand;
  const auto before = stand.submit(1);
  ASSERT_TRUE(stand.world.run_until([&] { return before->count == 1; }));
  stand.world.network.links().partition({0, 1, 1, 1});

  const auto cut = stand.submit(2, 1s);
  ASSERT_TRUE(stand.world.run_until([&] { return cut->count == 1; }, 2s));
  ASSERT_FALSE(*cut->result);
  EXPECT_EQ(cut->result->error().reason(), reason::no_quorum);
  const auto after = stand.submit(1, 60s);
  stand.world.world.run_for(3s);
  EXPECT_EQ(after->count, 0U);

  stand.world.network.links().heal();
  ASSERT_TRUE(stand.world.run_until([&] { return after->count == 1; }));
  ASSERT_NO_FATAL_FAILURE(stand.expect_success(*after, 1));
  stand.expect_order();
  EXPECT_EQ(cut->count, 1U);
}

TEST(Submitter, AfterItsExpiryOnlyWhatIsStillWaitedForIsSentAgain_U1_U2) {
  Stand stand;
  const auto before = stand.submit(1);
  ASSERT_TRUE(stand.world.run_until([&] { return before->count == 1; }));
  stand.world.network.links().partition({0, 1, 1, 1});
  const auto given_up = stand.submit(2, 1s);
  const auto patient = stand.submit(1, 120s);
  const std::uint64_t expired = stand.world.height(1) + 1'000;
  ASSERT_TRUE(stand.world.run_until([&] { return stand.world.height(1) > expired; }, 100s));

  stand.world.network.links().heal();
  ASSERT_TRUE(stand.world.run_until([&] { return patient->count == 1; }));
  ASSERT_NO_FATAL_FAILURE(stand.expect_success(*patient, 1));
  stand.world.world.run_for(2s);
  EXPECT_EQ(stand.executed, (std::vector<Oort>{Oort(1), Oort(4)}));
  EXPECT_EQ(given_up->count, 1U);
  EXPECT_EQ(patient->count, 1U);
}

TEST(Submitter, StoppingAnswersEverybodyOnce_U3) {
  auto stand = std::make_unique<Stand>();
  stand->world.network.links().partition({0, 1, 1, 1});
  const auto first = stand->submit(1);
  const auto second = stand->submit(300);
  stand->world.world.run_for(1s);
  EXPECT_EQ(first->count + second->count, 0U);
  stand.reset();
  for (const auto& answer : {first, second}) {
    EXPECT_EQ(answer->count, 1U);
    ASSERT_FALSE(*answer->result);
    EXPECT_EQ(answer->result->error().reason(), reason::cancelled);
  }
}

}  // namespace
}  // namespace oort::node
