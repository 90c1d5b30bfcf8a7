// SPDX-License-Identifier: Apache-2.0
#include "named.hpp"

#include <cstdint>
#include <string>

#include "devnet/network.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "session.hpp"

namespace oort::cli {

Result<NodeId> node_named(const Session& session, const std::string& text) {
  if (const auto id = NodeId::from_hex(text)) return *id;
  const auto network = devnet::load_network(session.folder);
  if (!network) return parse_node(text);
  OORT_TRY(const auto node, network->find(text));
  return parse_node(node.node_id);
}

Result<AccountId> account_named(const std::string& account, const std::string& key_file) {
  if (!account.empty()) return parse_account(account);
  if (key_file.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "whose account? Give its 40 digits, or --key FILE");
  }
  OORT_TRY(const crypto::KeyPair keys, load_key(key_file));
  return crypto::account_of(keys.public_key());
}

std::string oort_text(const std::string& units) {
  const auto amount = from_decimal(units);
  return (amount ? to_text(Oort(*amount)) : "?") + " OORT";
}

std::string percent_text(std::uint32_t millionths) {
  constexpr std::uint32_t per_percent = 10'000;
  std::string text = std::to_string(millionths / per_percent);
  if (const std::uint32_t rest = millionths % per_percent; rest != 0) {
    const std::string digits = std::to_string(rest);
    text += "." + std::string(4 - digits.size(), '0') + digits;
    text.resize(text.find_last_not_of('0') + 1);
  }
  return text + " %";
}

}  // namespace oort::cli
