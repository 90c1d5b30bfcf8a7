// SPDX-License-Identifier: Apache-2.0
#include "open_segments.hpp"

#include <algorithm>

#include "coded_store.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/shard_receipt.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/sealing.hpp"

namespace oort::object {
namespace {

constexpr std::string_view room = "object";
constexpr std::uint32_t attempts_max = 4;
constexpr std::uint32_t first_fence = 1;
/// A round's operations with their bodies fit into few transactions.
constexpr std::size_t round_puts_max = 200;
constexpr std::size_t round_bytes_max = std::size_t{2} << 20;

/// The segment is the reason, so another segment may be the cure.
bool is_of_segment(ledger::Rejection rejection) {
  const auto number = static_cast<std::uint16_t>(rejection);
  return (number >= 0x0620 && number <= 0x062f) || rejection == ledger::Rejection::ExtentInvalid;
}

/// The gateway may make no segment at all, so no other one is the cure.
bool is_of_payer(ledger::Rejection rejection) {
  return rejection == ledger::Rejection::StorageUnfunded ||
         rejection == ledger::Rejection::StorageInArrears;
}

}  // namespace

void OpenSegments::put(SmallPut put) {
  OORT_ASSERT(!put.plain.empty(), "an object without bytes needs no segment");
  if (queue_.size() >= env_->options.small_waiting_max) {
    put.done(fail(ErrorCode::ResourceExhausted, reason::queue_full,
                  "too many small objects wait to be written; try again"));
    return;
  }
  queue_.push_back({std::move(put), 0});
  start_round();
}

bool OpenSegments::is_in_use(const SegmentId& segment) const {
  const auto found = in_use_.find(segment);
  if (found == in_use_.end()) return false;
  const Segment& used = *found->second;
  return !used.is_retired || used.submits_open > 0 ||
         env_->parts.clock.now_mono() < used.unknown_until;
}

void OpenSegments::retire_idle(Duration idle) {
  const MonoTime now = env_->parts.clock.now_mono();
  if (current_ && !is_round_open_ && queue_.empty() && now - current_->used >= idle) {
    retire(current_);
  }
  std::erase_if(in_use_, [this](const auto& one) { return !is_in_use(one.first); });
}

void OpenSegments::retire(const std::shared_ptr<Segment>& segment) {
  segment->is_retired = true;
  if (current_ == segment) current_.reset();
}

Result<void> OpenSegments::open_segment() {
  const LedgerSnapshot now = env_->parts.ledger.snapshot();
  const ledger::Params params = ledger::View(*now.state).params();
  const auto policy = ledger::policy_of(params, storage_class_);
  if (!policy) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "this network has no such storage class");
  }
  auto segment = std::make_shared<Segment>();
  segment->nonce = env_->parts.random.below(~std::uint64_t{0});
  segment->id = ledger::segment_id_of(env_->account, segment->nonce);
  auto nodes = candidates_for(env_, params, segment->id, storage_class_, {});
  OORT_TRY(const SchemePlan plan, plan_replicated(*policy, nodes.size(), env_->options.durability));
  nodes.resize(plan.scheme.total);
  segment->replicas = std::move(nodes);
  segment->used = env_->parts.clock.now_mono();
  current_ = segment;
  in_use_[segment->id] = segment;
  return {};
}

