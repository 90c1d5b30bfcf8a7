// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "oort/core/callback.hpp"
#include "oort/ledger/state_tree.hpp"
#include "state/page.hpp"

namespace oort::ledger::state {

using LoadPage = UniqueFunction<Result<PagePtr>(const Entry& page)>;

/// The least key above `key`, so that [key, after(key)) holds `key` alone.
[[nodiscard]] Bytes after(ByteView key);

/// Makes the proof for [first, end) of the tree whose uppermost entries are `root`.
[[nodiscard]] Result<TreeProof> make_proof(std::span<const Entry> root, ByteView first,
                                           ByteView end, LoadPage load);

/// What a proof of [first, end) shows, and the root that it leads to; the caller compares the root.
struct Opened {
  Bytes32 root;
  std::vector<ProvenValue> values;
};
[[nodiscard]] Result<Opened> open_range(const TreeProof& proof, ByteView first, ByteView end);

}  // namespace oort::ledger::state
