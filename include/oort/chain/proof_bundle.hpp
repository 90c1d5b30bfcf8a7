// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "oort/chain/light_client.hpp"
#include "oort/ledger/state_tree.hpp"

namespace oort::chain {

/// The keys that a proof speaks of: all in [first, end), in the order of the bytes.
struct KeyRange {
  Bytes first;
  Bytes end;  ///< Empty: without a bound.
  [[nodiscard]] bool contains(ByteView key) const noexcept;
  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};
/// The range that holds this key alone.
[[nodiscard]] KeyRange range_of_key(ByteView key);
/// Every key that begins so.
[[nodiscard]] KeyRange range_of_prefix(ByteView prefix);

struct ProvenRecord {
  Bytes key;
  Bytes value;
  friend bool operator==(const ProvenRecord&, const ProvenRecord&) = default;
};

/// What the records of a range mean to a person.
enum class Claim : std::uint8_t {
  Present,  ///< One key: it has a value. The versions of a name: the newest is an object.
  Absent,   ///< One key: it has no value. The versions of a name: there is none.
  Deleted,  ///< The newest version of a name is a delete marker.
  Records,  ///< No such question: these are the records of the range, and there are no others.
};
/// Requires: `records` are all records of the range, ascending. To say something of a name, a range
/// must begin where its versions do, newest first, and hold the newest one or reach to their end.
[[nodiscard]] Claim claim_of(const KeyRange& range, const std::vector<ProvenRecord>& records);
/// "present", "absent", "deleted", "records".
[[nodiscard]] std::string_view to_string(Claim claim) noexcept;

/// Everything that proves to the holder of a genesis file what the ledger held over a range of
/// keys: these records, and no others. Canonical bytes begin with "OORTPRF2", or with "OORTPRF3"
/// where handovers lead to a later epoch, and end with their own hash, since the path that shows
/// that a key is absent may show it for its neighbours too: any flipped byte is refused.
struct ProofBundle {
  ChainId chain;
  /// The first header's `parent_state_root` is the state that `proof` leads to.
  FinalHeaders headers;
  KeyRange range;
  std::vector<ProvenRecord> records;  ///< All of the range, ascending by key.
  ledger::StateProof proof;
  /// From the first epoch to the one of the headers; none where they are of the first, or where the
  /// verifier is known to have followed the epochs itself.
  std::vector<Handover> handovers;
  friend bool operator==(const ProofBundle&, const ProofBundle&) = default;
};
inline constexpr std::size_t proof_bundle_bytes_max = std::size_t{16} << 20;
/// Handovers of one bundle, and their bytes together.
inline constexpr std::size_t proof_handovers_count_max = 4096;
inline constexpr std::size_t proof_handovers_bytes_max = std::size_t{6} << 20;
/// Keys and values of one bundle together; the rest is for the path and the certificate.
inline constexpr std::size_t proof_records_bytes_max = std::size_t{8} << 20;
void encode(codec::Writer& out, const ProofBundle& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, ProofBundle& value);

/// What a verified bundle shows: after block `height` the range held these records, and no others.
struct Verified {
  ChainId chain;
  Height height;
  BlockId certified_block;
  Height certified_height;
  std::uint64_t certified_time_ms = 0;  ///< Header time of the certified block.
  Bytes32 state_root;
  KeyRange range;
  std::vector<ProvenRecord> records;
  Epoch epoch;  ///< Whose validators certified it.
  [[nodiscard]] Claim claim() const { return claim_of(range, records); }
};

/// Verifies offline. The detail of the error begins with the part that failed: "bundle" (the bytes
/// themselves), "genesis", "epochs", "header", "certificate", "path", "records" (one is missing, or
/// one too many) or "value". Fails with MALFORMED and its like, WRONG_CHAIN, BAD_CERTIFICATE,
/// BAD_PROOF.
[[nodiscard]] Result<Verified> verify_bundle(
    ByteView bytes, const ledger::GenesisParams& genesis,
    const consensus::Verifier& verifier = consensus::ed25519_verifier());
/// The same for who knows some epochs' roots already.
[[nodiscard]] Result<Verified> verify_bundle(ByteView bytes, const TrustRoots& roots,
                                             const consensus::Verifier& verifier);

}  // namespace oort::chain
