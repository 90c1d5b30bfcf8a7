// SPDX-License-Identifier: Apache-2.0
#include "submitter.hpp"

#include <algorithm>
#include <functional>

#include "oort/chain/certified.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/log.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/executor.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/ports.hpp"
#include "room_transport.hpp"

namespace oort::node {
namespace {

constexpr std::uint64_t valid_blocks_max = 1'000;

/// One call of `submit`.
struct Call {
  Callback<Result<object::SubmitResult>> done;
  object::SubmitResult result;
  std::size_t open_count = 0;
  env::TimerId timer;
};
using CallRef = std::shared_ptr<Call>;

/// One operation, and where its receipt belongs.
struct Waiting {
  CallRef call;
  std::size_t index = 0;
  ledger::SubmittedOperation operation;
};

struct Batch {
  ledger::Transaction transaction;
  std::vector<Waiting> operations;
};
using BatchRef = std::shared_ptr<Batch>;

/// Whether the transaction certainly was not executed and never will be.
bool is_dead(const Error& error) { return error.reason() == reason::expired; }

}  // namespace

class Submitter::Impl : public std::enable_shared_from_this<Submitter::Impl> {
 public:
  Impl(Parts parts, Options options) : parts_(parts), options_(options) {}

  void add(std::vector<ledger::SubmittedOperation> operations, Duration deadline,
           Callback<Result<object::SubmitResult>> done) {
    if (is_stopped_) {
      done(fail(ErrorCode::Cancelled, reason::cancelled, "the node stops"));
      return;
    }
    if (waiting_.size() + operations.size() > options_.waiting_operations_max) {
      done(fail(ErrorCode::ResourceExhausted, reason::queue_full,
                "too many operations wait for the ledger; try again"));
      return;
    }
    auto call = std::make_shared<Call>();
    call->done = std::move(done);
    call->open_count = operations.size();
    call->result.receipts.resize(operations.size());
    call->timer =
        parts_.timers.after(deadline, [self = shared_from_this(), call] { self->give_up(call); });
    for (std::size_t i = 0; i < operations.size(); ++i) {
      waiting_.push_back({.call = call, .index = i, .operation = std::move(operations[i])});
    }
    if (operations.empty()) answer(call);
    pump();
  }

  void stop() {
    is_stopped_ = true;
    const auto cancel = [this](Waiting& waiting) {
      answer_with(waiting.call, Error(ErrorCode::Cancelled, reason::cancelled, "the node stops"));
    };
    std::ranges::for_each(waiting_, cancel);
    waiting_.clear();
    for (const BatchRef& batch : in_flight_) std::ranges::for_each(batch->operations, cancel);
    for (const BatchRef& batch : returned_) std::ranges::for_each(batch->operations, cancel);
  }

 private:
  void give_up(const CallRef& call) {
    const bool has_quorum = parts_.ledger.has_quorum();
    answer_with(call, Error(ErrorCode::Unavailable,
                            has_quorum ? reason::deadline_exceeded : reason::no_quorum,
                            has_quorum ? "the ledger did not order the write in time"
                                       : "the ledger has no quorum: fewer than two thirds of the "
                                         "validators answer, so writes cannot be ordered"));
  }

  void answer_with(const CallRef& call, const Error& error) {
    if (!call->done) return;
    parts_.timers.cancel(call->timer);
    auto done = std::move(call->done);
    call->done = {};
    done(fail(error));
  }

  void answer(const CallRef& call) {
    if (!call->done) return;
    parts_.timers.cancel(call->timer);
    auto done = std::move(call->done);
    call->done = {};
    done(std::move(call->result));
  }

  /// Sends what waits, as far as it may.
  void pump() {
    // Operations whose callers have given up and that never left are not sent.
    while (!waiting_.empty() && !waiting_.front().call->done) waiting_.pop_front();
    if (is_stopped_ || must_resync_) return;
    while (!waiting_.empty() && in_flight_.size() < options_.in_flight_max) {
      const BatchRef batch = take_batch();
      if (batch->operations.empty()) continue;
      if (auto signed_batch = sign(*batch); !signed_batch) {
        for (const Waiting& waiting : batch->operations) {
          answer_with(waiting.call, signed_batch.error());
        }
        continue;
      }
      in_flight_.push_back(batch);
      send(batch);
    }
  }

  BatchRef take_batch() {
    auto batch = std::make_shared<Batch>();
    std::size_t bytes = 0;
    while (!waiting_.empty() && batch->operations.size() < limits::operations_per_transaction_max) {
      Waiting& next = waiting_.front();
      if (!next.call->done) {
        waiting_.pop_front();
        continue;
      }
      const std::size_t size =
          next.operation.body.size() + ledger::encode_operation(next.operation.operation).size();
      if (!batch->operations.empty() && bytes + size > options_.transaction_bytes_max) break;
      bytes += size;
      batch->operations.push_back(std::move(next));
      waiting_.pop_front();
    }
    return batch;
  }

