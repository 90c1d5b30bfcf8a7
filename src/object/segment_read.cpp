// SPDX-License-Identifier: Apache-2.0
#include "segment_read.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/env/executor.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/object/coder.hpp"
#include "oort/object/layout.hpp"
#include "oort/object/shard_work.hpp"

namespace oort::object {
namespace {

/// Sorts by `key_of`; equals keep their order. The library's stable algorithms call a function that
/// it deprecates itself, which clang does not let pass.
template <class KeyOf>
void sort_stably(std::vector<std::uint8_t>& order, KeyOf key_of) {
  std::vector<std::tuple<decltype(key_of(order.front())), std::size_t, std::uint8_t>> keyed;
  keyed.reserve(order.size());
  for (const std::uint8_t index : order) keyed.emplace_back(key_of(index), keyed.size(), index);
  std::ranges::sort(keyed);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = std::get<2>(keyed[i]);
}

constexpr std::string_view room = "object";
constexpr std::uint64_t leaf_bytes = crypto::tree_leaf_bytes;
constexpr std::uint64_t piece_bytes = std::uint64_t{1} << 20;

tl::unexpected<Error> not_enough(const SegmentId& segment, std::size_t have, std::size_t want) {
  return fail(ErrorCode::Unavailable, reason::not_enough_shards,
              "segment " + segment.short_hex() + ": " + std::to_string(have) + " of " +
                  std::to_string(want) + " shards needed answer");
}

/// The same columns [low, high) of some shards, until those wanted are known.
class ColumnRead : public std::enable_shared_from_this<ColumnRead> {
 public:
  using Done = Callback<Result<std::vector<Bytes>>>;
  struct Columns {
    SegmentId segment;
    ledger::Segment record;
    /// Ascending, distinct.
    std::vector<std::uint8_t> wanted;
    /// Multiples of the leaf's size, but for the end of the shard.
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    /// The wanted shards are to be rebuilt from others, not read.
    bool without_wanted = false;
  };

  ColumnRead(EnvPtr env, Columns columns, std::shared_ptr<LeafCache> cache, Done done)
      : env_(std::move(env)),
        columns_(std::move(columns)),
        cache_(std::move(cache)),
        done_(std::move(done)) {}

  void start() {
    const std::size_t count = columns_.record.shards.size();
    pieces_.resize(count);
    rank_shards();
    const MonoTime now = env_->parts.clock.now_mono();
    bool is_plain = !columns_.without_wanted;
    for (const std::uint8_t index : columns_.wanted) {
      is_plain = is_plain && !env_->health->is_suspect(node_of(index), now);
    }
    if (is_plain) {
      for (const std::uint8_t index : columns_.wanted) launch(index);
    } else {
      launch_more();
    }
    timer_ = env_->parts.timers.after(env_->options.read_hedge_after,
                                      [self = shared_from_this()] { self->hedge(); });
    is_armed_ = true;
    check_end();
  }

 private:
  [[nodiscard]] const NodeId& node_of(std::size_t index) const {
    return columns_.record.shards[index].node;
  }
  [[nodiscard]] std::size_t needed() const { return columns_.record.data_shards; }
  [[nodiscard]] bool is_wanted(std::uint8_t index) const {
    return std::ranges::binary_search(columns_.wanted, index);
  }

  /// Which shards to ask for, best first: wanted before others, data before parity, those of nodes
  /// that failed lately at the end.
  void rank_shards() {
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      const auto index = static_cast<std::uint8_t>(i);
      if (columns_.without_wanted && is_wanted(index)) continue;
      order_.push_back(index);
    }
    const MonoTime now = env_->parts.clock.now_mono();
    sort_stably(order_, [&](std::uint8_t index) {
      return std::pair(env_->health->is_suspect(node_of(index), now), !is_wanted(index));
    });
  }

