// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "gateway_env.hpp"
#include "repair_plan.hpp"
#include "rests.hpp"

namespace oort::object {

/// What a gateway does when nobody asks: seals and codes the open segments of its account, repairs
/// shards that nodes lost, and counts both. Each round walks one page of the ledger's segments.
///
/// Invariants
///   U1  A segment is sealed only after nothing of this gateway's doing can change it, in this life
///       or the one before.
///   U2  A repaired shard has the root of the one that it replaces.
///   U3  Work that fails waits longer each time, and never keeps other work from its turn.
///   U4  What one gateway repaired is missing to no other.
///   U5  While paused nothing is changed but by a step that somebody asked for.
/// Threads: the strand; `state` and `missing` from any.
class Background : public std::enable_shared_from_this<Background> {
 public:
  using IsInUse = std::function<bool(const SegmentId&)>;
  /// Ends the open segments that rested for so long.
  using RetireIdle = std::function<void(Duration)>;

  Background(EnvPtr env, IsInUse is_in_use, RetireIdle retire_idle)
      : env_(std::move(env)),
        is_in_use_(std::move(is_in_use)),
        retire_idle_(std::move(retire_idle)),
        settled_at_(env_->parts.clock.now_mono() + 2 * env_->options.submit_deadline) {}

  void start();
  void stop() noexcept { is_stopped_ = true; }
  [[nodiscard]] DurabilityState state() const;
  [[nodiscard]] std::vector<MissingShard> missing(std::size_t count_max) const;

  void pause(bool is_paused);
  void step(Callback<Result<RepairStep>> done);
  void seal_open(Callback<Result<SealSummary>> done);

 private:
  /// What all decisions of one round share.
  struct Look {
    LedgerSnapshot now;
    ledger::Params params;
    std::vector<StorageNode> nodes;
    std::set<NodeId> live;
    std::set<NodeId> refusing;
    std::uint64_t turn = 0;
    /// Somebody asked for it, so nobody else's turn matters.
    bool is_forced = false;
  };
  /// Without an action it is a seal.
  struct Work {
    SegmentId segment;
    ledger::Segment record;
    std::optional<RepairAction> action;
  };
  struct Sealing;

  void round();
  [[nodiscard]] Look look() const;
  void walk();
  void finish_walk(const LedgerSnapshot& now);
  void consider(const Look& look, const SegmentId& id, const ledger::Segment& record);
  void count(const SegmentId& id, const ledger::Segment& record, const SegmentHealth& health);
  [[nodiscard]] std::optional<Work> plan(const Look& look, const SegmentId& id,
                                         const ledger::Segment& record,
                                         const ledger::ClassPolicy& policy) const;
  [[nodiscard]] std::optional<Work> next_step(const Look& look) const;
  [[nodiscard]] std::set<std::uint8_t> bad_shards(const SegmentId& id,
                                                  const ledger::Segment& record) const;
  [[nodiscard]] bool is_our_turn(const Look& look, const SegmentId& id,
                                 const ledger::Segment& record) const;
  [[nodiscard]] bool may_seal(const Look& look, const SegmentId& id,
                              const ledger::Segment& record) const;
  [[nodiscard]] bool can_code(const Look& look, const SegmentId& id, const ledger::Segment& record,
                              const ledger::ClassPolicy& policy) const;
  void probe(const SegmentId& id, const ledger::Segment& record);
  void begin(Work work, Callback<Result<void>> done);
  void ended(const Work& work, const Result<void>& result);
  void seal_next(const std::shared_ptr<Sealing>& sealing);

  EnvPtr env_;
  IsInUse is_in_use_;
  RetireIdle retire_idle_;
  /// From then on nothing that an earlier life submitted can still be ordered.
  MonoTime settled_at_;
  SegmentId cursor_;
  std::set<SegmentId> busy_;
  Rests rests_{env_->options.background_every};
  /// What a node said that it does not have.
  BadShards lost_;
  std::size_t works_open_ = 0;
  bool is_paused_ = false;
  std::vector<MissingShard> missing_walked_;
  DurabilityState walked_;
  mutable std::mutex mutex_;
  DurabilityState state_;
  std::vector<MissingShard> missing_;
  std::atomic<bool> is_stopped_ = false;
};

}  // namespace oort::object