void OpenSegments::start_round() {
  if (is_round_open_ || queue_.empty()) return;
  if (current_ && current_->length >= env_->options.open_segment_bytes_max) retire(current_);
  if (!current_) {
    if (auto opened = open_segment(); !opened) {
      std::deque<Waiting> refused = std::move(queue_);
      queue_.clear();
      for (Waiting& one : refused) one.put.done(fail(opened.error()));
      return;
    }
  }
  is_round_open_ = true;
  auto round = std::make_shared<Round>();
  round->segment = current_;
  round->offset = current_->length;
  std::size_t bytes = 0;
  while (!queue_.empty() && round->puts.size() < round_puts_max && bytes < round_bytes_max) {
    const std::uint64_t length = sealed_bytes(queue_.front().put.plain.size());
    ledger::Extent extent;
    extent.slot = {current_->id, current_->next_slot++};
    extent.offset = current_->length;
    extent.length = length;
    current_->length += length;
    bytes += length;
    round->extents.push_back(extent);
    round->puts.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  current_->used = env_->parts.clock.now_mono();
  env_->parts.pool.post([self = shared_from_this(), round] { self->seal(round); });
}

// On the pool. The strand touches neither the round nor the tree meanwhile.
void OpenSegments::seal(const RoundPtr& round) {
  for (std::size_t i = 0; i < round->puts.size(); ++i) {
    ledger::Extent& extent = round->extents[i];
    const SmallPut& put = round->puts[i].put;
    const Bytes sealed = seal_extent(extent_key(put.data_key, extent.slot), put.plain);
    extent.root = crypto::tree_root(sealed);
    round->bytes.insert(round->bytes.end(), sealed.begin(), sealed.end());
  }
  round->segment->tree.update(round->bytes);
  round->root = round->segment->tree.root();
  env_->parts.strand.post([self = shared_from_this(), round] { self->replicate(round); });
}

void OpenSegments::replicate(const RoundPtr& round) {
  const Segment& segment = *round->segment;
  const Height hold = hold_until(env_->parts.ledger.snapshot());
  round->receipts.resize(segment.replicas.size());
  round->answers_open = segment.replicas.size();
  for (std::size_t i = 0; i < segment.replicas.size(); ++i) {
    AppendShard request;
    request.shard = {segment.id, static_cast<std::uint8_t>(i), first_fence};
    request.offset = round->offset;
    request.wants_receipt = true;
    request.hold_until = hold;
    request.bytes = round->bytes;
    env_->parts.shards.append(
        segment.replicas[i], std::move(request), env_->options.put_slow_after,
        [self = shared_from_this(), round, i](Result<AppendShardReply> reply) {
          self->answered(round, i, std::move(reply));
        });
  }
}

void OpenSegments::answered(const RoundPtr& round, std::size_t index,
                            Result<AppendShardReply> reply) {
  const Segment& segment = *round->segment;
  const NodeId& node = segment.replicas[index];
  const ShardRef shard{segment.id, static_cast<std::uint8_t>(index), first_fence};
  const std::uint64_t length = round->offset + round->bytes.size();
  Result<void> checked = {};
  if (!reply) {
    checked = fail(reply.error());
  } else if (!reply->receipt) {
    checked = fail(ErrorCode::DataLoss, reason::peer_misbehaved, "no receipt");
  } else {
    checked = check_receipt(*reply->receipt, env_->parts.chain, node, shard, round->root, length);
  }
  if (checked) {
    round->receipts[index] = reply->receipt;
  } else {
    env_->health->failed(node, env_->parts.clock.now_mono());
    log::warn(room, "a replica did not take a round",
              {{"node", node.short_hex()},
               {"segment", segment.id.short_hex()},
               {"error", checked.error().to_string()}});
  }
  if (--round->answers_open == 0) replicated(round);
}

void OpenSegments::replicated(const RoundPtr& round) {
  is_round_open_ = false;
  const bool is_complete =
      std::ranges::all_of(round->receipts, [](const auto& receipt) { return receipt.has_value(); });
  if (is_complete) {
    commit(round);
  } else {
    // What the others hold of this round is cited by nobody; the segment ends before it.
    retire(round->segment);
    again(std::move(round->puts),
          Error(ErrorCode::Unavailable, reason::not_enough_nodes,
                "replicas of an open segment do not answer; too few others are live"));
  }
  start_round();
}

void OpenSegments::again(std::vector<Waiting> puts, const Error& why) {
  for (auto one = puts.rbegin(); one != puts.rend(); ++one) {
    if (++one->attempts >= attempts_max) {
      one->put.done(fail(why));
    } else {
      queue_.push_front(std::move(*one));
    }
  }
}

void OpenSegments::commit(const RoundPtr& round) {
  Segment& segment = *round->segment;
  std::vector<ledger::SubmittedOperation> operations;
  if (!segment.is_announced) {
    operations.push_back(
        {ledger::SegmentOpen{segment.nonce, storage_class_, segment.replicas}, {}});
    segment.is_announced = true;
  }
  ledger::SegmentAppend append;
  append.segment = segment.id;
  append.fence = first_fence;
  append.length = round->offset + round->bytes.size();
  append.root = round->root;
  for (const auto& receipt : round->receipts) append.receipts.push_back(*receipt);
  operations.push_back({std::move(append), {}});
  const std::size_t first = operations.size();
  std::vector<Waiting> kept;
  for (std::size_t i = 0; i < round->puts.size(); ++i) {
    auto operation = round->puts[i].put.make_operation(round->extents[i]);
    if (!operation) {
      round->puts[i].put.done(fail(std::move(operation).error()));
      continue;
    }
    operations.push_back(std::move(*operation));
    kept.push_back(std::move(round->puts[i]));
  }
  round->puts = std::move(kept);
  round->bytes = {};
  ++segment.submits_open;
  env_->parts.submit.submit(std::move(operations), env_->options.submit_deadline,
                            [self = shared_from_this(), round, first](Result<SubmitResult> result) {
                              self->committed(round, first, std::move(result));
                            });
}

void OpenSegments::committed(const RoundPtr& round, std::size_t first,
                             Result<SubmitResult> result) {
  Segment& segment = *round->segment;
  --segment.submits_open;
  if (!result) {
    // Nothing is known of the segment, so nothing more is built on it.
    segment.unknown_until = env_->parts.clock.now_mono() + 2 * env_->options.submit_deadline;
    retire(round->segment);
    for (Waiting& one : round->puts) one.put.done(fail(result.error()));
    return;
  }
  if (is_of_payer(result->receipts.front().rejection)) {
    retire(round->segment);
    for (Waiting& one : round->puts) {
      one.put.done(Ordered{result->receipts.front(), result->height, result->time_ms});
    }
    return;
  }
  std::vector<Waiting> retried;
  ledger::Rejection why = ledger::Rejection::None;
  for (std::size_t i = 0; i < round->puts.size(); ++i) {
    OORT_ASSERT(first + i < result->receipts.size(), "one receipt per operation");
    ledger::OperationReceipt& receipt = result->receipts[first + i];
    if (is_of_segment(receipt.rejection)) {
      why = result->receipts[first - 1].rejection;
      retried.push_back(std::move(round->puts[i]));
      continue;
    }
    round->puts[i].put.done(Ordered{std::move(receipt), result->height, result->time_ms});
  }
  if (retried.empty()) return;
  log::warn(room, "the ledger refused an open segment; another one is begun",
            {{"segment", segment.id.short_hex()}, {"rejection", ledger::to_string(why)}});
  retire(round->segment);
  again(std::move(retried), ledger::error_of(why));
  start_round();
}

}  // namespace oort::object
