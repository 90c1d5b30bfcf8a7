// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "oort/chain/chain.hpp"
#include "oort/consensus/types.hpp"
#include "oort/core/ids.hpp"
#include "oort/env/kv_store.hpp"

/// What the chain keeps in its store, one family of keys a record, heights big-endian.
namespace oort::chain::records {

[[nodiscard]] Bytes tip_key();
[[nodiscard]] Bytes block_key(Height height);        ///< PROPOSAL bytes.
[[nodiscard]] Bytes certificate_key(Height height);  ///< FINALIZE, where the block has its own.
[[nodiscard]] Bytes outcome_key(Height height);
[[nodiscard]] Bytes handover_key(Epoch ended);  ///< Handover; in the batch of the boundary block.
[[nodiscard]] Bytes block_place_key(const BlockId& id);
[[nodiscard]] Bytes transaction_place_key(const TransactionId& id);
/// First byte of all keys of the state, which the ledger's own key follows.
[[nodiscard]] Bytes state_key(ByteView key);
/// First byte of all pages of the state trees.
[[nodiscard]] Bytes trees_prefix();

/// The last block whose effects are in the store.
struct Tip {
  ChainId chain;
  Height height;
  BlockId block;
  std::uint64_t time_ms = 0;
  View view;
  Bytes32 state_root;   ///< After the block.
  Bytes32 result_root;  ///< Of the block.
  /// Nothing at genesis.
  std::optional<consensus::Header> header;
  friend bool operator==(const Tip&, const Tip&) = default;
};
void encode(codec::Writer& out, const Tip& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Tip& value);

/// What a block did.
struct Outcome {
  std::vector<ledger::Receipt> receipts;
  std::vector<ledger::Event> events;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};
void encode(codec::Writer& out, const Outcome& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Outcome& value);

/// Where a transaction stands.
struct Place {
  Height height;
  std::uint32_t index = 0;
  friend bool operator==(const Place&, const Place&) = default;
};
void encode(codec::Writer& out, const Place& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Place& value);

/// Reads one record; nothing when there is none. Fails with DISK_FAILED, CORRUPT_DATA.
template <class T>
[[nodiscard]] Result<std::optional<T>> read(const env::KvReader& store, ByteView key) {
  OORT_TRY(const auto bytes, store.get(key));
  if (!bytes) return std::optional<T>();
  OORT_TRY(T value, codec::from_bytes<T>(*bytes));
  return std::optional<T>(std::move(value));
}

/// A final block as the store holds it. Fails with NOT_FOUND, CORRUPT_DATA, DISK_FAILED.
[[nodiscard]] Result<consensus::BlockRef> read_block(const env::KvReader& store, Height height);

}  // namespace oort::chain::records
