// SPDX-License-Identifier: Apache-2.0
#include "oort/chain/proof_bundle.hpp"

#include <algorithm>

#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::chain {
namespace {

constexpr std::string_view magic = "OORTPRF1";
constexpr crypto::Context bundle_context{"oort.v1 proof bundle"};

/// The same error, with the name of the part in front.
tl::unexpected<Error> in_part(std::string_view part, Error error) {
  return fail(std::move(error).with(part));
}

tl::unexpected<Error> bad(std::string_view part, std::string_view why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof,
              std::string(part) + ": " + std::string(why));
}

Result<void> check_header_and_certificate(const TrustRoot& root,
                                          const consensus::Verifier& verifier,
                                          const FinalHeaders& headers) {
  auto final = verify_final(root, verifier, headers);
  if (final) return {};
  const bool is_certificate = final.error().reason() == reason::bad_certificate ||
                              final.error().reason() == reason::bad_signature;
  return in_part(is_certificate ? "certificate" : "header", std::move(final).error());
}

}  // namespace

void encode(codec::Writer& out, const ProofBundle& value) {
  codec::Writer parts;
  parts.raw(as_bytes(magic));
  encode(parts, value.chain);
  encode(parts, value.headers);
  parts.blob(value.key);
  parts.boolean(value.value.has_value());
  if (value.value) parts.blob(*value.value);
  encode(parts, value.proof);
  out.raw(parts.bytes());
  encode(out, crypto::hash(bundle_context, parts.bytes()));
}

Result<void> decode(codec::Reader& in, ProofBundle& value) {
  const ByteView before = in.rest();
  OORT_TRY(const ByteView begin, in.raw(magic.size()));
  if (!std::ranges::equal(begin, as_bytes(magic))) {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "the file does not begin with OORTPRF1");
  }
  OORT_TRY(decode(in, value.chain));
  OORT_TRY(decode(in, value.headers));
  OORT_TRY(const ByteView key, in.blob(ledger::state_key_bytes_max));
  value.key = to_bytes(key);
  OORT_TRY(const bool has_value, in.boolean());
  value.value.reset();
  if (has_value) {
    OORT_TRY(const ByteView bytes, in.blob(proof_bundle_bytes_max));
    value.value = to_bytes(bytes);
  }
  OORT_TRY(decode(in, value.proof));
  const ByteView parts = before.first(before.size() - in.rest().size());
  Bytes32 digest;
  OORT_TRY(decode(in, digest));
  if (digest == crypto::hash(bundle_context, parts)) return {};
  return fail(ErrorCode::InvalidArgument, reason::malformed, "the bytes were changed");
}

Result<Verified> verify_bundle(ByteView bytes, const ledger::GenesisParams& genesis,
                               const consensus::Verifier& verifier) {
  if (bytes.size() > proof_bundle_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large, "bundle: too long");
  }
  auto bundle = codec::from_bytes<ProofBundle>(bytes);
  if (!bundle) return in_part("bundle", std::move(bundle).error());
  auto root = TrustRoot::of(genesis);
  if (!root) return in_part("genesis", std::move(root).error());
  if (bundle->chain != root->chain) {
    return fail(ErrorCode::InvalidArgument, reason::wrong_chain,
                "genesis: the bundle is of chain " + bundle->chain.short_hex() +
                    ", the genesis of chain " + root->chain.short_hex());
  }
  OORT_TRY(check_header_and_certificate(*root, verifier, bundle->headers));
  const consensus::Header& first = bundle->headers.headers.front();
  auto shown = ledger::verify_state_value(first.app.parent_state_root, bundle->proof, bundle->key);
  if (!shown) return in_part("path", std::move(shown).error());
  if (shown->has_value() != bundle->value.has_value()) {
    return bad("value", *shown ? "the ledger has a value, the bundle says that there is none"
                               : "the ledger has no such value");
  }
  if (*shown && **shown != ledger::state_value_hash(*bundle->value)) {
    return bad("value", "it is not the one that the ledger holds");
  }
  const consensus::Header& last = bundle->headers.headers.back();
  return Verified{root->chain,
                  Height(first.height.value() - 1),
                  consensus::id_of(last),
                  last.height,
                  last.time_ms,
                  first.app.parent_state_root,
                  std::move(bundle->key),
                  std::move(bundle->value)};
}

}  // namespace oort::chain
