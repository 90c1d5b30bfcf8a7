// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/transaction.hpp"

#include "fields.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/signer.hpp"

namespace oort::ledger {

template <class F>
void walk(F& f, typename F::template As<OperationBody>& v) {
  f(v.operation);
  f.blob(v.bytes, body_bytes_max);
}
template <class F>
void walk_signed(F& f, typename F::template As<Transaction>& v) {
  f(v.chain);
  f(v.sender);
  f(v.lane);
  f(v.sequence);
  f(v.valid_until);
  f(v.fee_max);
  f(v.flags);
  f.blobs(v.operations, limits::operations_per_transaction_max, limits::transaction_bytes_max);
  f(v.body_bytes);
  f.enumeration(v.scheme, SignatureScheme::Ed25519, SignatureScheme::Ed25519);
  f(v.public_key);
}
template <class F>
void walk(F& f, typename F::template As<Transaction>& v) {
  walk_signed(f, v);
  f(v.signature);
  f.list(v.bodies, limits::operations_per_transaction_max);
}

template void encode(codec::Writer&, const Transaction&);
template Result<void> decode(codec::Reader&, Transaction&);

namespace {

constexpr crypto::Context sign_context("oort.v1 transaction");
constexpr crypto::Context id_context("oort.v1 transaction id");
// Version, chain, sender, lane, sequence, expiry, fee, flags; count of operations, body bytes;
// scheme, key, signature; count of bodies.
constexpr std::size_t fixed_bytes =
    (1 + 32 + 20 + 4 + 8 + 8 + 16 + 1) + (4 + 4) + (1 + 32 + 64) + 4;

std::size_t size_without_bodies(const Transaction& transaction) {
  std::size_t size = fixed_bytes;
  for (const Bytes& operation : transaction.operations) size += 4 + operation.size();
  return size;
}

}  // namespace

Bytes32 sign_hash(const Transaction& transaction) {
  codec::Writer out;
  out.u8(Transaction::format_version);
  FieldWriter fields(out);
  walk_signed(fields, transaction);
  return crypto::hash(sign_context, out.bytes());
}

TransactionId id_of(const Transaction& transaction) {
  const Bytes32 signed_part = sign_hash(transaction);
  return TransactionId(
      crypto::hash(id_context, signed_part.view(), transaction.public_key.view()).array());
}

std::size_t encoded_size(const Transaction& transaction) {
  std::size_t size = size_without_bodies(transaction);
  for (const OperationBody& body : transaction.bodies) size += 2 + 4 + body.bytes.size();
  return size;
}

std::uint64_t charged_size(const Transaction& transaction) {
  return std::uint64_t{size_without_bodies(transaction)} + transaction.body_bytes;
}

void add_operation(Transaction& transaction, const Operation& operation, Bytes body) {
  OORT_ASSERT(transaction.operations.size() < limits::operations_per_transaction_max,
              "a transaction holds at most 256 operations");
  const Bytes32 digest = body_digest_of(operation);
  OORT_ASSERT(digest.is_zero() ? body.empty() : body_digest_of(ByteView(body)) == digest,
              "an operation travels with the body that it names");
  const auto index = static_cast<std::uint16_t>(transaction.operations.size());
  transaction.operations.push_back(encode_operation(operation));
  if (digest.is_zero()) return;
  OORT_ASSERT(body.size() <= body_bytes_max, "a body is bounded");
  transaction.body_bytes += static_cast<std::uint32_t>(body.size());
  transaction.bodies.push_back({index, std::move(body)});
}

void add_operation(Transaction& transaction, SubmittedOperation submitted) {
  add_operation(transaction, submitted.operation, std::move(submitted.body));
}

void sign(Transaction& transaction, const crypto::KeyPair& keys) {
  transaction.public_key = keys.public_key();
  transaction.sender = crypto::account_of(transaction.public_key);
  transaction.signature = keys.sign(sign_hash(transaction).view());
}

Result<void> sign(Transaction& transaction, env::Signer& signer) {
  transaction.public_key = signer.public_key();
  transaction.sender = crypto::account_of(transaction.public_key);
  OORT_TRY(transaction.signature, signer.sign(sign_hash(transaction).view()));
  return {};
}

}  // namespace oort::ledger
