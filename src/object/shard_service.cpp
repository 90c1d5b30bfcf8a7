// SPDX-License-Identifier: Apache-2.0
#include "oort/object/shard_service.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/log.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/honesty_view.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/shard_receipt.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/shard_work.hpp"

namespace oort::object {
namespace {

constexpr std::string_view room = "object";
/// How far past its own height a node lets itself be held.
constexpr std::uint64_t hold_blocks_max = 1'000'000;
/// Shards looked at in one `collect`.
constexpr std::size_t collect_count_max = 512;
/// Bytes compared in one call, and how they are read.
constexpr std::uint64_t scrub_bytes_max = std::uint64_t{16} << 20;
constexpr std::uint64_t scrub_piece_bytes = std::uint64_t{1} << 20;
constexpr std::size_t damaged_listed_max = 1000;

tl::unexpected<Error> not_allowed(std::string detail) {
  return fail(ErrorCode::PermissionDenied, reason::not_allowed, std::move(detail));
}

}  // namespace

/// What one call of `collect` leaves for the next.
struct CollectCursor {
  std::optional<ShardRef> after;
};

struct ShardService::Impl : std::enable_shared_from_this<ShardService::Impl> {
  explicit Impl(Parts parts) : parts_(parts) {}

  struct Waiting {
    ShardRef shard;
    Callback<Result<Bytes>> reply;
  };

  void answer(Callback<Result<Bytes>> reply, Result<Bytes> result) {
    parts_.strand.post([reply = std::move(reply), result = std::move(result)]() mutable {
      reply(std::move(result));
    });
  }

  [[nodiscard]] Result<void> may_put(const NodeId& from) const {
    const LedgerSnapshot now = parts_.ledger.snapshot();
    const auto node = ledger::View(*now.state).node(from);
    if (node && node->status != ledger::NodeStatus::Faulty) return {};
    return not_allowed("node " + from.short_hex() + " is not registered to put shards");
  }

  [[nodiscard]] bool is_named(const ledger::View& view, const ShardRef& shard) const {
    const auto segment = view.segment(shard.segment);
    if (!segment || shard.index >= segment->shards.size()) return false;
    const ledger::Shard& recorded = segment->shards[shard.index];
    return recorded.node == parts_.self && recorded.generation == shard.generation;
  }

  // On the strand.
  void handle(const NodeId& from, env::MessageType type, Bytes payload,
              Callback<Result<Bytes>> reply) {
    if (type == shard_message::append) {
      if (auto allowed = may_put(from); !allowed) {
        answer(std::move(reply), fail(std::move(allowed).error()));
        return;
      }
    }
    parts_.disk.post([self = shared_from_this(), from, type, payload = std::move(payload),
                      reply = std::move(reply)]() mutable {
      if (type == shard_message::append) {
        self->append(from, payload, std::move(reply));
      } else {
        self->answer(std::move(reply), self->respond(from, type, payload));
      }
    });
  }

  // From here on: on the disk strand.
  [[nodiscard]] Result<Bytes> respond(const NodeId& from, env::MessageType type, ByteView payload) {
    switch (type) {
      case shard_message::read: return read(payload);
      case shard_message::stat: return stat(payload);
      case shard_message::remove: return remove(from, payload);
      case shard_message::list: return list(payload);
      default:
        return fail(ErrorCode::Unimplemented, reason::not_supported,
                    "no shard message of type " + std::to_string(type));
    }
  }

  void append(const NodeId& from, ByteView payload, Callback<Result<Bytes>> reply) {
    const auto appended = try_append(from, payload);
    if (!appended) {
      answer(std::move(reply), fail(appended.error()));
      return;
    }
    if (!appended->wants_receipt) {
      answer(std::move(reply), codec::to_bytes(AppendShardReply{appended->length, {}}));
      return;
    }
    waiting_.push_back({appended->shard, std::move(reply)});
    if (waiting_.size() > 1) return;
    // Runs after every put that is queued by now, so all of them share the fsync.
    parts_.disk.post([self = shared_from_this()] { self->flush(); });
  }

