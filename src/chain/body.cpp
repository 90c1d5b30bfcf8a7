// SPDX-License-Identifier: Apache-2.0
#include "oort/chain/body.hpp"

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::chain {
namespace {

constexpr std::uint8_t body_version = 1;

}  // namespace

Result<TransactionRef> check_transaction(const ChainId& chain,
                                         const ledger::SignatureVerifier& signatures,
                                         ledger::Transaction transaction) {
  OORT_TRY(ledger::check_static(chain, transaction));
  OORT_TRY(ledger::check_signature(signatures, transaction));
  CheckedTransaction checked;
  checked.id = ledger::id_of(transaction);
  checked.bytes = ledger::encoded_size(transaction);
  checked.transaction = std::move(transaction);
  return TransactionRef(std::make_shared<const CheckedTransaction>(std::move(checked)));
}

Bytes encode_body(std::span<const TransactionRef> transactions) {
  if (transactions.empty()) return {};
  codec::Writer out;
  out.u8(body_version);
  out.u32(static_cast<std::uint32_t>(transactions.size()));
  for (const TransactionRef& transaction : transactions) {
    out.blob(codec::to_bytes(transaction->transaction));
  }
  return std::move(out).take();
}

Result<std::vector<ByteView>> split_body(ByteView payload) {
  std::vector<ByteView> parts;
  if (payload.empty()) return parts;
  codec::Reader in(payload);
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != body_version) {
    return fail(ErrorCode::InvalidArgument, reason::unsupported_version,
                "unknown version of a block's body");
  }
  OORT_TRY(const std::uint32_t count, in.count(limits::block_body_bytes_max, 4));
  if (count == 0) {
    return fail(ErrorCode::InvalidArgument, reason::not_canonical, "an empty body has no bytes");
  }
  parts.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(const ByteView part, in.blob(limits::transaction_bytes_max));
    parts.push_back(part);
  }
  OORT_TRY(in.finish());
  return parts;
}

Bytes32 payload_root_of(std::span<const TransactionRef> transactions) {
  std::vector<Bytes32> ids;
  ids.reserve(transactions.size());
  for (const TransactionRef& transaction : transactions) {
    ids.emplace_back(transaction->id.array());
  }
  return crypto::merkle_root(ids);
}

Bytes vrf_alpha(const ChainId& chain, Height height, const Bytes32& beacon) {
  codec::Writer out;
  out.raw(as_bytes("oort.v1 beacon"));
  encode(out, chain);
  codec::encode(out, height);
  encode(out, beacon);
  return std::move(out).take();
}

}  // namespace oort::chain
