// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <vector>

#include "gateway_env.hpp"
#include "repair_plan.hpp"

namespace oort::object {

/// What a gateway does when nobody asks: seals and codes the open segments of its account, repairs
/// shards that nodes lost, and counts both. Each round walks one page of the ledger's segments.
///
/// Invariants
///   U1  A segment is sealed only after nothing of this gateway's doing can change it, in this life
///       or the one before.
///   U2  A repaired shard has the root of the one that it replaces.
/// Threads: the strand; `state` from any.
class Background : public std::enable_shared_from_this<Background> {
 public:
  using IsInUse = std::function<bool(const SegmentId&)>;
  using RetireIdle = std::function<void()>;

  Background(EnvPtr env, IsInUse is_in_use, RetireIdle retire_idle)
      : env_(std::move(env)),
        is_in_use_(std::move(is_in_use)),
        retire_idle_(std::move(retire_idle)),
        settled_at_(env_->parts.clock.now_mono() + 2 * env_->options.submit_deadline) {}

  void start();
  void stop() noexcept { is_stopped_ = true; }
  [[nodiscard]] DurabilityState state() const;
  [[nodiscard]] std::vector<MissingShard> missing(std::size_t count_max) const;

 private:
  void look();
  void walk(const LedgerSnapshot& now);
  void consider(const LedgerSnapshot& now, const ledger::Params& params, const SegmentId& id,
                const ledger::Segment& record);
  [[nodiscard]] bool is_left_to_us(const LedgerSnapshot& now, const SegmentId& id,
                                   const ledger::Segment& record,
                                   const std::vector<StorageNode>& nodes) const;
  void seal(const SegmentId& id, const ledger::Segment& record);
  void seal_content(const SegmentId& id, const ledger::Segment& record, Bytes content);
  void probe(const SegmentId& id, const ledger::Segment& record);
  void probed(const SegmentId& id, std::uint8_t index, const ledger::Shard& shard,
              Result<StatShardReply> reply);
  void repair(const RepairAction& action, const ledger::Segment& record);
  void place(const RepairAction& action, const ledger::Segment& record, Bytes shard);
  void record_repair(const RepairAction& action, const ledger::ShardReceipt& receipt);
  void finished(const SegmentId& id);

  EnvPtr env_;
  IsInUse is_in_use_;
  RetireIdle retire_idle_;
  /// From then on nothing that an earlier life submitted can still be ordered.
  MonoTime settled_at_;
  SegmentId cursor_;
  std::set<SegmentId> busy_;
  /// Shards that their node said it does not have, by segment and index, with who said so.
  std::map<std::pair<SegmentId, std::uint8_t>, NodeId> lost_;
  std::size_t repairs_open_ = 0;
  std::vector<MissingShard> missing_walked_;
  DurabilityState walked_;
  mutable std::mutex mutex_;
  DurabilityState state_;
  std::vector<MissingShard> missing_;
  std::atomic<bool> is_stopped_ = false;
};

}  // namespace oort::object