  struct Appended {
    ShardRef shard;
    std::uint64_t length = 0;
    bool wants_receipt = false;
  };
  [[nodiscard]] Result<Appended> try_append(const NodeId& from, ByteView payload) {
    OORT_TRY(const AppendShard request, codec::from_bytes<AppendShard>(payload));
    const Height now = parts_.ledger.snapshot().height;
    const Height hold(std::min(request.hold_until.value(), now.value() + hold_blocks_max));
    OORT_TRY(ShardStat stat,
             parts_.volumes.append(request.shard, request.offset, request.bytes, from, hold));
    if (request.is_last) {
      OORT_TRY(stat, parts_.volumes.seal(request.shard));
    }
    bytes_put_.add(static_cast<double>(request.bytes.size()));
    return Appended{request.shard, stat.length, request.wants_receipt};
  }

  void flush() {
    std::vector<Waiting> waiting = std::move(waiting_);
    waiting_.clear();
    const auto synced = parts_.volumes.sync();
    fsyncs_.add();
    for (Waiting& one : waiting) {
      if (!synced) {
        answer(std::move(one.reply), fail(synced.error()));
      } else {
        answer(std::move(one.reply), receipt_of(one.shard));
      }
    }
  }

  [[nodiscard]] Result<Bytes> receipt_of(const ShardRef& shard) {
    OORT_TRY(const auto stat, parts_.volumes.stat(shard));
    if (!stat) {
      return fail(ErrorCode::NotFound, reason::not_found, "the shard was removed meanwhile");
    }
    ledger::ShardReceipt receipt;
    receipt.chain = parts_.chain;
    receipt.segment = shard.segment;
    receipt.index = shard.index;
    receipt.root = stat->root;
    receipt.length = stat->length;
    receipt.generation = shard.generation;
    receipt.hold_until = stat->hold_until;
    receipt.node = parts_.self;
    OORT_TRY(receipt.signature, parts_.signer.sign(ledger::sign_hash(receipt).view()));
    return codec::to_bytes(AppendShardReply{stat->length, receipt});
  }

  [[nodiscard]] Result<Bytes> read(ByteView payload) {
    OORT_TRY(const ReadShard request, codec::from_bytes<ReadShard>(payload));
    if (request.size > shard_piece_bytes_max) {
      return fail(
          ErrorCode::InvalidArgument, reason::too_large,
          "at most " + std::to_string(shard_piece_bytes_max) + " bytes can be read at once");
    }
    OORT_TRY(const auto stat, parts_.volumes.stat(request.shard));
    if (!stat) {
      return fail(ErrorCode::NotFound, reason::not_found,
                  "no shard of segment " + request.shard.segment.short_hex() + " with that index");
    }
    // What is not all there is refused by the volumes, in their words.
    const AnsweredRange range =
        answered_range(request, stat->length).value_or(AnsweredRange{request.offset, request.size});
    ReadShardReply reply;
    reply.length = stat->length;
    reply.offset = range.offset;
    OORT_TRY(reply.bytes, parts_.volumes.read(request.shard, range.offset, range.size));
    if (request.proof != ReadProof::None) OORT_TRY(add_proof(request, *stat, reply));
    if (request.order && may_sign(request, *stat)) {
      OORT_TRY(reply.receipt, sign_work(parts_.chain, parts_.self, request, reply, parts_.signer));
    }
    bytes_read_.add(static_cast<double>(reply.bytes.size()));
    return codec::to_bytes(reply);
  }

  /// Only for what can be answered in one way for ever: a sealed shard that the ledger knows as it
  /// is here. Reader and node may be a block apart in their rounds.
  [[nodiscard]] bool may_sign(const ReadShard& request, const ShardStat& stat) const {
    const LedgerSnapshot now = parts_.ledger.snapshot();
    const auto honesty = ledger::HonestyView(*now.state).state();
    if (!honesty || !stat.is_sealed) return false;
    const std::uint64_t round = request.order->round.value();
    if (round > honesty->round + 1 || honesty->round > round + 1) return false;
    const auto segment = ledger::View(*now.state).segment(request.shard.segment);
    if (!segment || segment->state != ledger::SegmentState::Sealed) return false;
    if (request.shard.index >= segment->shards.size()) return false;
    const ledger::Shard& known = segment->shards[request.shard.index];
    return known.node == parts_.self && known.generation == request.shard.generation &&
           known.root == stat.root && known.length == stat.length;
  }