  [[nodiscard]] ReadShard request_for(std::uint8_t index) const {
    ReadShard request;
    request.shard = {columns_.segment, index, columns_.record.shards[index].generation};
    request.offset = columns_.low;
    request.size = static_cast<std::uint32_t>(columns_.high - columns_.low);
    if (!known_leaves(index).empty()) return request;
    request.proof = proof_for(request.size);
    return request;
  }

  [[nodiscard]] std::span<const Bytes32> known_leaves(std::uint8_t index) const {
    if (!cache_ || cache_->segment != columns_.segment) return {};
    const auto found = cache_->leaves.find({index, columns_.record.shards[index].generation});
    return found == cache_->leaves.end() ? std::span<const Bytes32>() : found->second;
  }

  void launch(std::uint8_t index) {
    asked_.insert(index);
    ++open_count_;
    const ReadShard request = request_for(index);
    env_->parts.shards.read(
        node_of(index), request, env_->options.shard_deadline,
        [self = shared_from_this(), index, request](Result<ReadShardReply> reply) {
          self->answered(index, request, std::move(reply));
        });
  }

  /// Asks further shards, so that enough could be known if all who were asked answer.
  void launch_more() {
    for (const std::uint8_t index : order_) {
      if (known_count_ + open_count_ >= needed()) return;
      if (!asked_.contains(index)) launch(index);
    }
  }

  void hedge() {
    is_armed_ = false;
    if (is_done_) return;
    // As if all who are silent were lost.
    std::size_t expected = known_count_;
    for (const std::uint8_t index : order_) {
      if (expected >= needed()) return;
      if (asked_.contains(index)) continue;
      launch(index);
      ++expected;
    }
  }

  void answered(std::uint8_t index, const ReadShard& request, Result<ReadShardReply> reply) {
    --open_count_;
    if (is_done_) return;
    const ledger::Shard& shard = columns_.record.shards[index];
    const MonoTime now = env_->parts.clock.now_mono();
    if (!reply) {
      if (reply.error().reason() == reason::corrupt_shard) {
        env_->health->damaged(columns_.segment, index, shard);
      }
      env_->health->failed(shard.node, now);
      log::debug(room, "a shard could not be read",
                 {{"node", shard.node.short_hex()}, {"error", reply.error().to_string()}});
    } else if (!is_proven(request, *reply, shard.root, shard.length, known_leaves(index))) {
      env_->health->lied(shard.node, now);
      env_->health->damaged(columns_.segment, index, shard);
      log::warn(room, "a node gave wrong bytes",
                {{"node", shard.node.short_hex()},
                 {"segment", columns_.segment.short_hex()},
                 {"index", std::uint32_t{index}}});
    } else {
      env_->health->answered(shard.node);
      keep(index, std::move(*reply));
    }
    if (!pieces_[index]) launch_more();
    check_end();
  }

  void keep(std::uint8_t index, ReadShardReply reply) {
    if (cache_ && !reply.leaves.empty()) {
      if (cache_->segment != columns_.segment) *cache_ = {columns_.segment, {}};
      cache_->leaves[{index, columns_.record.shards[index].generation}] = std::move(reply.leaves);
    }
    const std::uint64_t skip = columns_.low - reply.offset;
    const std::uint64_t size = columns_.high - columns_.low;
    if (skip == 0 && reply.bytes.size() == size) {
      pieces_[index] = std::move(reply.bytes);
    } else {
      pieces_[index] = to_bytes(ByteView(reply.bytes).subspan(skip, size));
    }
    ++known_count_;
  }

  void check_end() {
    if (is_done_) return;
    const bool has_all = std::ranges::all_of(
        columns_.wanted, [this](std::uint8_t index) { return pieces_[index].has_value(); });
    if (has_all) {
      finish(take_wanted());
    } else if (known_count_ >= needed()) {
      decode();
    } else if (open_count_ == 0) {
      finish(not_enough(columns_.segment, known_count_, needed()));
    }
  }

  [[nodiscard]] std::vector<Bytes> take_wanted() {
    std::vector<Bytes> result;
    result.reserve(columns_.wanted.size());
    for (const std::uint8_t index : columns_.wanted) result.push_back(std::move(*pieces_[index]));
    return result;
  }

