// SPDX-License-Identifier: Apache-2.0
#include "oort/chain/proof_bundle.hpp"

#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/verify.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/state_tree.hpp"

namespace oort::chain {
namespace {

constexpr std::string_view magic = "OORTPRF2";
/// With handovers behind the headers.
constexpr std::string_view magic_of_epochs = "OORTPRF3";
/// What the bytes of every version of the format have in front of its number.
constexpr std::string_view magic_of_any_version = "OORTPRF";
constexpr std::size_t range_end_bytes_max = ledger::state_key_bytes_max + 1;
constexpr crypto::Context bundle_context{"oort.v1 proof bundle"};

/// The same error, with the name of the part in front.
tl::unexpected<Error> in_part(std::string_view part, Error error) {
  return fail(std::move(error).with(part));
}

tl::unexpected<Error> bad(std::string_view part, std::string_view why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof,
              std::string(part) + ": " + std::string(why));
}

Result<void> follow_epochs(TrustRoots& roots, const consensus::Verifier& verifier,
                           const std::vector<Handover>& handovers) {
  for (const Handover& handover : handovers) {
    auto followed = roots.follow(handover, verifier);
    if (!followed) return in_part("epochs", std::move(followed).error());
  }
  return {};
}

Result<void> check_header_and_certificate(const TrustRoots& roots,
                                          const consensus::Verifier& verifier,
                                          const FinalHeaders& headers) {
  auto final = [&]() -> Result<void> {
    OORT_TRY(const TrustRoot* root, root_for(roots, headers));
    return verify_final(*root, verifier, headers);
  }();
  if (final) return {};
  const bool is_certificate = final.error().reason() == reason::bad_certificate ||
                              final.error().reason() == reason::bad_signature;
  return in_part(is_certificate ? "certificate" : "header", std::move(final).error());
}

bool is_less(ByteView a, ByteView b) noexcept { return std::ranges::lexicographical_compare(a, b); }

bool has_prefix(ByteView key, ByteView prefix) noexcept {
  return key.size() >= prefix.size() && std::ranges::equal(key.first(prefix.size()), prefix);
}

/// Whether these bytes are what the keys of all versions of one name begin with.
bool is_name_prefix(ByteView key) {
  static const Bytes table = ledger::keys::prefix(ledger::Module::Objects, ledger::table::object);
  static const std::size_t size = ledger::keys::object(BucketId(0), NameHash{}).size();
  return key.size() == size && has_prefix(key, table);
}

Claim claim_of_name(const KeyRange& range, const std::vector<ProvenRecord>& records) {
  const bool is_whole = range == range_of_prefix(range.first);
  if (records.empty()) return is_whole ? Claim::Absent : Claim::Records;
  const auto newest = codec::from_bytes<ledger::Object>(records.front().value);
  if (!newest || !has_prefix(records.front().key, range.first)) return Claim::Records;
  return newest->is_delete_marker ? Claim::Deleted : Claim::Present;
}

/// Whether handovers follow.
Result<bool> read_magic(codec::Reader& in) {
  OORT_TRY(const ByteView begin, in.raw(magic.size()));
  if (std::ranges::equal(begin, as_bytes(magic))) return false;
  if (std::ranges::equal(begin, as_bytes(magic_of_epochs))) return true;
  if (has_prefix(begin, as_bytes(magic_of_any_version))) {
    return fail(ErrorCode::InvalidArgument, reason::unsupported_version,
                "this bundle is of another version than " + std::string(magic) + " and " +
                    std::string(magic_of_epochs));
  }
  return fail(ErrorCode::InvalidArgument, reason::malformed,
              "the file does not begin with " + std::string(magic));
}

/// Whether the bundle's records are exactly those that the path shows.
Result<void> check_records(const std::vector<ledger::ProvenValue>& shown,
                           const std::vector<ProvenRecord>& records) {
  if (shown.size() != records.size()) {
    return bad("records", "the ledger has " + std::to_string(shown.size()) +
                              " in this range, the bundle " + std::to_string(records.size()));
  }
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (shown[i].key != records[i].key) {
      return bad("records", "the ledger has one under another key");
    }
    if (shown[i].value_hash != ledger::state_value_hash(records[i].value)) {
      return bad("value", "it is not the one that the ledger holds");
    }
  }
  return {};
}

}  // namespace

bool KeyRange::contains(ByteView key) const noexcept {
  return !is_less(key, first) && (end.empty() || is_less(key, end));
}

KeyRange range_of_key(ByteView key) {
  KeyRange range{to_bytes(key), to_bytes(key)};
  range.end.push_back(std::byte{0});
  return range;
}