  [[nodiscard]] Result<void> add_proof(const ReadShard& request, const ShardStat& stat,
                                       ReadShardReply& reply) {
    OORT_TRY(auto leaves, parts_.volumes.leaves(request.shard));
    if (request.proof == ReadProof::Leaves) {
      reply.leaves = std::move(leaves);
      return {};
    }
    const std::uint64_t first = reply.offset / crypto::tree_leaf_bytes;
    const std::uint64_t count = crypto::tree_leaves_count(reply.bytes.size());
    for (std::uint64_t i = first; i < first + count; ++i) {
      reply.paths.push_back(crypto::tree_prove(leaves, stat.length, i));
    }
    return {};
  }

  [[nodiscard]] Result<Bytes> stat(ByteView payload) {
    OORT_TRY(const StatShard request, codec::from_bytes<StatShard>(payload));
    if (damaged_.contains(request.shard)) {
      return fail(ErrorCode::DataLoss, reason::corrupt_shard,
                  "the shard is damaged on this node's disk");
    }
    OORT_TRY(const auto stat, parts_.volumes.stat(request.shard));
    return codec::to_bytes(StatShardReply{stat});
  }

  [[nodiscard]] Result<Bytes> remove(const NodeId& from, ByteView payload) {
    OORT_TRY(const RemoveShard request, codec::from_bytes<RemoveShard>(payload));
    OORT_TRY(const auto stat, parts_.volumes.stat(request.shard));
    if (stat) {
      const LedgerSnapshot now = parts_.ledger.snapshot();
      if (stat->writer != from) return not_allowed("only its writer may remove a shard");
      if (is_named(ledger::View(*now.state), request.shard)) {
        return not_allowed("the ledger names this shard");
      }
      OORT_TRY(parts_.volumes.remove(request.shard));
      OORT_TRY(parts_.volumes.sync());
      damaged_.erase(request.shard);
    }
    return codec::to_bytes(RemoveShardReply{});
  }

  [[nodiscard]] Result<Bytes> list(ByteView payload) {
    OORT_TRY(const ListShards request, codec::from_bytes<ListShards>(payload));
    const std::size_t count = std::min<std::size_t>(request.count_max, shard_list_count_max);
    OORT_TRY(auto shards, parts_.volumes.list(request.after, count));
    return codec::to_bytes(ListShardsReply{std::move(shards)});
  }

  [[nodiscard]] Result<std::uint64_t> collect() {
    const LedgerSnapshot now = parts_.ledger.snapshot();
    const ledger::View view(*now.state);
    // What was begun and never asked for a receipt is listed only from here on.
    if (parts_.volumes.state() != VolumeState::Failed) OORT_TRY(parts_.volumes.sync());
    OORT_TRY(const auto stats, parts_.volumes.list(cursor_.after, collect_count_max));
    std::uint64_t removed = 0;
    for (const ShardStat& stat : stats) {
      if (stat.hold_until >= now.height || is_named(view, stat.shard)) continue;
      OORT_TRY(parts_.volumes.remove(stat.shard));
      damaged_.erase(stat.shard);
      ++removed;
    }
    cursor_.after.reset();
    if (stats.size() == collect_count_max) cursor_.after = stats.back().shard;
    if (removed > 0) {
      OORT_TRY(parts_.volumes.sync());
      collected_.add(static_cast<double>(removed));
      log::info(room, "collected shards that nothing refers to",
                {{"count", removed}, {"height", now.height.value()}});
    }
    OORT_TRY([[maybe_unused]] const bool is_compacted, parts_.volumes.compact());
    ScrubSummary summary;
    OORT_TRY([[maybe_unused]] const bool is_over, scrub_some(scrub_after_, summary));
    return removed;
  }

  /// Reads on after `after` for a bounded while and tells whether the end was reached.
  [[nodiscard]] Result<bool> scrub_some(std::optional<ShardRef>& after, ScrubSummary& summary) {
    OORT_TRY(const auto stats, parts_.volumes.list(after, collect_count_max));
    std::uint64_t compared = 0;
    for (const ShardStat& stat : stats) {
      if (compared >= scrub_bytes_max) return false;
      after = stat.shard;
      if (!stat.is_sealed) continue;
      compared += stat.length;
      scrub_one(stat, summary);
    }
    if (stats.size() == collect_count_max) return false;
    after.reset();
    return true;
  }