  void decode() {
    std::vector<std::uint8_t> given;
    std::vector<std::uint8_t> missing;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      const auto index = static_cast<std::uint8_t>(i);
      if (pieces_[i] && given.size() < needed()) given.push_back(index);
      if (!pieces_[i] && is_wanted(index)) missing.push_back(index);
    }
    const Scheme scheme{columns_.record.data_shards, static_cast<std::uint8_t>(pieces_.size())};
    const auto coder = Coder::make(scheme);
    OORT_ASSERT(coder.has_value(), "the ledger records possible schemes only");
    const auto decoder = coder->decoder(given, missing);
    OORT_ASSERT(decoder.has_value(), "k different shards are given");
    std::vector<ByteView> sources;
    sources.reserve(given.size());
    for (const std::uint8_t index : given) sources.emplace_back(*pieces_[index]);
    std::vector<Bytes> rebuilt(missing.size(), Bytes(columns_.high - columns_.low));
    const std::vector<std::span<std::byte>> targets(rebuilt.begin(), rebuilt.end());
    decoder->apply(sources, targets);
    for (std::size_t i = 0; i < missing.size(); ++i) pieces_[missing[i]] = std::move(rebuilt[i]);
    finish(take_wanted());
  }

  void finish(Result<std::vector<Bytes>> result) {
    is_done_ = true;
    if (is_armed_) env_->parts.timers.cancel(timer_);
    done_(std::move(result));
  }

  EnvPtr env_;
  Columns columns_;
  std::shared_ptr<LeafCache> cache_;
  Done done_;
  std::vector<std::optional<Bytes>> pieces_;
  std::vector<std::uint8_t> order_;
  std::set<std::uint8_t> asked_;
  std::size_t open_count_ = 0;
  std::size_t known_count_ = 0;
  env::TimerId timer_{};
  bool is_armed_ = false;
  bool is_done_ = false;
};

void read_columns(const EnvPtr& env, ColumnRead::Columns columns, std::shared_ptr<LeafCache> cache,
                  ColumnRead::Done done) {
  std::make_shared<ColumnRead>(env, std::move(columns), std::move(cache), std::move(done))->start();
}

/// A long run of one replica, piece by piece, replica after replica.
class ReplicaRead : public std::enable_shared_from_this<ReplicaRead> {
 public:
  ReplicaRead(EnvPtr env, ReplicaRange range, Callback<Result<Bytes>> done)
      : env_(std::move(env)), range_(std::move(range)), done_(std::move(done)) {
    const auto& shards = range_.record.shards;
    for (std::size_t i = 0; i < shards.size(); ++i) {
      if (shards[i].length >= range_.offset + range_.size) {
        order_.push_back(static_cast<std::uint8_t>(i));
      }
    }
    // Spread the load: whoever reads begins somewhere else.
    if (!order_.empty()) {
      const auto first = static_cast<std::ptrdiff_t>(env_->parts.random.below(order_.size()));
      std::rotate(order_.begin(), order_.begin() + first, order_.end());
    }
    const MonoTime now = env_->parts.clock.now_mono();
    sort_stably(order_, [&](std::uint8_t index) {
      return env_->health->is_suspect(shards[index].node, now);
    });
  }

  void start() { next_replica(); }

 private:
  void next_replica() {
    if (next_ == order_.size()) {
      if (open_count_ == 0 && !is_done_) finish(not_enough(range_.segment, 0, 1));
      return;
    }
    const std::uint8_t index = order_[next_++];
    ++open_count_;
    next_piece(index, std::make_shared<Bytes>());
    timer_ = env_->parts.timers.after(env_->options.read_hedge_after, [self = shared_from_this()] {
      if (!self->is_done_) self->next_replica();
    });
  }

