// SPDX-License-Identifier: Apache-2.0
#include "oort/chain/certified.hpp"

#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/verify.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/record.hpp"

namespace oort::chain {
namespace {

constexpr std::uint8_t outcome_version = 1;
constexpr std::uint8_t block_version = 1;

Result<void> expect_version(codec::Reader& in, std::uint8_t known) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version == known) return {};
  return fail(ErrorCode::InvalidArgument, reason::unsupported_version,
              "unknown version of a proof");
}

tl::unexpected<Error> bad_proof(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof, std::move(detail));
}

}  // namespace

void encode(codec::Writer& out, const OutcomeProof& value) {
  out.u8(outcome_version);
  encode(out, value.headers);
  encode(out, value.receipt);
  encode(out, value.proof);
}

Result<void> decode(codec::Reader& in, OutcomeProof& value) {
  OORT_TRY(expect_version(in, outcome_version));
  OORT_TRY(decode(in, value.headers));
  OORT_TRY(decode(in, value.receipt));
  return decode(in, value.proof);
}

Result<Commit> verify_outcome(const TrustRoot& root, const consensus::Verifier& verifier,
                              const OutcomeProof& outcome) {
  OORT_TRY(verify_final(root, verifier, outcome.headers));
  const consensus::Header& after = outcome.headers.headers.front();
  // Block 1 stands on genesis, which holds no transactions.
  if (after.height <= Height(1)) return bad_proof("no block is before this header");
  if (!ledger::verify_receipt(after.app.parent_result_root, outcome.proof, outcome.receipt)) {
    return bad_proof("the receipt is none of the block's");
  }
  return Commit{Height(after.height.value() - 1), after.parent,
                static_cast<std::uint32_t>(outcome.proof.path.index), outcome.receipt};
}

void encode(codec::Writer& out, const BlockProof& value) {
  out.u8(block_version);
  encode(out, value.headers);
  codec::encode_vector(out, value.transactions);
}

Result<void> decode(codec::Reader& in, BlockProof& value) {
  OORT_TRY(expect_version(in, block_version));
  OORT_TRY(decode(in, value.headers));
  return codec::decode_vector(in, value.transactions, block_transactions_count_max);
}

Result<void> verify_block(const TrustRoot& root, const consensus::Verifier& verifier,
                          const BlockProof& block) {
  OORT_TRY(verify_final(root, verifier, block.headers));
  std::vector<Bytes32> ids;
  ids.reserve(block.transactions.size());
  for (const TransactionId& id : block.transactions) ids.emplace_back(id.array());
  const consensus::AppFields& app = block.headers.headers.front().app;
  if (crypto::merkle_root(ids) == app.payload_root) return {};
  return bad_proof("the block holds other transactions");
}

}  // namespace oort::chain
