// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "oort/chain/light_client.hpp"
#include "oort/ledger/state_tree.hpp"

namespace oort::chain {

/// Everything that proves to the holder of a genesis file that the ledger held, or did not hold, a
/// value. Canonical bytes begin with "OORTPRF1" and end with their own hash, since the path that
/// shows that one key is absent may show it for its neighbours too: any flipped byte is refused.
struct ProofBundle {
  ChainId chain;
  /// The first header's `parent_state_root` is the state that `proof` leads to.
  FinalHeaders headers;
  Bytes key;
  std::optional<Bytes> value;  ///< Nothing: the state has no such key.
  ledger::StateProof proof;
  friend bool operator==(const ProofBundle&, const ProofBundle&) = default;
};
inline constexpr std::size_t proof_bundle_bytes_max = std::size_t{16} << 20;
void encode(codec::Writer& out, const ProofBundle& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, ProofBundle& value);

/// What a verified bundle shows: the state after block `height` had this value for the key.
struct Verified {
  ChainId chain;
  Height height;
  BlockId certified_block;
  Height certified_height;
  std::uint64_t certified_time_ms = 0;  ///< Header time of the certified block.
  Bytes32 state_root;
  Bytes key;
  std::optional<Bytes> value;
};

/// Verifies offline. The detail of the error begins with the part that failed: "bundle" (the bytes
/// themselves), "genesis", "header", "certificate", "path" or "value". Fails with MALFORMED and
/// its like, WRONG_CHAIN, BAD_CERTIFICATE, BAD_PROOF.
[[nodiscard]] Result<Verified> verify_bundle(
    ByteView bytes, const ledger::GenesisParams& genesis,
    const consensus::Verifier& verifier = consensus::ed25519_verifier());

}  // namespace oort::chain