  void next_piece(std::uint8_t index, const std::shared_ptr<Bytes>& bytes) {
    ReadShard request;
    request.shard = {range_.segment, index, range_.record.shards[index].generation};
    request.offset = range_.offset + bytes->size();
    request.size = static_cast<std::uint32_t>(std::min(piece_bytes, range_.size - bytes->size()));
    env_->parts.shards.read(
        range_.record.shards[index].node, request, env_->options.shard_deadline,
        [self = shared_from_this(), index, bytes, request](Result<ReadShardReply> reply) {
          self->answered(index, bytes, request, std::move(reply));
        });
  }

  void answered(std::uint8_t index, const std::shared_ptr<Bytes>& bytes, const ReadShard& request,
                Result<ReadShardReply> reply) {
    if (is_done_) return;
    const NodeId& node = range_.record.shards[index].node;
    const MonoTime now = env_->parts.clock.now_mono();
    bool is_good = reply && reply->offset == request.offset && reply->bytes.size() == request.size;
    if (is_good) {
      bytes->insert(bytes->end(), reply->bytes.begin(), reply->bytes.end());
      if (bytes->size() < range_.size) {
        next_piece(index, bytes);
        return;
      }
      is_good = crypto::tree_root(*bytes) == range_.root;
    }
    --open_count_;
    if (is_good) {
      env_->health->answered(node);
      finish(std::move(*bytes));
      return;
    }
    if (reply) {
      env_->health->lied(node, now);
      log::warn(room, "a replica gave wrong bytes",
                {{"node", node.short_hex()}, {"segment", range_.segment.short_hex()}});
    } else {
      env_->health->failed(node, now);
    }
    env_->parts.timers.cancel(timer_);
    next_replica();
  }

  void finish(Result<Bytes> result) {
    is_done_ = true;
    env_->parts.timers.cancel(timer_);
    done_(std::move(result));
  }

  EnvPtr env_;
  ReplicaRange range_;
  Callback<Result<Bytes>> done_;
  std::vector<std::uint8_t> order_;
  std::size_t next_ = 0;
  std::size_t open_count_ = 0;
  env::TimerId timer_{};
  bool is_done_ = false;
};

/// The runs of a range, each copied out of its shard's columns.
Bytes gather(const std::vector<ShardRun>& runs, const std::vector<std::uint8_t>& indices,
             const std::vector<Bytes>& columns, std::uint64_t low) {
  Bytes bytes;
  for (const ShardRun& run : runs) {
    const auto at = std::ranges::lower_bound(indices, run.shard) - indices.begin();
    const ByteView column = columns[static_cast<std::size_t>(at)];
    const ByteView piece = column.subspan(run.shard_offset - low, run.size);
    bytes.insert(bytes.end(), piece.begin(), piece.end());
  }
  return bytes;
}

}  // namespace

void read_coded(const EnvPtr& env, SegmentRange range, std::shared_ptr<LeafCache> cache,
                Callback<Result<Bytes>> done) {
  const Layout layout(range.record.length, range.record.data_shards);
  auto runs = layout.runs(range.offset, range.size);
  if (runs.empty()) {
    done(Bytes{});
    return;
  }
  ColumnRead::Columns columns;
  columns.segment = range.segment;
  columns.low = ~std::uint64_t{0};
  for (const ShardRun& run : runs) {
    columns.low = std::min(columns.low, run.shard_offset / leaf_bytes * leaf_bytes);
    columns.high = std::max(columns.high, run.shard_offset + run.size);
    columns.wanted.push_back(run.shard);
  }
  columns.high =
      std::min(layout.shard_bytes(), (columns.high + leaf_bytes - 1) / leaf_bytes * leaf_bytes);
  std::ranges::sort(columns.wanted);
  columns.wanted.erase(std::ranges::unique(columns.wanted).begin(), columns.wanted.end());
  columns.record = std::move(range.record);
  const std::uint64_t low = columns.low;
  read_columns(env, columns, std::move(cache),
               [runs = std::move(runs), wanted = columns.wanted, low,
                done = std::move(done)](Result<std::vector<Bytes>> got) mutable {
                 if (!got) {
                   done(fail(std::move(got).error()));
                 } else {
                   done(gather(runs, wanted, *got, low));
                 }
               });
}

