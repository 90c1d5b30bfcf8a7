// SPDX-License-Identifier: Apache-2.0
// Brings final blocks to the store, one batch a block, in order.
#include "impl.hpp"
#include "oort/consensus/core.hpp"
#include "oort/consensus/types.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/state_tree.hpp"

namespace oort::chain {
namespace {

constexpr std::string_view room = "chain";

/// A snapshot of the store after one block.
class StoredView final : public FinalView {
 public:
  StoredView(SnapshotRef snapshot, const records::Tip& tip, OnFailure on_failure)
      : height_(tip.height),
        block_(tip.block),
        time_ms_(tip.time_ms),
        state_(std::move(snapshot), std::move(on_failure)) {}

  [[nodiscard]] Height height() const noexcept override { return height_; }
  [[nodiscard]] const BlockId& block() const noexcept override { return block_; }
  [[nodiscard]] std::uint64_t time_ms() const noexcept override { return time_ms_; }
  [[nodiscard]] const ledger::StateReader& state() const noexcept override { return state_; }

 private:
  Height height_;
  BlockId block_;
  std::uint64_t time_ms_;
  StoreState state_;
};

}  // namespace

Error expired_error() {
  return {ErrorCode::Aborted, reason::expired,
          "no block up to the transaction's last height held it; nothing happened"};
}

void Chain::Impl::accept_final(consensus::BlockRef block, Execution::Finality finality,
                               bool is_synced) {
  // Engine and sync may both bring a block; the first one counts.
  if (block->header.height <= accepted_height_) return;
  OORT_ASSERT(!is_switching_, "nothing of the next epoch is final before it began here");
  OORT_ASSERT(block->header.parent == accepted_, "final blocks form one chain");
  accepted_height_ = block->header.height;
  accepted_ = block->id;
  if (certified_beyond_ && certified_beyond_->height <= accepted_height_) {
    if (!finality.certificate && certified_beyond_->certificate->block == accepted_) {
      finality.certificate = std::move(certified_beyond_->certificate);
    }
    certified_beyond_.reset();
  }
  is_switching_ = block->header.is_last_of_epoch();
  finals_.push_back({std::move(block), std::move(finality), is_synced});
  commit_next();
}

void Chain::Impl::commit_next() {
  if (is_committing_ || finals_.empty() || is_closed_) return;
  const consensus::BlockRef block = finals_.front().block;
  if (!ensure_executed(block->id)) {
    fail_for_ever(Error(ErrorCode::DataLoss, reason::corrupt_data,
                        "block " + std::to_string(block->header.height.value()) +
                            " is final, but this node computes another state than the quorum"));
    return;
  }
  const ExecutedBlock* executed = execution_->find(block->id);
  auto batch = execution_->commit_batch(*executed, finals_.front().finality);
  if (!batch) {
    fail_for_ever(batch.error());
    return;
  }
  is_committing_ = true;
  around_.store_disk.post([self = shared_from_this(), batch = *std::move(batch)]() mutable {
    auto written = self->around_.store.write(batch, env::Sync::Yes);
    self->on_strand([written = std::move(written)](Impl& chain) { chain.on_committed(written); });
  });
}

void Chain::Impl::on_committed(const Result<void>& written) {
  is_committing_ = false;
  if (!written) {
    fail_for_ever(written.error());
    return;
  }
  const Final final = std::move(finals_.front());
  finals_.pop_front();
  const FinalViewRef view_before = view_;
  const ledger::StateVersion version_before = execution_->tip_version();
  const auto stored = execution_->committed(final.block->id);
  if (!stored) {
    fail_for_ever(stored.error());
    return;
  }
  const Execution::Committed& done = *stored;
  for (const auto& lost : done.dropped) pool_.released(lost->ids());
  std::erase_if(checked_, [this](const auto& checked) {
    return checked.second.block->header.height <= execution_->tip().height;
  });
  pool_.finalized(done.block->transactions, execution_->tip().height,
                  next_after(execution_->tip_state()));
  publish_view();
  if (final.finality.certificate) note_certified(final, view_before, version_before);
  if (is_switching_ && final.block->header.is_last_of_epoch()) switch_epoch();
  tell_waiters(*done.block);
  tell_subscribers(*done.block);
  settle_barriers();
  if (final.is_synced && final.finality.certificate) {
    step(consensus::Synced{final.block->header, *final.finality.certificate});
  }
  refresh_ready();
  commit_next();
  compact_log();
}

void Chain::Impl::publish_view() {
  // Readers live on any thread and cannot be answered without the disk.
  const bool is_told = static_cast<bool>(around_.on_failure);
  auto view = std::make_shared<StoredView>(
      execution_->tip_snapshot(), execution_->tip(),
      [weak = weak_from_this(), is_told](const Error& error) {
        log::error(room, "the store cannot be read", {{"why", error.to_string()}});
        OORT_ASSERT(is_told, "nobody may be told what is not known");
        const auto self = weak.lock();
        if (self) self->on_strand([error](Impl& chain) { chain.fail_for_ever(error); });
      });
  const records::Tip& tip = execution_->tip();
  metrics::gauge("oort_chain_height", "Height of the last block that is final and durable here")
      .set(static_cast<double>(tip.height.value()));
  metrics::gauge("oort_chain_epoch", "The epoch that the next block is of")
      .set(static_cast<double>(execution_->ruling().epoch().value()));
  ValidatorSetRef ruling = validators_;
  if (!ruling || ruling->epoch() != validators().epoch()) {
    ruling = std::make_shared<const consensus::ValidatorSet>(validators());
  }
  const std::lock_guard lock(view_mutex_);
  view_ = std::move(view);
  validators_ = std::move(ruling);
}

void Chain::Impl::note_certified(const Final& final, FinalViewRef before,
                                 const ledger::StateVersion& version_before) {
  FinalHeaders headers{{final.block->header}, *final.finality.certificate};
  head_ = headers;
  // The header of a block tells the state before it: that is the newest that can be proven.
  provable_ = Provable{std::move(before), version_before, std::move(headers)};
}

void Chain::Impl::tell_waiters(const ExecutedBlock& block) {
  const records::Tip& tip = execution_->tip();
  for (std::size_t i = 0; i < block.transactions.size(); ++i) {
    const auto found = waiting_.find(block.transactions[i]->id);
    if (found == waiting_.end()) continue;
    Waiting waiting = std::move(found->second);
    waiting_.erase(found);
    for (auto& [number, waiter] : waiting.waiters) {
      around_.timers.cancel(waiter.timer);
      --waiters_count_;
      waiter.done(
          Commit{tip.height, tip.block, static_cast<std::uint32_t>(i), block.result.receipts[i]});
    }
  }
  for (auto place = waiting_.begin(); place != waiting_.end();) {
    const auto next = std::next(place);
    if (place->second.valid_until <= tip.height) {
      Waiting waiting = std::move(place->second);
      waiting_.erase(place);
      for (auto& [number, waiter] : waiting.waiters) {
        around_.timers.cancel(waiter.timer);
        --waiters_count_;
        waiter.done(fail(expired_error()));
      }
    }
    place = next;
  }
}

void Chain::Impl::tell_subscribers(const ExecutedBlock& block) {
  FinalBlockRef told;
  std::vector<SubscriptionId> ready;
  for (const auto& [id, subscription] : subscriptions_) {
    if (subscription.next == execution_->tip().height && !subscription.is_catching_up) {
      ready.push_back(id);
    }
  }
  for (const SubscriptionId id : ready) {
    if (!told) {
      told = std::make_shared<const FinalBlock>(
          FinalBlock{block.block->header, block.block->id, block.transactions,
                     block.result.receipts, block.result.block_events});
    }
    const auto found = subscriptions_.find(id);
    if (found == subscriptions_.end()) continue;
    found->second.next = found->second.next.next();
    found->second.handler(told);
  }
}

void Chain::Impl::compact_log() {
  const bool is_quiet = finals_.empty() && !is_committing_ && log_->is_idle();
  if (!is_quiet || log_->bytes() < options_.log_bytes_max) return;
  log_->compact(core_->durable_state());
}

void Chain::Impl::fail_for_ever(const Error& error) {
  if (is_closed_) return;
  close();
  log::error(room, "the chain stops", {{"why", error.to_string()}});
  if (around_.on_failure) {
    around_.on_failure(error);
    return;
  }
  log::flush();
  OORT_ASSERT(false, "a validator must not go on with a disk or a state that it cannot trust");
}

}  // namespace oort::chain
