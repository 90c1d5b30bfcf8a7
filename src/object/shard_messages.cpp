// SPDX-License-Identifier: Apache-2.0
#include "oort/object/shard_messages.hpp"

#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"

namespace oort::object {
namespace {

constexpr std::uint8_t format_version = 1;
/// Of reads with an order, and of their answers with a receipt.
constexpr std::uint8_t ordered_version = 2;
constexpr std::size_t leaves_count_max = limits::segment_bytes_max / crypto::tree_leaf_bytes + 1;
constexpr std::size_t read_bytes_max = shard_piece_bytes_max + 2 * crypto::tree_leaf_bytes;
constexpr std::size_t path_siblings_max = 64;

Result<std::uint8_t> read_version_up_to(codec::Reader& in, std::uint8_t newest) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version >= format_version && version <= newest) return version;
  return fail(ErrorCode::Unimplemented, reason::unsupported_version,
              "a shard message of version " + std::to_string(version));
}
Result<void> read_version(codec::Reader& in) {
  OORT_TRY([[maybe_unused]] const std::uint8_t version, read_version_up_to(in, format_version));
  return {};
}

Result<Bytes> read_blob(codec::Reader& in, std::size_t size_max) {
  OORT_TRY(const ByteView view, in.blob(size_max));
  return to_bytes(view);
}

void write_stat(codec::Writer& out, const ShardStat& stat) {
  codec::encode(out, stat.shard);
  out.u64(stat.length);
  out.boolean(stat.is_sealed);
  codec::encode(out, stat.root);
  codec::encode(out, stat.hold_until);
  codec::encode(out, stat.writer);
}

Result<ShardStat> read_stat(codec::Reader& in) {
  ShardStat stat;
  OORT_TRY(codec::decode(in, stat.shard));
  OORT_TRY(stat.length, in.u64());
  OORT_TRY(stat.is_sealed, in.boolean());
  OORT_TRY(codec::decode(in, stat.root));
  OORT_TRY(codec::decode(in, stat.hold_until));
  OORT_TRY(codec::decode(in, stat.writer));
  return stat;
}

}  // namespace

void encode(codec::Writer& out, const AppendShard& value) {
  out.u8(format_version);
  codec::encode(out, value.shard);
  out.u64(value.offset);
  out.boolean(value.is_last);
  out.boolean(value.wants_receipt);
  codec::encode(out, value.hold_until);
  out.blob(value.bytes);
}
Result<void> decode(codec::Reader& in, AppendShard& value) {
  OORT_TRY(read_version(in));
  OORT_TRY(codec::decode(in, value.shard));
  OORT_TRY(value.offset, in.u64());
  OORT_TRY(value.is_last, in.boolean());
  OORT_TRY(value.wants_receipt, in.boolean());
  OORT_TRY(codec::decode(in, value.hold_until));
  OORT_TRY(value.bytes, read_blob(in, shard_piece_bytes_max));
  return {};
}

void encode(codec::Writer& out, const AppendShardReply& value) {
  out.u8(format_version);
  out.u64(value.length);
  codec::encode(out, value.receipt);
}
Result<void> decode(codec::Reader& in, AppendShardReply& value) {
  OORT_TRY(read_version(in));
  OORT_TRY(value.length, in.u64());
  return codec::decode(in, value.receipt);
}

void encode(codec::Writer& out, const ReadShard& value) {
  out.u8(value.order ? ordered_version : format_version);
  codec::encode(out, value.shard);
  out.u64(value.offset);
  out.u32(value.size);
  out.u8(static_cast<std::uint8_t>(value.proof));
  if (!value.order) return;
  codec::encode(out, value.order->round);
  codec::encode(out, value.order->task);
}
Result<void> decode(codec::Reader& in, ReadShard& value) {
  OORT_TRY(const std::uint8_t version, read_version_up_to(in, ordered_version));
  OORT_TRY(codec::decode(in, value.shard));
  OORT_TRY(value.offset, in.u64());
  OORT_TRY(value.size, in.u32());
  OORT_TRY(const std::uint8_t proof, in.u8());
  if (proof > static_cast<std::uint8_t>(ReadProof::Paths)) {
    return fail(ErrorCode::InvalidArgument, reason::malformed, "no such kind of proof");
  }
  value.proof = static_cast<ReadProof>(proof);
  value.order.reset();
  if (version != ordered_version) return {};
  ReadOrder order;
  OORT_TRY(codec::decode(in, order.round));
  OORT_TRY(codec::decode(in, order.task));
  value.order = order;
  return {};
}

void encode(codec::Writer& out, const ReadShardReply& value) {
  out.u8(value.receipt ? ordered_version : format_version);
  out.u64(value.length);
  out.u64(value.offset);
  out.blob(value.bytes);
  codec::encode_vector(out, value.leaves);
  out.u32(static_cast<std::uint32_t>(value.paths.size()));
  for (const crypto::TreeProof& path : value.paths) {
    out.u64(path.size);
    out.u64(path.leaf);
    codec::encode_vector(out, path.siblings);
  }
  if (value.receipt) encode(out, *value.receipt);
}
Result<void> decode(codec::Reader& in, ReadShardReply& value) {
  OORT_TRY(const std::uint8_t version, read_version_up_to(in, ordered_version));
  OORT_TRY(value.length, in.u64());
  OORT_TRY(value.offset, in.u64());
  OORT_TRY(value.bytes, read_blob(in, read_bytes_max));
  OORT_TRY(codec::decode_vector(in, value.leaves, leaves_count_max));
  OORT_TRY(const std::uint32_t count, in.count(read_bytes_max / crypto::tree_leaf_bytes + 1, 20));
  value.paths.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    crypto::TreeProof path;
    OORT_TRY(path.size, in.u64());
    OORT_TRY(path.leaf, in.u64());
    OORT_TRY(codec::decode_vector(in, path.siblings, path_siblings_max));
    value.paths.push_back(std::move(path));
  }
  value.receipt.reset();
  if (version != ordered_version) return {};
  return decode(in, value.receipt.emplace());
}

