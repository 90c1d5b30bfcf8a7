// SPDX-License-Identifier: Apache-2.0
#include "coded_store.hpp"

#include <algorithm>
#include <optional>

#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/env/executor.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/shard_receipt.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/layout.hpp"

namespace oort::object {
namespace {

constexpr std::string_view room = "object";
constexpr std::size_t piece_bytes = std::size_t{1} << 20;

/// One stripe of the content, its last unit filled up with zeros.
void code_stripe(const Coder& coder, const Layout& layout, std::uint64_t stripe, ByteView content,
                 std::vector<Bytes>& shards) {
  const std::uint64_t unit = layout.unit_bytes(stripe);
  const std::uint64_t at = layout.shard_offset(stripe);
  const std::uint64_t begin = stripe * layout.stripe_bytes();
  const std::size_t k = coder.scheme().data;
  std::vector<ByteView> data;
  std::vector<std::span<std::byte>> parity;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const std::span<std::byte> target = std::span(shards[i]).subspan(at, unit);
    if (i >= k) {
      parity.push_back(target);
      continue;
    }
    const std::uint64_t from = std::min<std::uint64_t>(begin + i * unit, content.size());
    const ByteView piece =
        content.subspan(from, std::min<std::uint64_t>(unit, content.size() - from));
    std::copy(piece.begin(), piece.end(), target.begin());
    data.emplace_back(target);
  }
  coder.encode(data, parity);
}

/// Sends one shard to one node, a piece at a time. What an earlier try left there is taken over
/// when it is the same shard, and removed when it is not.
class ShardSender : public std::enable_shared_from_this<ShardSender> {
 public:
  ShardSender(EnvPtr env, ShardPut put, Callback<Result<ledger::ShardReceipt>> done)
      : env_(std::move(env)), put_(std::move(put)), done_(std::move(done)) {}

  void next() {
    AppendShard request;
    request.shard = put_.shard;
    request.offset = offset_;
    request.hold_until = put_.hold_until;
    const ByteView rest = ByteView(*put_.bytes).subspan(offset_);
    const ByteView piece = rest.first(std::min(rest.size(), piece_bytes));
    request.is_last = piece.size() == rest.size();
    request.wants_receipt = request.is_last;
    request.bytes = to_bytes(piece);
    offset_ += piece.size();
    send(std::move(request));
  }

 private:
  void send(AppendShard request) {
    env_->parts.shards.append(put_.node, std::move(request), env_->options.shard_deadline,
                              [self = shared_from_this()](Result<AppendShardReply> reply) {
                                self->answered(std::move(reply));
                              });
  }

  void answered(Result<AppendShardReply> reply) {
    if (!reply) {
      refused(std::move(reply).error());
    } else if (offset_ < put_.bytes->size()) {
      next();
    } else if (!reply->receipt) {
      done_(fail(ErrorCode::DataLoss, reason::peer_misbehaved,
                 "node " + put_.node.short_hex() + " gave no receipt"));
    } else if (auto checked = check_receipt(*reply->receipt, env_->parts.chain, put_.node,
                                            put_.shard, put_.root, put_.bytes->size());
               !checked) {
      done_(fail(std::move(checked).error()));
    } else {
      done_(*reply->receipt);
    }
  }

  void refused(Error error) {
    const bool is_there_already = error.code() == ErrorCode::AlreadyExists ||
                                  error.code() == ErrorCode::OutOfRange ||
                                  error.code() == ErrorCode::PermissionDenied;
    if (!is_there_already || stage_ != Stage::First) {
      done_(fail(std::move(error)));
      return;
    }
    env_->parts.shards.stat(put_.node, {put_.shard}, env_->options.shard_deadline,
                            [self = shared_from_this()](Result<StatShardReply> reply) {
                              self->found(std::move(reply));
                            });
  }

  /// Asked before anything is appended: an append would have the node hold for longer what is of no
  /// use, and nobody but its writer can have it removed.
  void found(Result<StatShardReply> reply) {
    const bool is_damaged = !reply && reply.error().reason() == reason::corrupt_shard;
    if (!reply && !is_damaged) {
      done_(fail(std::move(reply).error()));
      return;
    }
    const bool is_same = reply && reply->stat && reply->stat->is_sealed &&
                         reply->stat->root == put_.root &&
                         reply->stat->length == put_.bytes->size();
    if (is_same) {
      take_over();
    } else {
      start_again();
    }
  }

