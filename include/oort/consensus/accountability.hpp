// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "oort/consensus/evidence.hpp"

namespace oort::consensus {

/// Who made two final blocks that do not descend from one another: the evidence that the published
/// certificates hold, one for each culprit, in the order of the validators.
///
/// `low` and `high` are FINALIZE certificates of this epoch, `low` of a view not above that of
/// `high`. `path` is the block of `high` and its ancestors, in any order, down to the first one
/// whose parent's view is not above that of `low`; empty where both are of one view. Nothing needs
/// to be verified before: what is returned is.
///
/// Invariants
///   X4  Where both certificates verify, the path is complete and the block of `low` is not an
///       ancestor of that of `high`, more than a third of the weight is named, however many
///       are faulty.
///   X2  No correct validator is named, whatever is given.
/// Nothing when there is no fork, or when the path does not reach down to it.
[[nodiscard]] std::vector<Evidence> accuse(const EpochContext& context, const Certificate& low,
                                           const Certificate& high, std::span<const BlockRef> path);

}  // namespace oort::consensus