  Result<void> sign(Batch& batch) {
    const object::LedgerSnapshot snapshot = parts_.ledger.snapshot();
    const ledger::View view(*snapshot.state);
    if (!next_sequence_) {
      const AccountId self = crypto::account_of(parts_.signer.public_key());
      next_sequence_ = ledger::next_sequence_of(view.account(self), 0);
    }
    const ledger::Params params = view.params();
    ledger::Transaction& transaction = batch.transaction;
    transaction.chain = parts_.chain_id;
    transaction.sequence = *next_sequence_;
    transaction.valid_until = Height(
        snapshot.height.value() + std::min(valid_blocks_max, params.transaction_lifetime_max / 2));
    for (const Waiting& waiting : batch.operations) {
      ledger::add_operation(transaction, waiting.operation);
    }
    transaction.fee_max = fee_limit(params, transaction);
    OORT_TRY(ledger::sign(transaction, parts_.signer));
    next_sequence_ = *next_sequence_ + 1;
    return {};
  }

  /// Twice what it costs now, so that a rise before its block refuses nothing.
  static Oort fee_limit(const ledger::Params& params, const ledger::Transaction& transaction) {
    const auto bytes = params.fee_byte.times(ledger::encoded_size(transaction) + 256);
    const auto operations = params.fee_operation.times(transaction.operations.size());
    const Oort sum = bytes.value_or(Oort())
                         .plus(operations.value_or(Oort()))
                         .value_or(Oort())
                         .plus(params.fee_transaction)
                         .value_or(Oort());
    return sum.times(2).value_or(Oort());
  }

  void send(const BatchRef& batch) {
    parts_.chain.submit(
        batch->transaction,
        on_strand<Result<chain::Commit>>(
            parts_.strand, [self = shared_from_this(), batch](Result<chain::Commit> commit) {
              self->on_commit(batch, std::move(commit));
            }));
  }

  void on_commit(const BatchRef& batch, Result<chain::Commit> commit) {
    if (is_stopped_) return;
    if (commit) {
      finish(batch, *commit);
      return;
    }
    if (is_dead(commit.error())) {
      log::warn(
          "node", "a batch expired unordered",
          {{"sequence", batch->transaction.sequence}, {"operations", batch->operations.size()}});
      put_back(batch);
      return;
    }
    // Nothing is known of it, or it could not be taken now: the same bytes again (U2).
    parts_.timers.after(options_.retry_after, [self = shared_from_this(), batch] {
      if (!self->is_stopped_) self->send(batch);
    });
  }

  void finish(const BatchRef& batch, const chain::Commit& commit) {
    if (commit.receipt.rejection != ledger::Rejection::None) {
      log::warn("node", "a batch was rejected",
                {{"sequence", batch->transaction.sequence},
                 {"rejection", ledger::to_string(commit.receipt.rejection)}});
      put_back(batch);
      return;
    }
    std::erase(in_flight_, batch);
    OORT_ASSERT(commit.receipt.operations.size() == batch->operations.size(),
                "a receipt has one entry per operation");
    for (std::size_t i = 0; i < batch->operations.size(); ++i) {
      const Waiting& waiting = batch->operations[i];
      waiting.call->result.receipts[waiting.index] = commit.receipt.operations[i];
      waiting.call->result.height = commit.height;
    }
    // A caller of several transactions is complete with its last one.
    parts_.feed.when_delivered(commit.height, [self = shared_from_this(), batch] {
      for (const Waiting& waiting : batch->operations) {
        waiting.call->result.time_ms = self->parts_.feed.time_of(waiting.call->result.height);
        if (--waiting.call->open_count == 0) self->answer(waiting.call);
      }
    });
    settle();
  }

  /// The batch had no effect: its operations go to the front of the queue, to be sent under fresh
  /// sequences once everything behind it is settled too.
  void put_back(const BatchRef& batch) {
    std::erase(in_flight_, batch);
    must_resync_ = true;
    returned_.push_back(batch);
    settle();
  }

  void settle() {
    if (!must_resync_) {
      pump();
      return;
    }
    if (!in_flight_.empty()) return;
    // Batches end in any order; the last one goes to the front first, so the first one leads (U1).
    std::ranges::sort(returned_, std::greater(),
                      [](const BatchRef& batch) { return batch->transaction.sequence; });
    for (const BatchRef& batch : returned_) {
      waiting_.insert(waiting_.begin(), std::make_move_iterator(batch->operations.begin()),
                      std::make_move_iterator(batch->operations.end()));
    }
    returned_.clear();
    next_sequence_.reset();
    must_resync_ = false;
    pump();
  }

  Parts parts_;
  Options options_;
  bool is_stopped_ = false;
  bool must_resync_ = false;
  std::optional<std::uint64_t> next_sequence_;
  std::deque<Waiting> waiting_;
  std::vector<BatchRef> in_flight_;
  std::vector<BatchRef> returned_;

  friend class Submitter;
};

Submitter::Submitter(Parts parts, Options options)
    : impl_(std::make_shared<Impl>(parts, options)) {}
Submitter::~Submitter() = default;

void Submitter::submit(std::vector<ledger::SubmittedOperation> operations, Duration deadline,
                       Callback<Result<object::SubmitResult>> done) {
  impl_->parts_.strand.post([impl = impl_, operations = std::move(operations), deadline,
                             done = std::move(done)]() mutable {
    impl->add(std::move(operations), deadline, std::move(done));
  });
}

void Submitter::stop() { impl_->stop(); }

}  // namespace oort::node
