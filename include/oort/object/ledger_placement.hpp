// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "oort/env/transport.hpp"
#include "oort/object/ports.hpp"

namespace oort::object {

/// The storage nodes that the ledger knows, and which of them this node is connected to.
/// Threads: the strand.
class LedgerPlacement final : public PlacementSource {
 public:
  /// Borrows both.
  LedgerPlacement(const LedgerView& ledger, const env::Transport& transport) noexcept
      : ledger_(ledger), transport_(transport) {}

  [[nodiscard]] std::vector<StorageNode> nodes() const override;

 private:
  const LedgerView& ledger_;
  const env::Transport& transport_;
  /// The records change rarely and are read for every segment.
  mutable Height read_at_;
  mutable std::vector<StorageNode> known_;
};

}  // namespace oort::object
