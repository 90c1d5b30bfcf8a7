// SPDX-License-Identifier: Apache-2.0
#include "ledger_view.hpp"

#include <algorithm>
#include <atomic>
#include <map>

#include "oort/chain/chain.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/core/assert.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/state.hpp"
#include "oort/object/ports.hpp"
#include "room_transport.hpp"

namespace oort::node {
namespace {

constexpr std::size_t times_kept = 4096;

}  // namespace

object::FinalBlock to_object(const chain::FinalBlock& block) {
  object::FinalBlock out;
  out.height = block.header.height;
  out.time_ms = block.header.time_ms;
  for (const ledger::Receipt& receipt : block.receipts) {
    for (const ledger::OperationReceipt& operation : receipt.operations) {
      out.events.insert(out.events.end(), operation.events.begin(), operation.events.end());
    }
  }
  out.events.insert(out.events.end(), block.events.begin(), block.events.end());
  return out;
}

struct BlockFeed::Shared {
  Shared(const env::Clock& clock_in, env::Executor& strand_in, Duration patience)
      : clock(clock_in), strand(strand_in), quorum_patience(patience) {}

  const env::Clock& clock;
  env::Executor& strand;
  Duration quorum_patience;
  std::atomic<std::int64_t> last_block_at{0};
  // Of the strand alone.
  Listener listener;
  Height delivered;
  std::multimap<Height, Task> waiting;
  std::map<Height, std::uint64_t> times;

  void deliver(const object::FinalBlock& block) {
    if (listener) listener(block);
    delivered = block.height;
    times[block.height] = block.time_ms;
    if (times.size() > times_kept) times.erase(times.begin());
    while (!waiting.empty() && waiting.begin()->first <= delivered) {
      Task task = std::move(waiting.begin()->second);
      waiting.erase(waiting.begin());
      task();
    }
  }
};

BlockFeed::BlockFeed(chain::Chain& chain, const env::Clock& clock, env::Executor& strand,
                     Duration quorum_patience)
    : shared_(std::make_shared<Shared>(clock, strand, quorum_patience)), chain_(chain) {
  watch_ = chain_.subscribe(chain_.view()->height().next(),
                            [shared = shared_](const chain::FinalBlockRef&) {
                              shared->last_block_at = shared->clock.now_mono().nanoseconds;
                            });
}

BlockFeed::~BlockFeed() {
  chain_.unsubscribe(watch_);
  if (feed_) chain_.unsubscribe(*feed_);
}

Result<void> BlockFeed::listen(Height after, Listener listener) {
  OORT_ASSERT(!feed_, "there is one listener");
  shared_->listener = std::move(listener);
  shared_->delivered = after;
  feed_ = chain_.subscribe(after.next(), [shared = shared_](const chain::FinalBlockRef& block) {
    shared->strand.post([shared, block] { shared->deliver(to_object(*block)); });
  });
  return {};
}

void BlockFeed::when_delivered(Height height, Task task) {
  if (!feed_ || height <= shared_->delivered) {
    task();
    return;
  }
  shared_->waiting.emplace(height, std::move(task));
}

std::uint64_t BlockFeed::time_of(Height height) const {
  const auto found = shared_->times.find(height);
  return found == shared_->times.end() ? 0 : found->second;
}

bool BlockFeed::has_quorum() const noexcept {
  const std::int64_t last = shared_->last_block_at.load();
  const MonoTime now = shared_->clock.now_mono();
  return last != 0 && now - MonoTime{last} < shared_->quorum_patience;
}

object::LedgerSnapshot SnapshotView::snapshot() const {
  chain::FinalViewRef view = chain_.view();
  object::LedgerSnapshot snapshot;
  snapshot.height = view->height();
  snapshot.time_ms = view->time_ms();
  const ledger::StateReader* state = &view->state();
  // Shares ownership of the view, points at its state.
  snapshot.state = std::shared_ptr<const ledger::StateReader>(std::move(view), state);
  return snapshot;
}

bool SnapshotView::has_quorum() const noexcept {
  const chain::ValidatorSetRef validators = chain_.validators();
  const consensus::ValidatorSet& set = *validators;
  const std::vector<NodeId> peers = transport_.peers();
  std::uint64_t weight = 0;
  for (const consensus::Validator& validator : set.validators()) {
    const bool is_here =
        validator.node == transport_.self() || std::ranges::binary_search(peers, validator.node);
    if (is_here) weight += validator.weight;
  }
  return weight >= set.quorum() && feed_.has_quorum();
}

void SnapshotView::read_barrier(Duration, Callback<Result<void>> done) {
  chain_.barrier([this, done = std::move(done)](Result<chain::FinalViewRef> view) mutable {
    Result<void> outcome;
    if (!view) outcome = fail(view.error());
    strand_.post([done = std::move(done), outcome = std::move(outcome)]() mutable {
      done(std::move(outcome));
    });
  });
}

}  // namespace oort::node
