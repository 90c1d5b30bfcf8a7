// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "oort/chain/epochs.hpp"
#include "oort/chain/messages.hpp"
#include "oort/consensus/verify.hpp"

namespace oort::chain {

/// The root of an epoch, to judge what was said in it.
using RootOf = std::function<Result<const TrustRoot*>(Epoch)>;

/// The turn that an answer to a barrier shows to hold a notarized block; zero where it shows none.
/// A turn above `known` must come with its certificate; anything below is known to be certified.
/// Fails with MALFORMED and its like, BAD_CERTIFICATE, or as `root_of`.
[[nodiscard]] Result<Turn> shown_turn(const RootOf& root_of, const consensus::Verifier& verifier,
                                      Turn known, const wire::BarrierReply& reply);

}  // namespace oort::chain
