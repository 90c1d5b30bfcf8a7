// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/keys.hpp"
#include "trace/trace.hpp"

namespace oort::ledger::trace {
namespace {

constexpr crypto::Context name_context("oort.v1 trace name");
Bytes body() { return to_bytes("body"); }
Bytes32 digest() { return body_digest_of(body()); }
TreeRoot root_of(std::uint64_t number) {
  return TreeRoot(crypto::hash(name_context, as_bytes(std::to_string(number))).array());
}

}  // namespace

NameHash Author::some_name() { return NameHash(root_of(dice_->pick(6)).array()); }

ObjectVersionRef Author::some_version(const View& view, bool is_removed) {
  std::vector<ObjectVersionRef> found;
  const Bytes prefix = keys::prefix(Module::Objects, is_removed ? table::removed : table::object);
  view.state().scan(prefix, prefix, [&](ByteView, ByteView value) {
    const Object object = is_removed ? codec::from_bytes<RemovedObject>(value)->object
                                     : *codec::from_bytes<Object>(value);
    found.push_back({object.bucket, object.name_hash, object.version});
    return found.size() < 100;
  });
  if (found.empty()) return {some_bucket(), some_name(), {}};
  return found[dice_->pick(found.size())];
}

std::vector<Extent> Author::extents(const View& view, std::uint8_t gateway) {
  std::vector<Extent> all;
  for (const auto& [id, segment] : view.segments(SegmentId(dice_->bytes32().array()), 20)) {
    if (segment.gateway != account_of(gateway) || segment.length < 20) continue;
    const std::uint64_t offset = dice_->pick(segment.length - 10);
    all.push_back({{id, 0}, offset, 10, root_of(offset)});
    if (all.size() == 3) break;
  }
  return all;
}

Draw Author::bucket(const View& view) {
  const BucketId id = some_bucket();
  switch (dice_->pick(6)) {
    case 0: {
      const std::uint8_t owner = person();
      const std::string name = "bucket-" + std::to_string(dice_->pick(12));
      return {owner, {BucketCreate{account_of(owner), name, KeyMode::Clear, {}, {}}, {}}};
    }
    case 1: return {gateway(), {BucketDelete{id, {}}, {}}};
    case 2: {
      const auto versioning = static_cast<Versioning>(1 + dice_->pick(2));
      return {gateway(), {BucketSetVersioning{id, versioning, {}}, {}}};
    }
    case 3: return {gateway(), {BucketSetPolicy{id, digest(), {}}, body()}};
    case 4: return {gateway(), {BucketSetKeys{id, 1, {{node_of(1), to_bytes("sealed")}}}, {}}};
    default: return {gateway(), {ObjectRestore{some_version(view, true)}, {}}};
  }
}

Draw Author::object(const View& view) {
  const std::uint8_t sender = gateway();
  if (dice_->is_one_in(4)) {
    const ObjectVersionRef ref = some_version(view, false);
    const auto target = static_cast<ObjectDelete::Target>(dice_->pick(3));
    return {sender, {ObjectDelete{ref.bucket, ref.name_hash, target, ref.version, {}, {}}, {}}};
  }
  ObjectCommit commit;
  commit.bucket = some_bucket();
  commit.name_hash = some_name();
  commit.body_digest = digest();
  if (dice_->is_one_in(6)) {
    commit.copy_source = some_version(view, false);
  } else {
    commit.extents = extents(view, sender);
    commit.size = commit.extents.size() * 9;
  }
  commit.precondition.kind = static_cast<Precondition::Kind>(dice_->pick(3));
  return {sender, {commit, body()}};
}

Draw Author::upload(const View& view) {
  const std::uint8_t sender = gateway();
  const BucketId id = some_bucket();
  const NameHash name = some_name();
  const auto uploads = view.uploads(id, {}, 100);
  if (uploads.empty() || dice_->is_one_in(4)) {
    return {sender, {MultipartCreate{id, name, StorageClass::Standard, digest(), {}}, body()}};
  }
  const Multipart& chosen = uploads[dice_->pick(uploads.size())];
  switch (dice_->pick(6)) {
    case 0: return {sender, {MultipartAbort{id, chosen.name_hash, chosen.id, {}}, {}}};
    case 1:
    case 2: {
      MultipartComplete complete{id, chosen.name_hash, chosen.id, {}, digest(), {}, {}};
      for (const Part& part : view.parts(id, chosen.id, 0, 9)) {
        complete.parts.push_back(part.number);
      }
      return {sender, {complete, body()}};
    }
    default: break;
  }
  const auto number = static_cast<std::uint16_t>(1 + dice_->pick(4));
  std::vector<Extent> where = extents(view, sender);
  return {sender,
          {MultipartPart{id,
                         chosen.name_hash,
                         chosen.id,
                         number,
                         where.size() * 9,
                         digest(),
                         std::move(where),
                         {}},
           body()}};
}

ShardReceipt Author::receipt(std::uint8_t node, const SegmentId& segment, std::size_t index,
                             std::uint64_t length, std::uint32_t generation) {
  const Height held(height_.value() + 100);
  // Nobody looks at the signature.
  return {chain_,
          segment,
          static_cast<std::uint8_t>(index),
          root_of(length),
          length,
          generation,
          held,
          node_of(node),
          {}};
}

std::vector<ShardReceipt> Author::receipts(const SegmentId& segment, std::uint64_t length,
                                           std::uint32_t generation) {
  std::vector<ShardReceipt> all;
  const std::uint8_t count = dice_->between(4, 5);
  for (std::uint8_t i = 0; i < count; ++i) {
    const auto node = static_cast<std::uint8_t>(i + 1);
    all.push_back(receipt(node, segment, i, (length + 1) / 2, generation));
  }
  return all;
}

Draw Author::segment(const View& view) {
  const std::uint8_t sender = gateway();
  const auto storage_class =
      dice_->is_one_in(2) ? StorageClass::Standard : StorageClass::StandardIa;
  const std::uint64_t nonce = nonce_++;
  const SegmentId id = segment_id_of(account_of(sender), nonce);
  const std::uint64_t length = 20 + dice_->pick(60'000);
  const std::uint64_t kind = dice_->pick(4);
  if (kind == 0)
    return {sender, {SegmentOpen{nonce, storage_class, {node_of(1), node_of(2), node_of(5)}}, {}}};
  if (kind == 1) {
    return {
        sender,
        {SegmentStore{nonce, storage_class, 2, length, root_of(length), receipts(id, length, 1)},
         {}}};
  }
  for (const auto& [open, record] : view.segments(SegmentId(dice_->bytes32().array()), 40)) {
    if (record.state != SegmentState::Open || record.gateway != account_of(sender)) continue;
    if (record.length > 0 && kind == 2) {
      return {sender,
              {SegmentSeal{open, record.fence, 2, receipts(open, record.length, record.fence + 1)},
               {}}};
    }
    const std::uint64_t grown = record.length + length;
    SegmentAppend append{open, record.fence, grown, root_of(grown), {}};
    constexpr std::uint8_t replicas[] = {1, 2, 5};
    for (std::size_t i = dice_->pick(2); i < std::size(replicas); ++i) {
      append.receipts.push_back(receipt(replicas[i], open, i, grown, record.fence));
    }
    return {sender, {append, {}}};
  }
  return repair(view);
}

Draw Author::repair(const View& view) {
  const std::uint8_t worker = dice_->between(1, 5);
  const std::uint8_t to = dice_->between(1, 5);
  const auto found = view.segments(SegmentId(dice_->bytes32().array()), 1);
  if (found.empty()) return {worker, {ShardReplace{}, {}}};
  const auto& [id, segment] = found.front();
  const std::size_t index = dice_->pick(segment.shards.size() + 1);
  const bool is_added = index == segment.shards.size();
  const Shard& like = segment.shards[is_added ? 0 : index];
  ShardReplace replace{id, is_added ? NodeId() : like.node,
                       receipt(to, id, index, like.length, like.generation + (is_added ? 0 : 1))};
  if (!is_added) replace.receipt.root = like.root;
  return {worker, {replace, {}}};
}

}  // namespace oort::ledger::trace
