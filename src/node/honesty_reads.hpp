// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/env/random.hpp"
#include "oort/honesty/task.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/object/ports.hpp"
#include "oort/object/shard_client.hpp"
#include "oort/object/shard_messages.hpp"

/// Reads of shards as work under Proof of Honesty: every read asks for a receipt, and some reads
/// are baits.
namespace oort::node {

/// The kind of work that a read of a shard is.
inline constexpr honesty::Workload storage_read{1};

/// Lets every read ask for a receipt, so that one that is a bait is not told by asking.
///
/// Invariants
///   B1  While a round runs each read has an order: its own, or one of random bytes.
/// Threads: the strand.
class OrderedReads final : public object::ShardClient {
 public:
  using Listener = UniqueFunction<void(const object::ReadShard& request, Duration deadline)>;

  /// Borrows both.
  OrderedReads(object::ShardClient& inner, env::Random& random) noexcept
      : inner_(inner), random_(random) {}

  /// 0: none, and nothing is ordered.
  void set_round(Epoch round) noexcept { round_ = round; }
  /// Is told of reads that came without an order: live work.
  void listen(Listener listener) { listener_ = std::move(listener); }

  void append(const NodeId& node, object::AppendShard request, Duration deadline,
              Callback<Result<object::AppendShardReply>> done) override {
    inner_.append(node, std::move(request), deadline, std::move(done));
  }
  void read(const NodeId& node, object::ReadShard request, Duration deadline,
            Callback<Result<object::ReadShardReply>> done) override;
  void stat(const NodeId& node, object::StatShard request, Duration deadline,
            Callback<Result<object::StatShardReply>> done) override {
    inner_.stat(node, request, deadline, std::move(done));
  }
  void remove(const NodeId& node, object::RemoveShard request, Duration deadline,
              Callback<Result<object::RemoveShardReply>> done) override {
    inner_.remove(node, request, deadline, std::move(done));
  }

 private:
  object::ShardClient& inner_;
  env::Random& random_;
  Epoch round_;
  Listener listener_;
};

/// What the ledger's live tasks look like, of a read.
[[nodiscard]] honesty::TaskShape shape_of(const NodeId& broker, Duration deadline,
                                          std::uint64_t offset_ms) noexcept;

/// A read whose answer is known, and whose it is.
struct BaitRead {
  Epoch round;
  NodeId node;
  object::ReadShard request;
  friend bool operator==(const BaitRead&, const BaitRead&) = default;
};
void encode(codec::Writer& out, const BaitRead& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, BaitRead& value);

/// Baits of reads, out of shards whose whole content this node knows because it made them of others
/// and compared the root.
///
/// Invariants
///   B2  A bait asks for the place, the length and the proof of some live read, in another shard.
///   B3  No range is given out twice in a round, and none of a shard that moved.
/// Threads: the strand.
class StorageReads final : public honesty::TaskSource {
 public:
  /// Borrows the ledger.
  explicit StorageReads(const object::LedgerView& ledger) noexcept : ledger_(ledger) {}

  struct Known {
    SegmentId segment;
    std::uint8_t index = 0;
    ledger::Shard shard;
    Bytes bytes;
  };
  /// Baits are minted for this round from now on.
  void set_round(Epoch round) noexcept { round_ = round; }
  /// Remembers a live read for what it asked; not more than so many, the newest among them.
  void saw(const object::ReadShard& live, env::Random& random);
  void know(Known known) { known_.push_back(std::move(known)); }
  [[nodiscard]] std::size_t known_count() const noexcept { return known_.size(); }
  /// Forgets what it knows, so that other shards come next.
  void forget_known() { known_.clear(); }

  [[nodiscard]] honesty::Workload workload() const noexcept override { return storage_read; }
  /// Whoever returns other bytes than those of the shard has another result.
  [[nodiscard]] ledger::Ppb strength() const noexcept override {
    return ledger::Ppb(ledger::ppb_one);
  }
  [[nodiscard]] Result<honesty::MintedTask> mint(const honesty::TaskShape& like,
                                                 env::Random& random) override;

  /// What was given out, by its input's root.
  [[nodiscard]] const BaitRead* find(const Bytes32& input_root) const;
  [[nodiscard]] std::vector<BaitRead> given() const;
  void restore(const std::vector<BaitRead>& given);
  /// Of rounds before this one nobody asks any more.
  void forget_before(Epoch round);

 private:
  [[nodiscard]] bool is_still_there(const Known& known) const;

  const object::LedgerView& ledger_;
  Epoch round_;
  std::vector<object::ReadShard> seen_;
  std::vector<Known> known_;
  std::map<Bytes32, BaitRead> given_;
};

}  // namespace oort::node
