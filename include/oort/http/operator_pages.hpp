// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "oort/core/callback.hpp"
#include "oort/http/exchange.hpp"

namespace oort::http {

/// One thing that must hold for a node to be alive, or ready.
struct Check {
  /// A stable word: "ledger", "disk".
  std::string name;
  bool is_good = false;
  /// For people: why not, and what to do.
  std::string detail;
};

/// What the operator's pages ask. Called on the server's thread; must not block.
struct OperatorSources {
  /// Whether the process can do its work at all; a bad one calls for a restart.
  UniqueFunction<std::vector<Check>()> health;
  /// Whether requests should be sent here now.
  UniqueFunction<std::vector<Check>()> readiness;
};

/// Answers `/metrics` (Prometheus text), `/healthz` and `/readyz` (JSON, 200 or 503 with every
/// check and its reason); everything else is 404.
/// Requires: a server of one thread, since the sources are called without a lock.
[[nodiscard]] std::unique_ptr<Handler> operator_pages(OperatorSources sources);

}  // namespace oort::http
