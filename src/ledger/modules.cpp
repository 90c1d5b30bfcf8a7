// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/modules.hpp"

#include "oort/core/assert.hpp"

namespace oort::ledger {

std::string_view to_string(Module module) noexcept {
  switch (module) {
    case Module::Transactions: return "transactions";
    case Module::Bank: return "bank";
    case Module::Staking: return "staking";
    case Module::Governance: return "governance";
    case Module::Nodes: return "nodes";
    case Module::Honesty: return "honesty";
    case Module::Objects: return "objects";
    case Module::Access: return "access";
    case Module::Market: return "market";
    case Module::Jobs: return "jobs";
    case Module::Campaigns: return "campaigns";
    case Module::Datasets: return "datasets";
    case Module::Models: return "models";
    case Module::Evidence: return "evidence";
    case Module::Beacon: return "beacon";
    case Module::Params: return "params";
    case Module::Storage: return "storage";
    case Module::Reserved17:
    case Module::Reserved18:
    case Module::Reserved19:
    case Module::Reserved20: return "reserved";
  }
  return "unknown";
}

bool is_authenticated(ByteView key) noexcept {
  OORT_ASSERT(key.size() >= 2, "a state key names its module and its table");
  if (std::to_integer<std::uint8_t>(key[0]) != static_cast<std::uint8_t>(Module::Objects)) {
    return true;
  }
  const char table = std::to_integer<char>(key[1]);
  return table != table::object_body && table != table::multipart_body &&
         table != table::part_body && table != table::policy_body;
}

}  // namespace oort::ledger
