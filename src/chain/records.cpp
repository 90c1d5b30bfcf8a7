// SPDX-License-Identifier: Apache-2.0
#include "records.hpp"

#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/kv_store.hpp"

namespace oort::chain::records {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::size_t receipts_count_max = limits::block_body_bytes_max;

Bytes with_family(char family, ByteView rest = {}) {
  Bytes key;
  key.reserve(rest.size() + 1);
  key.push_back(static_cast<std::byte>(family));
  key.insert(key.end(), rest.begin(), rest.end());
  return key;
}

Bytes with_height(char family, Height height) {
  Bytes key = with_family(family);
  for (int shift = 56; shift >= 0; shift -= 8) {
    key.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(height.value() >> shift)));
  }
  return key;
}

Result<void> expect_version(codec::Reader& in) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version == record_version) return {};
  return fail(ErrorCode::DataLoss, reason::corrupt_data, "unknown version of a stored record");
}

}  // namespace

Bytes tip_key() { return with_family('H'); }
Bytes block_key(Height height) { return with_height('B', height); }
Bytes certificate_key(Height height) { return with_height('C', height); }
Bytes outcome_key(Height height) { return with_height('R', height); }
Bytes handover_key(Epoch ended) { return with_height('E', Height(ended.value())); }
Bytes block_place_key(const BlockId& id) { return with_family('I', id.view()); }
Bytes transaction_place_key(const TransactionId& id) { return with_family('T', id.view()); }
Bytes state_key(ByteView key) { return with_family('S', key); }
Bytes trees_prefix() { return with_family('M'); }

void encode(codec::Writer& out, const Tip& value) {
  out.u8(record_version);
  encode(out, value.chain);
  codec::encode(out, value.height);
  encode(out, value.block);
  out.u64(value.time_ms);
  codec::encode(out, value.view);
  encode(out, value.state_root);
  encode(out, value.result_root);
  codec::encode(out, value.header);
}

Result<void> decode(codec::Reader& in, Tip& value) {
  OORT_TRY(expect_version(in));
  OORT_TRY(decode(in, value.chain));
  OORT_TRY(codec::decode(in, value.height));
  OORT_TRY(decode(in, value.block));
  OORT_TRY(value.time_ms, in.u64());
  OORT_TRY(codec::decode(in, value.view));
  OORT_TRY(decode(in, value.state_root));
  OORT_TRY(decode(in, value.result_root));
  return codec::decode(in, value.header);
}

void encode(codec::Writer& out, const Outcome& value) {
  out.u8(record_version);
  codec::encode_vector(out, value.receipts);
  codec::encode_vector(out, value.events);
}

Result<void> decode(codec::Reader& in, Outcome& value) {
  OORT_TRY(expect_version(in));
  OORT_TRY(codec::decode_vector(in, value.receipts, receipts_count_max));
  return codec::decode_vector(in, value.events, receipts_count_max);
}

void encode(codec::Writer& out, const Place& value) {
  out.u8(record_version);
  codec::encode(out, value.height);
  out.u32(value.index);
}

Result<void> decode(codec::Reader& in, Place& value) {
  OORT_TRY(expect_version(in));
  OORT_TRY(codec::decode(in, value.height));
  OORT_TRY(value.index, in.u32());
  return {};
}

Result<consensus::BlockRef> read_block(const env::KvReader& store, Height height) {
  OORT_TRY(auto bytes, store.get(block_key(height)));
  if (!bytes) {
    return fail(ErrorCode::NotFound, reason::not_found,
                "block " + std::to_string(height.value()) + " is not here");
  }
  return consensus::decode_proposal(std::make_shared<const Bytes>(*std::move(bytes)));
}

}  // namespace oort::chain::records
