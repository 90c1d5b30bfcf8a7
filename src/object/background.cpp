// SPDX-License-Identifier: Apache-2.0
#include "background.hpp"

#include <algorithm>
#include <iterator>

#include "oort/core/log.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/view.hpp"
#include "segment_work.hpp"

namespace oort::object {
namespace {

constexpr std::string_view room = "object";
/// Segments looked at in one round.
constexpr std::size_t page_count = 64;
constexpr std::size_t missing_kept_max = 10'000;

bool is_sealable(const ledger::Segment& record) {
  return record.state == ledger::SegmentState::Open && record.references > 0 && record.length > 0;
}

}  // namespace

void Background::start() {
  env_->parts.timers.after(env_->options.background_every, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->round();
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

void Background::pause(bool is_paused) {
  is_paused_ = is_paused;
  log::info(room, is_paused ? "repair is paused" : "repair goes on");
  const std::lock_guard lock(mutex_);
  state_.is_paused = is_paused;
}

void Background::round() {
  if (is_stopped_) return;
  if (!is_paused_) retire_idle_(env_->options.open_segment_idle);
  walk();
  start();
}

Background::Look Background::look() const {
  Look look;
  look.now = env_->parts.ledger.snapshot();
  look.params = ledger::View(*look.now.state).params();
  look.nodes = env_->parts.placement.nodes();
  for (const StorageNode& node : look.nodes) {
    if (node.is_live) look.live.insert(node.id);
  }
  look.refusing = env_->health->refusing(env_->parts.clock.now_mono());
  const auto turn_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(env_->options.worker_turn).count();
  look.turn = look.now.time_ms / static_cast<std::uint64_t>(std::max<std::int64_t>(turn_ms, 1));
  return look;
}

void Background::walk() {
  const Look now = look();
  const auto page = ledger::View(*now.now.state).segments(cursor_, page_count + 1);
  if (cursor_.is_zero()) walked_.height = now.now.height;
  for (std::size_t i = 0; i < std::min(page.size(), page_count); ++i) {
    consider(now, page[i].first, page[i].second);
  }
  if (page.size() > page_count) {
    cursor_ = page.back().first;
    return;
  }
  cursor_ = SegmentId();
  finish_walk(now.now);
}

void Background::finish_walk(const LedgerSnapshot& now) {
  const ledger::View view(*now.state);
  const auto is_gone = [&](const SegmentId& id) { return !view.segment(id); };
  lost_.forget(is_gone);
  env_->health->damaged().forget(is_gone);
  rests_.forget(is_gone);
  const std::lock_guard lock(mutex_);
  walked_.repaired_shards_count = state_.repaired_shards_count;
  walked_.is_paused = is_paused_;
  state_ = std::exchange(walked_, {});
  missing_ = std::exchange(missing_walked_, {});
  metrics::gauge("oort_object_missing_shards", "Shards on nodes that do not have or serve them")
      .set(static_cast<double>(state_.missing_shards_count));
  metrics::gauge("oort_object_degraded_segments", "Segments below the tolerance of their class")
      .set(static_cast<double>(state_.degraded_segments_count));
}

void Background::consider(const Look& look, const SegmentId& id, const ledger::Segment& record) {
  // No acknowledged object is in it, and the ledger drops it soon.
  if (record.references == 0) return;
  const auto policy = ledger::policy_of(look.params, record.storage_class);
  if (!policy) return;
  count(id, record, health_of(record, *policy, look.live, bad_shards(id, record)));
  if (is_our_turn(look, id, record) && !busy_.contains(id)) probe(id, record);
  if (is_paused_ || works_open_ >= env_->options.repairs_max) return;
  if (rests_.has(id, env_->parts.clock.now_mono())) return;
  if (auto work = plan(look, id, record, *policy))
    begin(std::move(*work), [](const Result<void>&) {});
}

void Background::count(const SegmentId& id, const ledger::Segment& record,
                       const SegmentHealth& health) {
  if (record.state == ledger::SegmentState::Open) ++walked_.open_segments_count;
  if (health.is_degraded) ++walked_.degraded_segments_count;
  walked_.missing_shards_count += health.missing.size();
  for (const std::uint8_t index : health.missing) {
    if (missing_walked_.size() >= missing_kept_max) break;
    missing_walked_.push_back({id, index, record.shards[index].node});
  }
}

std::set<std::uint8_t> Background::bad_shards(const SegmentId& id,
                                              const ledger::Segment& record) const {
  std::set<std::uint8_t> bad = lost_.of(id, record);
  bad.merge(env_->health->damaged().of(id, record));
  return bad;
}

/// Who saw a loss acts on it, whoever's turn it is.
bool Background::is_our_turn(const Look& look, const SegmentId& id,
                             const ledger::Segment& record) const {
  return look.is_forced || worker_for(id, look.nodes, look.turn) == env_->parts.keys.node_id() ||
         !bad_shards(id, record).empty();
}

/// What the segment needs and this gateway may do now, if anything.
std::optional<Background::Work> Background::plan(const Look& look, const SegmentId& id,
                                                 const ledger::Segment& record,
                                                 const ledger::ClassPolicy& policy) const {
  if (busy_.contains(id)) return std::nullopt;
  if (record.state == ledger::SegmentState::Open) {
    if (may_seal(look, id, record) && can_code(look, id, record, policy)) {
      return Work{id, record, std::nullopt};
    }
    // The next append finds out by itself what became of the replicas.
    if (record.gateway == env_->account && is_in_use_(id)) return std::nullopt;
  }
  if (!is_our_turn(look, id, record)) return std::nullopt;
  auto action = plan_repair(id, record, policy, rules_of(look.params), look.nodes,
                            {bad_shards(id, record), look.refusing});
  if (!action) return std::nullopt;
  return Work{id, record, action};
}

/// A gateway seals its own segments. After the lease any replica may; one of those who live does.
bool Background::may_seal(const Look& look, const SegmentId& id,
                          const ledger::Segment& record) const {
  if (!is_sealable(record)) return false;
  const NodeId self = env_->parts.keys.node_id();
  if (record.gateway == env_->account) {
    return env_->parts.clock.now_mono() >= settled_at_ && !is_in_use_(id);
  }
  if (look.now.height <= record.lease_until) return false;
  std::vector<StorageNode> replicas;
  std::ranges::copy_if(look.nodes, std::back_inserter(replicas), [&](const StorageNode& node) {
    return std::ranges::find(record.shards, node.id, &ledger::Shard::node) != record.shards.end();
  });
  if (!look.is_forced) return worker_for(id, replicas, look.turn) == self;
  return std::ranges::find(replicas, self, &StorageNode::id) != replicas.end();
}

/// Whether enough nodes live for all that the class promises; until then replicas are safer.
bool Background::can_code(const Look& look, const SegmentId& id, const ledger::Segment& record,
                          const ledger::ClassPolicy& policy) const {
  const auto candidates = candidates_for(env_, look.params, id, record.storage_class, {});
  return plan_coded(policy, candidates.size(), Durability::Strict).has_value();
}

void Background::probe(const SegmentId& id, const ledger::Segment& record) {
  for (std::size_t i = 0; i < record.shards.size(); ++i) {
    const auto index = static_cast<std::uint8_t>(i);
    const ledger::Shard& shard = record.shards[i];
    const bool is_coded = record.state == ledger::SegmentState::Sealed;
    env_->parts.shards.stat(
        shard.node, {{id, index, shard.generation}}, env_->options.shard_deadline,
        [self = shared_from_this(), id, index, shard, is_coded](Result<StatShardReply> reply) {
          // Silence says nothing of the shard; what is not reachable is counted by liveness.
          if (!reply && reply.error().reason() != reason::corrupt_shard) return;
          // A replica may hold more than is recorded yet.
          const bool is_there = reply && reply->stat && reply->stat->length >= shard.length &&
                                (!is_coded || reply->stat->root == shard.root);
          if (is_there) {
            self->lost_.erase(id, index);
          } else {
            self->lost_.add(id, index, shard);
          }
        });
  }
}

void Background::begin(Work work, Callback<Result<void>> done) {
  busy_.insert(work.segment);
  ++works_open_;
  const SegmentId id = work.segment;
  const ledger::Segment record = work.record;
  const std::optional<RepairAction> action = work.action;
  auto finish = [self = shared_from_this(), work = std::move(work),
                 done = std::move(done)](Result<void> result) mutable {
    self->ended(work, result);
    done(std::move(result));
  };
  if (action) {
    repair_shard(env_, *action, record, std::move(finish));
  } else {
    seal_segment(env_, id, record, std::move(finish));
  }
}

void Background::ended(const Work& work, const Result<void>& result) {
  busy_.erase(work.segment);
  --works_open_;
  const std::string_view kind = work.action ? "repair" : "seal";
  if (!result) {
    const std::uint32_t failures = rests_.failed(work.segment, env_->parts.clock.now_mono());
    log::warn(room, "work on a segment failed",
              {{"segment", work.segment.short_hex()},
               {"work", kind},
               {"failures", failures},
               {"error", result.error().to_string()}});
    return;
  }
  rests_.worked(work.segment);
  log::info(room, "worked on a segment", {{"segment", work.segment.short_hex()}, {"work", kind}});
  if (!work.action) return;
  lost_.erase(work.segment, work.action->index);
  env_->health->repaired(work.segment, work.action->index);
  const std::lock_guard lock(mutex_);
  ++state_.repaired_shards_count;
}

// What an operator asks for --------------------------------------------------------------------

std::optional<Background::Work> Background::next_step(const Look& look) const {
  const ledger::View view(*look.now.state);
  SegmentId from;
  for (;;) {
    const auto page = view.segments(from, page_count + 1);
    for (std::size_t i = 0; i < std::min(page.size(), page_count); ++i) {
      const auto& [id, record] = page[i];
      const auto policy = ledger::policy_of(look.params, record.storage_class);
      if (record.references == 0 || !policy) continue;
      if (auto work = plan(look, id, record, *policy)) return work;
    }
    if (page.size() <= page_count) return std::nullopt;
    from = page.back().first;
  }
}

void Background::step(Callback<Result<RepairStep>> done) {
  Look forced = look();
  forced.is_forced = true;
  auto work = next_step(forced);
  if (!work) {
    done(RepairStep{});
    return;
  }
  RepairStep step;
  step.segment = work->segment;
  step.kind = work->action ? RepairStep::Kind::Repaired : RepairStep::Kind::Sealed;
  if (work->action) {
    step.index = work->action->index;
    step.from = work->action->replaces;
    step.to = work->action->target;
  }
  begin(std::move(*work), [step, done = std::move(done)](Result<void> result) mutable {
    if (!result) {
      step.kind = RepairStep::Kind::Failed;
      step.why = result.error().to_string();
    }
    done(std::move(step));
  });
}

/// One call of `seal_open`: its segments are sealed one after the other.
struct Background::Sealing {
  std::vector<Work> works;
  SealSummary summary;
  Callback<Result<SealSummary>> done;
};

void Background::seal_open(Callback<Result<SealSummary>> done) {
  retire_idle_(Duration(0));
  Look forced = look();
  forced.is_forced = true;
  auto sealing = std::make_shared<Sealing>();
  sealing->done = std::move(done);
  const ledger::View view(*forced.now.state);
  SegmentId from;
  for (;;) {
    const auto page = view.segments(from, page_count + 1);
    for (std::size_t i = 0; i < std::min(page.size(), page_count); ++i) {
      const auto& [id, record] = page[i];
      if (!is_sealable(record)) continue;
      if (may_seal(forced, id, record) && !busy_.contains(id)) {
        sealing->works.push_back({id, record, std::nullopt});
      } else {
        ++sealing->summary.left_count;
      }
    }
    if (page.size() <= page_count) break;
    from = page.back().first;
  }
  seal_next(sealing);
}

void Background::seal_next(const std::shared_ptr<Sealing>& sealing) {
  while (!sealing->works.empty()) {
    Work work = std::move(sealing->works.back());
    sealing->works.pop_back();
    // A round may have begun with it since the list was made.
    if (busy_.contains(work.segment)) {
      ++sealing->summary.left_count;
      continue;
    }
    begin(std::move(work), [self = shared_from_this(), sealing](Result<void> result) {
      SealSummary& summary = sealing->summary;
      ++(result ? summary.sealed_count : summary.failed_count);
      if (!result && summary.why.empty()) summary.why = result.error().to_string();
      self->seal_next(sealing);
    });
    return;
  }
  sealing->done(std::move(sealing->summary));
}

}  // namespace oort::object
