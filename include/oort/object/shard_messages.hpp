// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/ledger/shard_receipt.hpp"
#include "oort/object/volume_store.hpp"

/// What nodes ask each other about shards: requests of the range `message_range::object`, each with
/// one reply. Every message begins with a version byte. Reads have a second version, which carries
/// an order and its receipt; what has neither is written in the first.
///
/// Invariants
///   M1  decode(encode(m)) == m, and no input makes a decoder allocate more than a small multiple
///       of its own size.
namespace oort::object {

namespace shard_message {
inline constexpr env::MessageType append = env::message_range::object + 1;
inline constexpr env::MessageType read = env::message_range::object + 2;
inline constexpr env::MessageType stat = env::message_range::object + 3;
inline constexpr env::MessageType remove = env::message_range::object + 4;
inline constexpr env::MessageType list = env::message_range::object + 5;
}  // namespace shard_message

inline constexpr std::size_t shard_piece_bytes_max = VolumeStore::piece_bytes_max;
inline constexpr std::size_t shard_list_count_max = 256;

/// Puts `bytes` at the end of a shard, which must be at `offset`.
struct AppendShard {
  static constexpr env::MessageType type = shard_message::append;
  ShardRef shard;
  std::uint64_t offset = 0;
  /// Nothing follows.
  bool is_last = false;
  /// Answer only once everything so far is fsynced, with a receipt.
  bool wants_receipt = false;
  /// Until when the node should keep the shard without a record on the ledger.
  Height hold_until;
  Bytes bytes;
  friend bool operator==(const AppendShard&, const AppendShard&) = default;
};
struct AppendShardReply {
  /// Bytes of the shard now.
  std::uint64_t length = 0;
  std::optional<ledger::ShardReceipt> receipt;
  friend bool operator==(const AppendShardReply&, const AppendShardReply&) = default;
};

enum class ReadProof : std::uint8_t {
  /// Nothing: the reader knows the root of exactly these bytes.
  None = 0,
  /// The values of all leaves of the shard, for those who read much of it; the range is widened to
  /// whole leaves.
  Leaves = 1,
  /// A path for each leaf that the range touches; the range is widened to whole leaves.
  Paths = 2,
};
/// Asks for a signed receipt of what is answered, under Proof of Honesty. Readers who want the
/// bytes and officers who know them ask alike.
struct ReadOrder {
  Epoch round;
  /// The commitment of a task; random bytes look like one.
  Bytes32 task;
  friend bool operator==(const ReadOrder&, const ReadOrder&) = default;
};
struct ReadShard {
  static constexpr env::MessageType type = shard_message::read;
  ShardRef shard;
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
  ReadProof proof = ReadProof::None;
  std::optional<ReadOrder> order{};
  friend bool operator==(const ReadShard&, const ReadShard&) = default;
};
struct ReadShardReply {
  /// Of the whole shard.
  std::uint64_t length = 0;
  /// Where `bytes` begin in the shard; the request's offset, unless it was widened.
  std::uint64_t offset = 0;
  Bytes bytes;
  std::vector<Bytes32> leaves;
  std::vector<crypto::TreeProof> paths;
  /// Where it was ordered, in a round that the node knows.
  std::optional<ledger::WorkReceipt> receipt{};
  friend bool operator==(const ReadShardReply&, const ReadShardReply&) = default;
};

struct StatShard {
  static constexpr env::MessageType type = shard_message::stat;
  ShardRef shard;
  friend bool operator==(const StatShard&, const StatShard&) = default;
};
struct StatShardReply {
  std::optional<ShardStat> stat;
  friend bool operator==(const StatShardReply&, const StatShardReply&) = default;
};

/// Forgets a shard that no record names; only its writer may ask.
struct RemoveShard {
  static constexpr env::MessageType type = shard_message::remove;
  ShardRef shard;
  friend bool operator==(const RemoveShard&, const RemoveShard&) = default;
};
struct RemoveShardReply {
  friend bool operator==(const RemoveShardReply&, const RemoveShardReply&) = default;
};

struct ListShards {
  static constexpr env::MessageType type = shard_message::list;
  std::optional<ShardRef> after;
  std::uint32_t count_max = shard_list_count_max;
  friend bool operator==(const ListShards&, const ListShards&) = default;
};
struct ListShardsReply {
  std::vector<ShardStat> shards;
  friend bool operator==(const ListShardsReply&, const ListShardsReply&) = default;
};

void encode(codec::Writer& out, const AppendShard& value);
void encode(codec::Writer& out, const AppendShardReply& value);
void encode(codec::Writer& out, const ReadShard& value);
void encode(codec::Writer& out, const ReadShardReply& value);
void encode(codec::Writer& out, const StatShard& value);
void encode(codec::Writer& out, const StatShardReply& value);
void encode(codec::Writer& out, const RemoveShard& value);
void encode(codec::Writer& out, const RemoveShardReply& value);
void encode(codec::Writer& out, const ListShards& value);
void encode(codec::Writer& out, const ListShardsReply& value);
/// All fail with MALFORMED, NOT_CANONICAL, UNSUPPORTED_VERSION or TOO_LARGE.
[[nodiscard]] Result<void> decode(codec::Reader& in, AppendShard& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, AppendShardReply& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, ReadShard& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, ReadShardReply& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, StatShard& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, StatShardReply& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, RemoveShard& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, RemoveShardReply& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, ListShards& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, ListShardsReply& value);

/// Whether a reply holds what was asked for, under the shard's root: the answer of a node is never
/// believed. `known_leaves` are values that were checked against the root before, or empty; with
/// ReadProof::None and no known leaves only the sizes are checked.
[[nodiscard]] bool is_proven(const ReadShard& request, const ReadShardReply& reply,
                             const TreeRoot& root, std::uint64_t shard_length,
                             std::span<const Bytes32> known_leaves);

}  // namespace oort::object
