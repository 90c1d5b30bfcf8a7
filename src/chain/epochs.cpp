// SPDX-License-Identifier: Apache-2.0
#include "oort/chain/epochs.hpp"

#include <utility>

#include "oort/chain/light_client.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/consensus/verify.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/records.hpp"

namespace oort::chain {
namespace {

constexpr crypto::Context genesis_block_context{"oort.v1 genesis block"};
constexpr crypto::Context genesis_seed_context{"oort.v1 genesis seed"};
constexpr std::uint8_t handover_version = 1;
constexpr std::uint8_t root_version = 1;

tl::unexpected<Error> bad_handover(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof, std::move(detail));
}

Result<void> expect_version(codec::Reader& in, std::uint8_t known) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version == known) return {};
  return fail(ErrorCode::InvalidArgument, reason::unsupported_version,
              "unknown version of what an epoch stands on");
}

}  // namespace

Turn turn_of(const consensus::Header& header) noexcept {
  if (header.is_last_of_epoch()) return {header.epoch.next(), View(0)};
  return {header.epoch, header.view};
}

void encode(codec::Writer& out, const Handover& value) {
  out.u8(handover_version);
  codec::encode_vector(out, value.headers);
  encode(out, value.certificate);
  encode(out, value.next);
}

Result<void> decode(codec::Reader& in, Handover& value) {
  OORT_TRY(expect_version(in, handover_version));
  OORT_TRY(codec::decode_vector(in, value.headers, handover_headers_count_max));
  OORT_TRY(decode(in, value.certificate));
  return decode(in, value.next);
}

Result<TrustRoot> TrustRoot::of(const ledger::GenesisParams& genesis) {
  OORT_TRY(ledger::check_genesis(genesis));
  TrustRoot root;
  root.chain = ledger::chain_id_of(genesis);
  root.anchor = BlockId(crypto::hash(genesis_block_context, root.chain.view()).array());
  root.seed = crypto::hash(genesis_seed_context, root.chain.view());
  root.time_ms = genesis.time_ms;
  std::vector<consensus::Validator> validators;
  validators.reserve(genesis.validators.size());
  for (const ledger::Validator& validator : genesis.validators) {
    validators.push_back({validator.node, crypto::key_of(validator.node), validator.weight});
  }
  OORT_TRY(root.validators, consensus::ValidatorSet::make(Epoch(0), std::move(validators)));
  return root;
}

Result<TrustRoot> TrustRoot::next(const Handover& handover,
                                  const consensus::Verifier& verifier) const {
  OORT_TRY(verify_chain(*this, verifier, handover.headers, handover.certificate));
  const consensus::Header& last = handover.headers.front();
  if (!last.is_last_of_epoch()) return bad_handover("the first header ends no epoch");
  for (const consensus::Header& header : handover.headers) {
    if (&header != &last && (!header.app.is_empty() || header.is_last_of_epoch())) {
      return bad_handover("what follows the last block of an epoch is empty");
    }
  }
  if (handover.next.epoch() != epoch().next() ||
      handover.next.hash() != last.app.next_validators_hash) {
    return bad_handover("these are not the validators that the header names");
  }
  return TrustRoot{chain, consensus::id_of(last), {}, last.time_ms, handover.next, last.height};
}

void encode(codec::Writer& out, const TrustRoot& value) {
  out.u8(root_version);
  encode(out, value.chain);
  encode(out, value.anchor);
  encode(out, value.seed);
  out.u64(value.time_ms);
  encode(out, value.validators);
  codec::encode(out, value.height);
}

Result<void> decode(codec::Reader& in, TrustRoot& value) {
  OORT_TRY(expect_version(in, root_version));
  OORT_TRY(decode(in, value.chain));
  OORT_TRY(decode(in, value.anchor));
  OORT_TRY(decode(in, value.seed));
  OORT_TRY(value.time_ms, in.u64());
  OORT_TRY(decode(in, value.validators));
  return codec::decode(in, value.height);
}

TrustRoots::TrustRoots(std::vector<TrustRoot> roots) {
  OORT_ASSERT(!roots.empty(), "something must be believed");
  for (TrustRoot& root : roots) {
    OORT_ASSERT(roots_.empty() || roots_.rbegin()->first.next() == root.epoch(),
                "each epoch is the next of the one before");
    const Epoch epoch = root.epoch();
    roots_.emplace(epoch, std::move(root));
  }
}

Result<const TrustRoot*> TrustRoots::find(Epoch epoch) const {
  if (const auto found = roots_.find(epoch); found != roots_.end()) return &found->second;
  if (epoch > newest().epoch()) {
    return fail(ErrorCode::Unavailable, reason::not_ready,
                "epoch " + std::to_string(epoch.value()) + " is not proven to have begun; known " +
                    "is " + std::to_string(newest().epoch().value()));
  }
  return fail(ErrorCode::OutOfRange, reason::bad_argument,
              "the validators of epoch " + std::to_string(epoch.value()) + " are not kept");
}

Result<void> TrustRoots::follow(const Handover& handover, const consensus::Verifier& verifier) {
  if (handover.headers.empty()) return bad_handover("there is no header");
  if (handover.headers.front().epoch < newest().epoch()) return {};
  OORT_TRY(TrustRoot next, newest().next(handover, verifier));
  const Epoch epoch = next.epoch();
  roots_.emplace(epoch, std::move(next));
  if (roots_.size() > count_max) roots_.erase(roots_.begin());
  return {};
}

std::vector<TrustRoot> TrustRoots::list() const {
  std::vector<TrustRoot> roots;
  roots.reserve(roots_.size());
  for (const auto& [epoch, root] : roots_) roots.push_back(root);
  return roots;
}

}  // namespace oort::chain