  void take_over() {
    stage_ = Stage::TakeOver;
    offset_ = put_.bytes->size();
    AppendShard request;
    request.shard = put_.shard;
    request.offset = offset_;
    request.is_last = true;
    request.wants_receipt = true;
    request.hold_until = put_.hold_until;
    send(std::move(request));
  }

  void start_again() {
    stage_ = Stage::Again;
    offset_ = 0;
    env_->parts.shards.remove(put_.node, {put_.shard}, env_->options.shard_deadline,
                              [self = shared_from_this()](Result<RemoveShardReply> removed) {
                                if (removed) {
                                  self->next();
                                } else {
                                  self->done_(fail(std::move(removed).error()));
                                }
                              });
  }

  enum class Stage : std::uint8_t { First, TakeOver, Again };
  EnvPtr env_;
  ShardPut put_;
  Callback<Result<ledger::ShardReceipt>> done_;
  std::uint64_t offset_ = 0;
  Stage stage_ = Stage::First;
};

/// One segment on its way to n nodes.
class CodedStore : public std::enable_shared_from_this<CodedStore> {
 public:
  CodedStore(EnvPtr env, CodedStoreRequest request, Callback<Result<CodedStoreResult>> done)
      : env_(std::move(env)), request_(std::move(request)), done_(std::move(done)) {}

  void start() {
    const LedgerSnapshot now = env_->parts.ledger.snapshot();
    const ledger::Params params = ledger::View(*now.state).params();
    const auto policy = ledger::policy_of(params, request_.storage_class);
    if (!policy) {
      finish(fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  "this network has no such storage class"));
      return;
    }
    policy_ = *policy;
    hold_until_ = hold_until(now);
    candidates_ = candidates_for(env_, params, request_.segment, request_.storage_class, {});
    auto plan = plan_coded(policy_, candidates_.size(), request_.durability);
    if (!plan) {
      finish(fail(std::move(plan).error()));
      return;
    }
    plan_ = *plan;
    env_->parts.pool.post([self = shared_from_this()] { self->code(); });
  }

 private:
  struct Slot {
    std::shared_ptr<const Bytes> bytes;
    TreeRoot root;
    std::uint32_t attempts_open = 0;
    std::optional<ledger::ShardReceipt> receipt;
  };

  // On the pool.
  void code() {
    const Coder coder = *Coder::make(plan_.scheme);
    CodedSegment coded = code_segment(coder, *request_.content);
    env_->parts.strand.post([self = shared_from_this(), coded = std::move(coded)]() mutable {
      self->send_all(std::move(coded));
    });
  }