KeyRange range_of_prefix(ByteView prefix) {
  KeyRange range{to_bytes(prefix), to_bytes(prefix)};
  // The least bytes above all that begin so: the last byte that can grow, grown.
  while (!range.end.empty() && range.end.back() == std::byte{0xff}) range.end.pop_back();
  if (!range.end.empty()) {
    range.end.back() = static_cast<std::byte>(std::to_integer<unsigned>(range.end.back()) + 1);
  }
  return range;
}

Claim claim_of(const KeyRange& range, const std::vector<ProvenRecord>& records) {
  // No record stands under the prefix itself: that it is absent must not read as the name's
  // absence.
  if (is_name_prefix(range.first)) return claim_of_name(range, records);
  if (range != range_of_key(range.first)) return Claim::Records;
  return records.empty() ? Claim::Absent : Claim::Present;
}

std::string_view to_string(Claim claim) noexcept {
  switch (claim) {
    case Claim::Present: return "present";
    case Claim::Absent: return "absent";
    case Claim::Deleted: return "deleted";
    case Claim::Records: return "records";
  }
  return "";
}

void encode(codec::Writer& out, const ProofBundle& value) {
  codec::Writer parts;
  parts.raw(as_bytes(value.handovers.empty() ? magic : magic_of_epochs));
  encode(parts, value.chain);
  encode(parts, value.headers);
  if (!value.handovers.empty()) codec::encode_vector(parts, value.handovers);
  parts.blob(value.range.first);
  parts.blob(value.range.end);
  parts.u32(static_cast<std::uint32_t>(value.records.size()));
  for (const ProvenRecord& record : value.records) {
    parts.blob(record.key);
    parts.blob(record.value);
  }
  encode(parts, value.proof);
  out.raw(parts.bytes());
  encode(out, crypto::hash(bundle_context, parts.bytes()));
}

Result<void> decode(codec::Reader& in, ProofBundle& value) {
  const ByteView before = in.rest();
  OORT_TRY(const bool has_handovers, read_magic(in));
  OORT_TRY(decode(in, value.chain));
  OORT_TRY(decode(in, value.headers));
  value.handovers.clear();
  if (has_handovers) {
    OORT_TRY(codec::decode_vector(in, value.handovers, proof_handovers_count_max));
    if (value.handovers.empty()) {
      return fail(ErrorCode::InvalidArgument, reason::not_canonical,
                  "a bundle without handovers is of the version before");
    }
  }
  OORT_TRY(const ByteView first, in.blob(ledger::state_key_bytes_max));
  OORT_TRY(const ByteView end, in.blob(range_end_bytes_max));
  value.range = {to_bytes(first), to_bytes(end)};
  // A record has at least the lengths of its two parts.
  OORT_TRY(const std::uint32_t count, in.count(proof_records_bytes_max, 8));
  value.records.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(const ByteView key, in.blob(ledger::state_key_bytes_max));
    OORT_TRY(const ByteView bytes, in.blob(proof_records_bytes_max));
    value.records.push_back({to_bytes(key), to_bytes(bytes)});
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
  auto root = TrustRoot::of(genesis);
  if (!root) return in_part("genesis", std::move(root).error());
  return verify_bundle(bytes, TrustRoots(*std::move(root)), verifier);
}

Result<Verified> verify_bundle(ByteView bytes, const TrustRoots& roots,
                               const consensus::Verifier& verifier) {
  if (bytes.size() > proof_bundle_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large, "bundle: too long");
  }
  auto bundle = codec::from_bytes<ProofBundle>(bytes);
  if (!bundle) return in_part("bundle", std::move(bundle).error());
  const ChainId& chain = roots.newest().chain;
  if (bundle->chain != chain) {
    return fail(ErrorCode::InvalidArgument, reason::wrong_chain,
                "genesis: the bundle is of chain " + bundle->chain.short_hex() +
                    ", the genesis of chain " + chain.short_hex());
  }
  if (bundle->handovers.empty()) {
    OORT_TRY(check_header_and_certificate(roots, verifier, bundle->headers));
  } else {
    TrustRoots followed = roots;
    OORT_TRY(follow_epochs(followed, verifier, bundle->handovers));
    OORT_TRY(check_header_and_certificate(followed, verifier, bundle->headers));
  }
  const consensus::Header& first = bundle->headers.headers.front();
  auto shown = ledger::verify_state_range(first.app.parent_state_root, bundle->proof,
                                          bundle->range.first, bundle->range.end);
  if (!shown) return in_part("path", std::move(shown).error());
  OORT_TRY(check_records(*shown, bundle->records));
  const consensus::Header& last = bundle->headers.headers.back();
  return Verified{chain,
                  Height(first.height.value() - 1),
                  consensus::id_of(last),
                  last.height,
                  last.time_ms,
                  first.app.parent_state_root,
                  std::move(bundle->range),
                  std::move(bundle->records),
                  first.epoch};
}

}  // namespace oort::chain