void encode(codec::Writer& out, const StatShard& value) {
  out.u8(format_version);
  codec::encode(out, value.shard);
}
Result<void> decode(codec::Reader& in, StatShard& value) {
  OORT_TRY(read_version(in));
  return codec::decode(in, value.shard);
}

void encode(codec::Writer& out, const StatShardReply& value) {
  out.u8(format_version);
  out.boolean(value.stat.has_value());
  if (value.stat) write_stat(out, *value.stat);
}
Result<void> decode(codec::Reader& in, StatShardReply& value) {
  OORT_TRY(read_version(in));
  OORT_TRY(const bool is_there, in.boolean());
  value.stat.reset();
  if (is_there) {
    OORT_TRY(value.stat, read_stat(in));
  }
  return {};
}

void encode(codec::Writer& out, const RemoveShard& value) {
  out.u8(format_version);
  codec::encode(out, value.shard);
}
Result<void> decode(codec::Reader& in, RemoveShard& value) {
  OORT_TRY(read_version(in));
  return codec::decode(in, value.shard);
}

void encode(codec::Writer& out, const RemoveShardReply&) { out.u8(format_version); }
Result<void> decode(codec::Reader& in, RemoveShardReply&) { return read_version(in); }

void encode(codec::Writer& out, const ListShards& value) {
  out.u8(format_version);
  codec::encode(out, value.after);
  out.u32(value.count_max);
}
Result<void> decode(codec::Reader& in, ListShards& value) {
  OORT_TRY(read_version(in));
  OORT_TRY(codec::decode(in, value.after));
  OORT_TRY(value.count_max, in.u32());
  return {};
}

void encode(codec::Writer& out, const ListShardsReply& value) {
  out.u8(format_version);
  out.u32(static_cast<std::uint32_t>(value.shards.size()));
  for (const ShardStat& stat : value.shards) write_stat(out, stat);
}
Result<void> decode(codec::Reader& in, ListShardsReply& value) {
  OORT_TRY(read_version(in));
  OORT_TRY(const std::uint32_t count, in.count(shard_list_count_max, 100));
  value.shards.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(const ShardStat stat, read_stat(in));
    value.shards.push_back(stat);
  }
  return {};
}

namespace {

ByteView leaf_of(const ReadShardReply& reply, std::uint64_t leaf) {
  const std::uint64_t begin = leaf * crypto::tree_leaf_bytes - reply.offset;
  const ByteView rest = ByteView(reply.bytes).subspan(begin);
  return rest.first(std::min<std::size_t>(rest.size(), crypto::tree_leaf_bytes));
}

bool is_proven_by_paths(const ReadShardReply& reply, const TreeRoot& root, std::uint64_t length) {
  const std::uint64_t end = reply.offset + reply.bytes.size();
  if (reply.offset % crypto::tree_leaf_bytes != 0) return false;
  if (end != length && end % crypto::tree_leaf_bytes != 0) return false;
  const std::uint64_t first = reply.offset / crypto::tree_leaf_bytes;
  if (reply.paths.size() != crypto::tree_leaves_count(reply.bytes.size())) return false;
  for (std::uint64_t i = 0; i < reply.paths.size(); ++i) {
    const crypto::TreeProof& path = reply.paths[i];
    if (path.size != length || path.leaf != first + i) return false;
    if (!crypto::tree_verify(root, path, leaf_of(reply, first + i))) return false;
  }
  return true;
}

bool is_proven_by_leaves(const ReadShardReply& reply, std::span<const Bytes32> leaves,
                         std::uint64_t length) {
  const std::uint64_t end = reply.offset + reply.bytes.size();
  if (reply.offset % crypto::tree_leaf_bytes != 0) return false;
  if (end != length && end % crypto::tree_leaf_bytes != 0) return false;
  const std::uint64_t first = reply.offset / crypto::tree_leaf_bytes;
  const std::uint64_t count = crypto::tree_leaves_count(reply.bytes.size());
  for (std::uint64_t i = first; i < first + count; ++i) {
    if (!crypto::leaf_matches(leaves, length, i, leaf_of(reply, i))) return false;
  }
  return true;
}

}  // namespace

bool is_proven(const ReadShard& request, const ReadShardReply& reply, const TreeRoot& root,
               std::uint64_t shard_length, std::span<const Bytes32> known_leaves) {
  const std::uint64_t end = reply.offset + reply.bytes.size();
  const std::uint64_t wanted_end = request.offset + request.size;
  if (end < reply.offset || reply.offset > request.offset || end < wanted_end) return false;
  if (shard_length > limits::segment_bytes_max) return false;
  if (request.proof == ReadProof::None && known_leaves.empty()) {
    return reply.offset == request.offset && end == wanted_end;
  }
  if (reply.length != shard_length || end > shard_length) return false;
  if (request.proof == ReadProof::Paths) return is_proven_by_paths(reply, root, shard_length);
  if (!known_leaves.empty()) return is_proven_by_leaves(reply, known_leaves, shard_length);
  return reply.leaves.size() == crypto::tree_leaves_count(shard_length) &&
         crypto::root_of_leaves(reply.leaves, shard_length) == root &&
         is_proven_by_leaves(reply, reply.leaves, shard_length);
}

}  // namespace oort::object
