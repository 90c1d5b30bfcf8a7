// SPDX-License-Identifier: Apache-2.0
#include "oort/object/shard_rebuild.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/object/coder.hpp"

namespace oort::object {
namespace {

class Rebuild : public std::enable_shared_from_this<Rebuild> {
 public:
  Rebuild(ShardClient& shards, RebuildTarget target, Duration deadline,
          Callback<Result<Bytes>> done)
      : shards_(shards), target_(std::move(target)), deadline_(deadline), done_(std::move(done)) {}

  void next_shard() {
    if (given_.size() == target_.record.data_shards) return decode();
    while (next_ < target_.record.shards.size() && !may_ask(next_)) ++next_;
    if (next_ == target_.record.shards.size()) {
      done_(fail(ErrorCode::Unavailable, reason::not_enough_shards,
                 "segment " + target_.segment.short_hex() + ": " + std::to_string(given_.size()) +
                     " of " + std::to_string(target_.record.data_shards) + " other shards answer"));
      return;
    }
    reading_ = static_cast<std::uint8_t>(next_++);
    bytes_.clear();
    leaves_.clear();
    next_piece();
  }

 private:
  [[nodiscard]] const ledger::Shard& wanted() const { return target_.record.shards[target_.index]; }
  [[nodiscard]] bool may_ask(std::size_t index) const {
    const ledger::Shard& shard = target_.record.shards[index];
    return index != target_.index && shard.node != wanted().node && shard.length == wanted().length;
  }

  void next_piece() {
    const ledger::Shard& shard = target_.record.shards[reading_];
    ReadShard request;
    request.shard = {target_.segment, reading_, shard.generation};
    request.offset = bytes_.size();
    request.size = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(shard_piece_bytes_max, shard.length - bytes_.size()));
    if (leaves_.empty()) request.proof = ReadProof::Leaves;
    shards_.read(shard.node, request, deadline_,
                 [self = shared_from_this(), request](Result<ReadShardReply> reply) {
                   self->answered(request, std::move(reply));
                 });
  }

  void answered(const ReadShard& request, Result<ReadShardReply> reply) {
    const ledger::Shard& shard = target_.record.shards[reading_];
    if (!reply || !is_proven(request, *reply, shard.root, shard.length, leaves_)) {
      return next_shard();
    }
    if (leaves_.empty()) leaves_ = std::move(reply->leaves);
    bytes_.insert(bytes_.end(), reply->bytes.begin(), reply->bytes.end());
    if (bytes_.size() < shard.length) return next_piece();
    given_.emplace_back(reading_, std::move(bytes_));
    bytes_ = {};
    next_shard();
  }

  void decode() {
    const Scheme scheme{target_.record.data_shards,
                        static_cast<std::uint8_t>(target_.record.shards.size())};
    const auto coder = Coder::make(scheme);
    OORT_ASSERT(coder.has_value(), "the ledger records possible schemes only");
    std::vector<std::uint8_t> indices;
    std::vector<ByteView> sources;
    for (const auto& [index, bytes] : given_) {
      indices.push_back(index);
      sources.emplace_back(bytes);
    }
    const std::uint8_t missing[] = {target_.index};
    const auto decoder = coder->decoder(indices, missing);
    OORT_ASSERT(decoder.has_value(), "k different shards are given");
    Bytes rebuilt(wanted().length);
    const std::span<std::byte> targets[] = {rebuilt};
    decoder->apply(sources, targets);
    if (crypto::tree_root(rebuilt) != wanted().root) {
      done_(fail(ErrorCode::DataLoss, reason::corrupt_shard,
                 "segment " + target_.segment.short_hex() +
                     " was coded wrongly: a rebuilt shard has another root"));
      return;
    }
    done_(std::move(rebuilt));
  }

  ShardClient& shards_;
  const RebuildTarget target_;
  const Duration deadline_;
  Callback<Result<Bytes>> done_;
  std::size_t next_ = 0;
  std::uint8_t reading_ = 0;
  Bytes bytes_;
  std::vector<Bytes32> leaves_;
  std::vector<std::pair<std::uint8_t, Bytes>> given_;
};

}  // namespace

void rebuild_from_others(ShardClient& shards, RebuildTarget target, Duration deadline,
                         Callback<Result<Bytes>> done) {
  OORT_ASSERT(target.index < target.record.shards.size(), "the shard is of the segment");
  std::make_shared<Rebuild>(shards, std::move(target), deadline, std::move(done))->next_shard();
}

}  // namespace oort::object
