// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "oort/chain/mempool.hpp"
#include "oort/consensus/types.hpp"
#include "oort/ledger/machine.hpp"

namespace oort::chain {

/// Checks form and signature. Fails as check_static and check_signature.
[[nodiscard]] Result<TransactionRef> check_transaction(const ChainId& chain,
                                                       const ledger::SignatureVerifier& signatures,
                                                       ledger::Transaction transaction);

/// The payload of a proposal: version u8, count u32, then each transaction as a blob. No
/// transaction: no bytes.
[[nodiscard]] Bytes encode_body(std::span<const TransactionRef> transactions);
/// The encoded transactions of a body; views into `payload`. Fails with MALFORMED and its like.
[[nodiscard]] Result<std::vector<ByteView>> split_body(ByteView payload);
/// Merkle root over the ids, which do not depend on the bodies of operations: history may drop
/// those and still prove the block.
[[nodiscard]] Bytes32 payload_root_of(std::span<const TransactionRef> transactions);

/// What the proposer of a block signs with its VRF key: chain, height and the beacon before it.
[[nodiscard]] Bytes vrf_alpha(const ChainId& chain, Height height, const Bytes32& beacon);

}  // namespace oort::chain
