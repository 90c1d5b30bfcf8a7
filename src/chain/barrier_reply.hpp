// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/chain/messages.hpp"
#include "oort/consensus/verify.hpp"

namespace oort::chain {

/// The view of the block that an answer to a barrier names; 0 where it names none. A view above
/// `known` must come with its certificate; anything below is known to be certified.
/// Fails with MALFORMED and its like, or BAD_CERTIFICATE.
[[nodiscard]] Result<View> shown_view(const consensus::EpochContext& context, View known,
                                      const wire::BarrierReply& reply);

}  // namespace oort::chain