void read_replica(const EnvPtr& env, ReplicaRange range, Callback<Result<Bytes>> done) {
  std::make_shared<ReplicaRead>(env, std::move(range), std::move(done))->start();
}

namespace {

/// Whole shards, columns after columns, so that no request is larger than a piece.
class WholeRead : public std::enable_shared_from_this<WholeRead> {
 public:
  WholeRead(EnvPtr env, ColumnRead::Columns columns, ColumnRead::Done done)
      : env_(std::move(env)), columns_(std::move(columns)), done_(std::move(done)) {
    shard_bytes_ = Layout(columns_.record.length, columns_.record.data_shards).shard_bytes();
    result_.resize(columns_.wanted.size());
  }
  void next() {
    columns_.low = result_.front().size();
    if (columns_.low == shard_bytes_) {
      done_(std::move(result_));
      return;
    }
    columns_.high = std::min(shard_bytes_, columns_.low + piece_bytes);
    read_columns(
        env_, columns_, cache_,
        [self = shared_from_this()](Result<std::vector<Bytes>> got) { self->got(std::move(got)); });
  }

 private:
  void got(Result<std::vector<Bytes>> columns) {
    if (!columns) {
      done_(fail(std::move(columns).error()));
      return;
    }
    for (std::size_t i = 0; i < result_.size(); ++i) {
      result_[i].insert(result_[i].end(), (*columns)[i].begin(), (*columns)[i].end());
    }
    next();
  }

  EnvPtr env_;
  ColumnRead::Columns columns_;
  ColumnRead::Done done_;
  std::shared_ptr<LeafCache> cache_ = std::make_shared<LeafCache>();
  std::uint64_t shard_bytes_ = 0;
  std::vector<Bytes> result_;
};

}  // namespace

void rebuild_shard(const EnvPtr& env, ShardRange wanted, Callback<Result<Bytes>> done) {
  const TreeRoot root = wanted.record.shards[wanted.index].root;
  ColumnRead::Columns columns;
  columns.segment = wanted.segment;
  columns.record = std::move(wanted.record);
  columns.wanted = {wanted.index};
  columns.without_wanted = true;
  std::make_shared<WholeRead>(
      env, std::move(columns),
      [root, segment = wanted.segment,
       done = std::move(done)](Result<std::vector<Bytes>> got) mutable {
        if (!got) {
          done(fail(std::move(got).error()));
        } else if (crypto::tree_root(got->front()) != root) {
          done(fail(ErrorCode::DataLoss, reason::corrupt_shard,
                    "segment " + segment.short_hex() +
                        " was coded wrongly: a rebuilt shard has another root"));
        } else {
          done(std::move(got->front()));
        }
      })
      ->next();
}

void read_segment(const EnvPtr& env, const SegmentId& segment, ledger::Segment record,
                  Callback<Result<Bytes>> done) {
  if (record.state == ledger::SegmentState::Open) {
    const std::uint64_t length = record.length;
    const TreeRoot root = record.root;
    read_replica(env, {segment, std::move(record), 0, length, root}, std::move(done));
    return;
  }
  ColumnRead::Columns columns;
  columns.segment = segment;
  for (std::uint8_t i = 0; i < record.data_shards; ++i) columns.wanted.push_back(i);
  const Layout layout(record.length, record.data_shards);
  columns.record = std::move(record);
  auto whole = [layout, wanted = columns.wanted,
                done = std::move(done)](Result<std::vector<Bytes>> got) mutable {
    if (!got) {
      done(fail(std::move(got).error()));
    } else {
      done(gather(layout.runs(0, layout.length()), wanted, *got, 0));
    }
  };
  std::make_shared<WholeRead>(env, std::move(columns), std::move(whole))->next();
}

}  // namespace oort::object
