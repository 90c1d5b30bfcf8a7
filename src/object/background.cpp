// SPDX-License-Identifier: Apache-2.0
#include "background.hpp"

#include <algorithm>
#include <iterator>

#include "coded_store.hpp"
#include "oort/core/log.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "segment_read.hpp"

namespace oort::object {
namespace {

constexpr std::string_view room = "object";
/// Segments looked at in one round.
constexpr std::size_t page_count = 64;
constexpr std::size_t missing_kept_max = 10'000;

std::set<std::uint8_t> lost_of(const std::map<std::pair<SegmentId, std::uint8_t>, NodeId>& lost,
                               const SegmentId& id, const ledger::Segment& record) {
  std::set<std::uint8_t> indices;
  for (std::size_t i = 0; i < record.shards.size(); ++i) {
    const auto index = static_cast<std::uint8_t>(i);
    const auto found = lost.find({id, index});
    if (found != lost.end() && found->second == record.shards[i].node) indices.insert(index);
  }
  return indices;
}

}  // namespace

void Background::start() {
  env_->parts.timers.after(env_->options.background_every, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->look();
  });
}

DurabilityState Background::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::vector<MissingShard> Background::missing(std::size_t count_max) const {
  const std::lock_guard lock(mutex_);
  return {missing_.begin(),
          missing_.begin() + static_cast<std::ptrdiff_t>(std::min(count_max, missing_.size()))};
}

void Background::look() {
  if (is_stopped_) return;
  retire_idle_();
  walk(env_->parts.ledger.snapshot());
  start();
}

void Background::walk(const LedgerSnapshot& now) {
  const ledger::View view(*now.state);
  const ledger::Params params = view.params();
  const auto page = view.segments(cursor_, page_count + 1);
  for (std::size_t i = 0; i < std::min(page.size(), page_count); ++i) {
    consider(now, params, page[i].first, page[i].second);
  }
  if (page.size() > page_count) {
    cursor_ = page.back().first;
    return;
  }
  cursor_ = SegmentId();
  walked_.height = now.height;
  const std::lock_guard lock(mutex_);
  const std::uint64_t repaired = state_.repaired_shards_count;
  state_ = std::exchange(walked_, {});
  state_.repaired_shards_count = repaired;
  missing_ = std::exchange(missing_walked_, {});
  metrics::gauge("oort_object_missing_shards", "Shards on nodes that do not have or serve them")
      .set(static_cast<double>(state_.missing_shards_count));
  metrics::gauge("oort_object_degraded_segments", "Segments below the tolerance of their class")
      .set(static_cast<double>(state_.degraded_segments_count));
}

void Background::consider(const LedgerSnapshot& now, const ledger::Params& params,
                          const SegmentId& id, const ledger::Segment& record) {
  const auto policy = ledger::policy_of(params, record.storage_class);
  if (!policy) return;
  const auto nodes = env_->parts.placement.nodes();
  std::set<NodeId> live;
  for (const StorageNode& node : nodes) {
    if (node.is_live) live.insert(node.id);
  }
  std::set<std::uint8_t> lost = lost_of(lost_, id, record);
  lost.merge(lost_of(env_->health->damaged(), id, record));
  const SegmentHealth health = health_of(record, *policy, live, lost);
  walked_.missing_shards_count += health.missing.size();
  if (health.is_degraded) ++walked_.degraded_segments_count;
  for (const std::uint8_t index : health.missing) {
    if (missing_walked_.size() >= missing_kept_max) break;
    missing_walked_.push_back({id, index, record.shards[index].node});
  }
  const NodeId self = env_->parts.keys.node_id();
  if (record.state == ledger::SegmentState::Open) {
    ++walked_.open_segments_count;
    const bool is_ours = record.gateway == env_->account;
    const bool is_settled = env_->parts.clock.now_mono() >= settled_at_ && !is_in_use_(id);
    const bool may_seal = is_ours ? is_settled : is_left_to_us(now, id, record, nodes);
    if (may_seal && record.references > 0 && record.length > 0) seal(id, record);
    return;
  }
  // Who saw the damage acts on it, whoever's turn it is.
  const bool is_turn =
      worker_for(id, nodes) == self || !lost_of(env_->health->damaged(), id, record).empty();
  if (!is_turn || busy_.contains(id)) return;
  probe(id, record);
  if (repairs_open_ >= env_->options.repairs_max) return;
  const auto action = plan_repair(id, record, *policy, rules_of(params), nodes, lost);
  if (action) repair(*action, record);
}

/// After the lease any replica may seal a segment; one of those who live does.
bool Background::is_left_to_us(const LedgerSnapshot& now, const SegmentId& id,
                               const ledger::Segment& record,
                               const std::vector<StorageNode>& nodes) const {
  if (now.height <= record.lease_until) return false;
  std::vector<StorageNode> replicas;
  std::ranges::copy_if(nodes, std::back_inserter(replicas), [&](const StorageNode& node) {
    return std::ranges::find(record.shards, node.id, &ledger::Shard::node) != record.shards.end();
  });
  return worker_for(id, replicas) == env_->parts.keys.node_id();
}

void Background::finished(const SegmentId& id) { busy_.erase(id); }

void Background::seal(const SegmentId& id, const ledger::Segment& record) {
  if (busy_.contains(id) || repairs_open_ >= env_->options.repairs_max) return;
  busy_.insert(id);
  ++repairs_open_;
  read_segment(env_, id, record, [self = shared_from_this(), id, record](Result<Bytes> content) {
    if (content && !self->is_stopped_) {
      self->seal_content(id, record, std::move(*content));
      return;
    }
    --self->repairs_open_;
    self->finished(id);
  });
}

