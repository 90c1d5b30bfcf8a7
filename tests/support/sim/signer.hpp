// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "oort/env/signer.hpp"

namespace oort::sim {

/// A signature that costs a fraction of a microsecond: a SipHash-2-4 tag of the message keyed by
/// the public key itself. Whoever knows a public key can forge it, so a scenario's adversary must
/// keep to the keys that it holds; nothing but a simulation may believe it.
[[nodiscard]] PublicKey cheap_public_key(std::uint64_t number);
[[nodiscard]] Signature cheap_sign(const PublicKey& key, ByteView message) noexcept;
[[nodiscard]] bool cheap_verify(const PublicKey& key, ByteView message,
                                const Signature& signature) noexcept;
[[nodiscard]] std::unique_ptr<env::Signer> cheap_signer(const PublicKey& key);

}  // namespace oort::sim
