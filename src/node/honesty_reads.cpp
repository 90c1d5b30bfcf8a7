// SPDX-License-Identifier: Apache-2.0
#include "honesty_reads.hpp"

#include <algorithm>
#include <chrono>

#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/shard_work.hpp"

namespace oort::node {
namespace {

/// Of live reads that are remembered.
constexpr std::size_t seen_count_max = 1024;
/// A range may have been given out in this round already.
constexpr int tries_max = 16;

/// The same place and length in another shard, as far as that goes.
object::ReadShard request_like(const object::ReadShard& live, const StorageReads::Known& known) {
  object::ReadShard request = live;
  request.shard = {known.segment, known.index, known.shard.generation};
  const std::uint64_t length = known.shard.length;
  request.offset = std::min(live.offset, length);
  request.size =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(live.size, length - request.offset));
  request.order.reset();
  return request;
}

}  // namespace

void OrderedReads::read(const NodeId& node, object::ReadShard request, Duration deadline,
                        Callback<Result<object::ReadShardReply>> done) {
  if (round_.value() > 0 && !request.order) {
    object::ReadOrder order;
    order.round = round_;
    random_.fill(order.task.mutable_view());
    if (listener_) listener_(request, deadline);
    request.order = order;
  }
  inner_.read(node, std::move(request), deadline, std::move(done));
}

honesty::TaskShape shape_of(const NodeId& broker, Duration deadline,
                            std::uint64_t offset_ms) noexcept {
  honesty::TaskShape shape;
  shape.workload = storage_read;
  shape.broker = broker;
  // A round size: what a bait of a read looks like is drawn from the reads themselves.
  shape.input_bytes = crypto::tree_leaf_bytes;
  shape.deadline_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline).count());
  shape.offset_ms = offset_ms;
  return shape;
}

void encode(codec::Writer& out, const BaitRead& value) {
  codec::encode(out, value.round);
  codec::encode(out, value.node);
  encode(out, value.request);
}
Result<void> decode(codec::Reader& in, BaitRead& value) {
  OORT_TRY(codec::decode(in, value.round));
  OORT_TRY(codec::decode(in, value.node));
  return decode(in, value.request);
}

bool StorageReads::is_still_there(const Known& known) const {
  const object::LedgerSnapshot now = ledger_.snapshot();
  const auto segment = ledger::View(*now.state).segment(known.segment);
  return segment && known.index < segment->shards.size() &&
         segment->shards[known.index] == known.shard;
}

void StorageReads::saw(const object::ReadShard& live, env::Random& random) {
  if (seen_.size() < seen_count_max) {
    seen_.push_back(live);
  } else {
    seen_[random.below(seen_count_max)] = live;
  }
}

Result<honesty::MintedTask> StorageReads::mint(const honesty::TaskShape&, env::Random& random) {
  for (int i = 0; i < tries_max && !known_.empty() && !seen_.empty(); ++i) {
    const std::size_t chosen = random.below(known_.size());
    const Known& known = known_[chosen];
    if (!is_still_there(known)) {
      known_.erase(known_.begin() + static_cast<std::ptrdiff_t>(chosen));
      continue;
    }
    const object::ReadShard request = request_like(seen_[random.below(seen_.size())], known);
    const Bytes32 input_root = object::input_root_of(request);
    const auto answer = object::true_result_of(request, known.bytes);
    const BaitRead* const before = find(input_root);
    const bool is_given = before != nullptr && before->round == round_;
    if (request.size == 0 || !answer || is_given) continue;
    given_.insert_or_assign(input_root, BaitRead{round_, known.shard.node, request});
    honesty::MintedTask task;
    task.input_root = input_root;
    task.input_bytes = request.size;
    task.answer = *answer;
    return task;
  }
  return fail(ErrorCode::FailedPrecondition, reason::not_ready, "no shard is known well enough");
}

const BaitRead* StorageReads::find(const Bytes32& input_root) const {
  const auto found = given_.find(input_root);
  return found == given_.end() ? nullptr : &found->second;
}

std::vector<BaitRead> StorageReads::given() const {
  std::vector<BaitRead> all;
  all.reserve(given_.size());
  for (const auto& [root, read] : given_) all.push_back(read);
  return all;
}

void StorageReads::restore(const std::vector<BaitRead>& given) {
  for (const BaitRead& read : given) {
    given_.emplace(object::input_root_of(read.request), read);
  }
}

void StorageReads::forget_before(Epoch round) {
  std::erase_if(given_, [round](const auto& one) { return one.second.round < round; });
}

}  // namespace oort::node