void Background::seal_content(const SegmentId& id, const ledger::Segment& record, Bytes content) {
  CodedStoreRequest request;
  request.segment = id;
  request.generation = record.fence + 1;
  request.storage_class = record.storage_class;
  request.content = std::make_shared<const Bytes>(std::move(content));
  request.durability = Durability::Strict;
  store_coded(
      env_, std::move(request),
      [self = shared_from_this(), id, fence = record.fence](Result<CodedStoreResult> stored) {
        --self->repairs_open_;
        if (!stored) {
          log::debug(room, "an open segment stays open",
                     {{"segment", id.short_hex()}, {"error", stored.error().to_string()}});
          self->finished(id);
          return;
        }
        ledger::SegmentSeal seal;
        seal.segment = id;
        seal.fence = fence;
        seal.data_shards = stored->plan.scheme.data;
        seal.receipts = std::move(stored->receipts);
        std::vector<ledger::SubmittedOperation> operations;
        operations.push_back({std::move(seal), {}});
        self->env_->parts.submit.submit(
            std::move(operations), self->env_->options.submit_deadline,
            [self, id](Result<SubmitResult> result) {
              self->finished(id);
              if (result && result->receipts.front().rejection == ledger::Rejection::None) return;
              log::warn(
                  room, "the ledger did not take the seal of a segment",
                  {{"segment", id.short_hex()},
                   {"error",
                    result ? std::string(ledger::to_string(result->receipts.front().rejection))
                           : result.error().to_string()}});
            });
      });
}

void Background::probe(const SegmentId& id, const ledger::Segment& record) {
  for (std::size_t i = 0; i < record.shards.size(); ++i) {
    const auto index = static_cast<std::uint8_t>(i);
    const ledger::Shard& shard = record.shards[i];
    env_->parts.shards.stat(
        shard.node, {{id, index, shard.generation}}, env_->options.shard_deadline,
        [self = shared_from_this(), id, index, shard](Result<StatShardReply> reply) {
          self->probed(id, index, shard, std::move(reply));
        });
  }
}

void Background::probed(const SegmentId& id, std::uint8_t index, const ledger::Shard& shard,
                        Result<StatShardReply> reply) {
  // Silence says nothing of the shard; what is not reachable is counted by liveness.
  if (!reply && reply.error().reason() != reason::corrupt_shard) return;
  const bool is_there = reply && reply->stat && reply->stat->length == shard.length &&
                        reply->stat->root == shard.root;
  if (is_there) {
    lost_.erase({id, index});
  } else {
    lost_[{id, index}] = shard.node;
  }
}

void Background::repair(const RepairAction& action, const ledger::Segment& record) {
  busy_.insert(action.segment);
  ++repairs_open_;
  auto done = [self = shared_from_this(), action, record](Result<Bytes> shard) {
    if (shard && !self->is_stopped_) {
      self->place(action, record, std::move(*shard));
      return;
    }
    if (!shard) {
      log::warn(room, "a shard cannot be repaired now",
                {{"segment", action.segment.short_hex()}, {"error", shard.error().to_string()}});
    }
    --self->repairs_open_;
    self->finished(action.segment);
  };
  if (action.index < record.shards.size()) {
    rebuild_shard(env_, {action.segment, record, action.index}, std::move(done));
    return;
  }
  // One shard more than there are: the last of the code that is one wider.
  read_segment(env_, action.segment, record,
               [self = shared_from_this(), action, k = record.data_shards,
                done = std::move(done)](Result<Bytes> content) mutable {
                 if (!content) {
                   done(std::move(content));
                   return;
                 }
                 const auto total = static_cast<std::uint8_t>(action.index + 1);
                 CodedSegment coded = code_segment(*Coder::make({k, total}), *content);
                 done(std::move(coded.shards.back()));
               });
}

void Background::place(const RepairAction& action, const ledger::Segment& record, Bytes shard) {
  const bool is_new = action.index == record.shards.size();
  ShardPut put;
  put.node = action.target;
  put.shard = {action.segment, action.index,
               is_new ? record.fence : record.shards[action.index].generation + 1};
  put.root = crypto::tree_root(shard);
  put.bytes = std::make_shared<const Bytes>(std::move(shard));
  put.hold_until = hold_until(env_->parts.ledger.snapshot());
  put_shard(env_, std::move(put),
            [self = shared_from_this(), action](Result<ledger::ShardReceipt> receipt) {
              --self->repairs_open_;
              if (receipt) {
                self->record_repair(action, *receipt);
                return;
              }
              self->finished(action.segment);
              log::warn(
                  room, "a repaired shard could not be placed",
                  {{"node", action.target.short_hex()}, {"error", receipt.error().to_string()}});
            });
}

void Background::record_repair(const RepairAction& action, const ledger::ShardReceipt& receipt) {
  std::vector<ledger::SubmittedOperation> operations;
  operations.push_back({ledger::ShardReplace{action.segment, action.replaces, receipt}, {}});
  env_->parts.submit.submit(
      std::move(operations), env_->options.submit_deadline,
      [self = shared_from_this(), action](Result<SubmitResult> result) {
        self->finished(action.segment);
        const bool is_done =
            result && result->receipts.front().rejection == ledger::Rejection::None;
        if (is_done) {
          self->lost_.erase({action.segment, action.index});
          self->env_->health->repaired(action.segment, action.index);
          const std::lock_guard lock(self->mutex_);
          ++self->state_.repaired_shards_count;
        }
        log::info(
            room, is_done ? "repaired a shard" : "a repair was not recorded",
            {{"segment", action.segment.short_hex()},
             {"index", std::uint32_t{action.index}},
             {"node", action.target.short_hex()},
             {"error", is_done  ? std::string()
                       : result ? std::string(ledger::to_string(result->receipts.front().rejection))
                                : result.error().to_string()}});
      });
}

}  // namespace oort::object
