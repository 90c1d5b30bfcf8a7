// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "oort/compute/offer.hpp"
#include "oort/compute/request.hpp"

namespace oort::compute {

/// Whether two nodes lie in one domain, in which replicas must not meet.
[[nodiscard]] bool same_domain(Spread spread, const Offer& a, const Offer& b);

/// Domains that have a replica.
class TakenDomains {
 public:
  explicit TakenDomains(Spread spread) : spread_(spread) {}
  /// False where the node's domain is taken already.
  bool take(const Offer& offer);

 private:
  Spread spread_;
  std::set<NodeId> nodes_;
  std::set<OperatorId> operators_;
  std::set<std::uint32_t> networks_;
  std::set<std::string> regions_;
};

}  // namespace oort::compute
