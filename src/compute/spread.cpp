// SPDX-License-Identifier: Apache-2.0
#include "spread.hpp"

namespace oort::compute {

bool same_domain(Spread spread, const Offer& a, const Offer& b) {
  switch (spread) {
    case Spread::None: return false;
    case Spread::Node: return a.node == b.node;
    case Spread::Operator: return a.operator_id == b.operator_id;
    case Spread::Network: return a.network == b.network;
    case Spread::Region: return a.region == b.region;
  }
  return false;
}

bool TakenDomains::take(const Offer& offer) {
  switch (spread_) {
    case Spread::None: return true;
    case Spread::Node: return nodes_.insert(offer.node).second;
    case Spread::Operator: return operators_.insert(offer.operator_id).second;
    case Spread::Network: return networks_.insert(offer.network).second;
    case Spread::Region: return regions_.insert(offer.region).second;
  }
  return true;
}

}  // namespace oort::compute
