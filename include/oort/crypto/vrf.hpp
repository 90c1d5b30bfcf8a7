// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/crypto/signature.hpp"

namespace oort::crypto {

/// Gamma ‖ c ‖ s: 32 + 16 + 32 bytes (RFC 9381, 5.5).
using VrfProof = FixedBytes<struct VrfProofTag, 80>;
/// beta, 64 bytes: uniformly distributed to whoever does not know the secret key.
using VrfOutput = FixedBytes<struct VrfOutputTag, 64>;

/// ECVRF-EDWARDS25519-SHA512-TAI of RFC 9381 (suite 0x03), with the node's Ed25519 key.
[[nodiscard]] VrfProof vrf_prove(const KeyPair& keys, ByteView alpha);
/// The output, or nothing when the proof is not `key`'s for `alpha`.
[[nodiscard]] std::optional<VrfOutput> vrf_verify(const PublicKey& key, ByteView alpha,
                                                  const VrfProof& proof);

}  // namespace oort::crypto