  void scrub_one(const ShardStat& stat, ScrubSummary& summary) {
    ++summary.shards_count;
    for (std::uint64_t at = 0; at < stat.length; at += scrub_piece_bytes) {
      const std::uint64_t size = std::min(scrub_piece_bytes, stat.length - at);
      const auto bytes = parts_.volumes.read(stat.shard, at, size);
      if (bytes) {
        summary.bytes += size;
        continue;
      }
      if (bytes.error().reason() == reason::corrupt_shard) {
        note_damage(stat.shard, summary);
      } else {
        ++summary.unreadable_count;
      }
      return;
    }
  }

  void note_damage(const ShardRef& shard, ScrubSummary& summary) {
    ++summary.damaged_count;
    if (summary.damaged.size() < damaged_listed_max) summary.damaged.push_back(shard);
    if (!damaged_.insert(shard).second) return;
    log::warn(room, "a shard on this node's disk is damaged",
              {{"segment", shard.segment.short_hex()}, {"index", std::uint32_t{shard.index}}});
  }

  /// One walk that somebody asked for.
  struct Scrub {
    std::optional<ShardRef> after;
    ScrubSummary summary;
    Callback<Result<ScrubSummary>> done;
  };

  void scrub_on(const std::shared_ptr<Scrub>& scrub) {
    const auto is_over = scrub_some(scrub->after, scrub->summary);
    if (is_over && !*is_over) {
      parts_.disk.post([self = shared_from_this(), scrub] { self->scrub_on(scrub); });
      return;
    }
    Result<ScrubSummary> result = std::move(scrub->summary);
    if (!is_over) result = fail(is_over.error());
    parts_.strand.post(
        [scrub, result = std::move(result)]() mutable { scrub->done(std::move(result)); });
  }

  // The service itself reads them too.
 private:
  friend class ShardService;

  Parts parts_;
  std::vector<Waiting> waiting_;
  std::optional<ShardRef> scrub_after_;
  std::set<ShardRef> damaged_;
  CollectCursor cursor_;
  metrics::Counter bytes_put_ =
      metrics::counter("oort_object_shard_put_bytes_total", "Bytes of shards put on this node");
  metrics::Counter bytes_read_ =
      metrics::counter("oort_object_shard_read_bytes_total", "Bytes of shards read from this node");
  metrics::Counter fsyncs_ =
      metrics::counter("oort_object_shard_syncs_total", "Group commits of shards on this node");
  metrics::Counter collected_ =
      metrics::counter("oort_object_shards_collected_total", "Orphaned shards removed");
};

ShardService::ShardService(Parts parts) : impl_(std::make_shared<Impl>(parts)) {}
ShardService::~ShardService() = default;

void ShardService::attach(env::Transport& transport) {
  transport.on_request(env::message_range::object,
                       [impl = impl_](NodeId from, env::MessageType type, Bytes payload,
                                      Callback<Result<Bytes>> reply) {
                         impl->handle(from, type, std::move(payload), std::move(reply));
                       });
}

void ShardService::handle(const NodeId& from, env::MessageType type, Bytes payload,
                          Callback<Result<Bytes>> reply) {
  impl_->handle(from, type, std::move(payload), std::move(reply));
}

void ShardService::collect(Callback<Result<std::uint64_t>> done) {
  impl_->parts_.disk.post([impl = impl_, done = std::move(done)]() mutable {
    auto removed = impl->collect();
    impl->parts_.strand.post([done = std::move(done), removed = std::move(removed)]() mutable {
      done(std::move(removed));
    });
  });
}

void ShardService::scrub(Callback<Result<ScrubSummary>> done) {
  auto scrub = std::make_shared<Impl::Scrub>();
  scrub->done = std::move(done);
  impl_->parts_.disk.post([impl = impl_, scrub] { impl->scrub_on(scrub); });
}

void ShardService::usage(Callback<Result<Usage>> done) {
  impl_->parts_.disk.post([impl = impl_, done = std::move(done)]() mutable {
    const VolumeStore& volumes = impl->parts_.volumes;
    auto free = volumes.free_bytes();
    Result<Usage> usage = fail(ErrorCode::Internal, reason::internal, "unset");
    if (free) {
      usage = Usage{volumes.state(), volumes.shards_count(), volumes.used_bytes(),
                    volumes.dead_bytes(), *free};
    } else {
      usage = fail(std::move(free).error());
    }
    impl->parts_.strand.post(
        [done = std::move(done), usage = std::move(usage)]() mutable { done(std::move(usage)); });
  });
}

}  // namespace oort::object