  void send_all(CodedSegment coded) {
    slots_.resize(coded.shards.size());
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      slots_[i].bytes = std::make_shared<const Bytes>(std::move(coded.shards[i]));
      slots_[i].root = coded.roots[i];
    }
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (!is_done_) offer(i, take_candidate());
    }
    timer_ = env_->parts.timers.after(env_->options.put_slow_after,
                                      [self = shared_from_this()] { self->replace_slow(); });
  }

  [[nodiscard]] std::optional<NodeId> take_candidate() {
    if (next_candidate_ == candidates_.size()) return std::nullopt;
    return candidates_[next_candidate_++];
  }

  void offer(std::size_t index, std::optional<NodeId> node) {
    if (!node) {
      shrink(index);
      return;
    }
    Slot& slot = slots_[index];
    ++slot.attempts_open;
    const ShardRef shard{request_.segment, static_cast<std::uint8_t>(index), request_.generation};
    put_shard(env_, {*node, shard, slot.bytes, slot.root, hold_until_},
              [self = shared_from_this(), index, node = *node](Result<ledger::ShardReceipt> got) {
                self->answered(index, node, std::move(got));
              });
  }

  void answered(std::size_t index, const NodeId& node, Result<ledger::ShardReceipt> receipt) {
    if (is_done_ || index >= slots_.size()) return;
    Slot& slot = slots_[index];
    --slot.attempts_open;
    if (receipt) {
      if (!slot.receipt) slot.receipt = *receipt;
      finish_if_complete();
      return;
    }
    log::warn(room, "a node did not take a shard",
              {{"node", node.short_hex()},
               {"segment", request_.segment.short_hex()},
               {"index", index},
               {"error", receipt.error().to_string()}});
    last_error_ = std::move(receipt).error();
    env_->health->failed(node, env_->parts.clock.now_mono());
    if (!slot.receipt && slot.attempts_open == 0) offer(index, take_candidate());
  }

  /// No node is left for the shard at `index`: the last shard's node takes it, if one shard less is
  /// still enough. The code of fewer shards is a prefix of the code of more.
  void shrink(std::size_t index) {
    const auto fewer = plan_coded(policy_, slots_.size() - 1, request_.durability);
    if (!fewer) {
      finish(last_error_ ? fail(*last_error_) : fail(fewer.error()));
      return;
    }
    const std::size_t last = slots_.size() - 1;
    std::optional<NodeId> node;
    if (slots_[last].receipt) node = slots_[last].receipt->node;
    if (last != index && !node) {
      // The last shard is still under way; its node is known only to its attempt, so wait for it.
      waiting_for_node_.push_back(index);
      return;
    }
    slots_.pop_back();
    plan_ = *fewer;
    if (last != index) offer(index, node);
    finish_if_complete();
  }

  void replace_slow() {
    for (std::size_t i = 0; i < slots_.size() && !is_done_; ++i) {
      if (slots_[i].receipt) continue;
      if (const auto node = take_candidate()) offer(i, node);
    }
  }

  void finish_if_complete() {
    if (is_done_) return;
    while (!waiting_for_node_.empty()) {
      const std::size_t index = waiting_for_node_.back();
      const bool is_served = index >= slots_.size() || slots_[index].receipt.has_value();
      const bool is_last = index + 1 == slots_.size();
      if (!is_served && !is_last && !slots_.back().receipt) break;
      waiting_for_node_.pop_back();
      if (is_served) continue;
      shrink(index);
      if (is_done_) return;
    }
    CodedStoreResult result;
    result.plan = plan_;
    for (const Slot& slot : slots_) {
      if (!slot.receipt) return;
      result.receipts.push_back(*slot.receipt);
    }
    finish(std::move(result));
  }

  void finish(Result<CodedStoreResult> result) {
    if (is_done_) return;
    is_done_ = true;
    env_->parts.timers.cancel(timer_);
    slots_.clear();
    done_(std::move(result));
  }

  EnvPtr env_;
  CodedStoreRequest request_;
  Callback<Result<CodedStoreResult>> done_;
  ledger::ClassPolicy policy_;
  Height hold_until_;
  std::vector<NodeId> candidates_;
  std::size_t next_candidate_ = 0;
  SchemePlan plan_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> waiting_for_node_;
  std::optional<Error> last_error_;
  env::TimerId timer_{};
  bool is_done_ = false;
};

}  // namespace

CodedSegment code_segment(const Coder& coder, ByteView content) {
  const Layout layout(content.size(), coder.scheme().data);
  CodedSegment coded;
  coded.shards.assign(coder.scheme().total, Bytes(layout.shard_bytes()));
  for (std::uint64_t stripe = 0; stripe < layout.stripes_count(); ++stripe) {
    code_stripe(coder, layout, stripe, content, coded.shards);
  }
  for (const Bytes& shard : coded.shards) coded.roots.push_back(crypto::tree_root(shard));
  return coded;
}

Result<void> check_receipt(const ledger::ShardReceipt& receipt, const ChainId& chain,
                           const NodeId& node, const ShardRef& shard, const TreeRoot& root,
                           std::uint64_t length) {
  const bool is_for_it = receipt.chain == chain && receipt.node == node &&
                         receipt.segment == shard.segment && receipt.index == shard.index &&
                         receipt.generation == shard.generation && receipt.root == root &&
                         receipt.length == length;
  if (is_for_it &&
      crypto::verify(crypto::key_of(node), ledger::sign_hash(receipt).view(), receipt.signature)) {
    return {};
  }
  return fail(ErrorCode::DataLoss, reason::peer_misbehaved,
              "node " + node.short_hex() + " gave a receipt for something else");
}

void put_shard(const EnvPtr& env, ShardPut put, Callback<Result<ledger::ShardReceipt>> done) {
  std::make_shared<ShardSender>(env, std::move(put), std::move(done))->next();
}

void store_coded(const EnvPtr& env, CodedStoreRequest request,
                 Callback<Result<CodedStoreResult>> done) {
  std::make_shared<CodedStore>(env, std::move(request), std::move(done))->start();
}

}  // namespace oort::object
