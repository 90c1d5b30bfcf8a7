// SPDX-License-Identifier: Apache-2.0
#include "genesis_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "economy_file.hpp"
#include "json_fields.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/records.hpp"
#include "storage_classes.hpp"

namespace oort::cli {
namespace {

constexpr std::size_t description_bytes_max = std::size_t{64} << 20;
constexpr std::uint64_t gib = std::uint64_t{1} << 30;
constexpr std::uint64_t any_number = std::numeric_limits<std::uint64_t>::max();
constexpr std::array role_names = {"super", "archive", "edge"};
constexpr std::array endpoint_names = {"peer", "s3", "grpc"};

template <std::size_t N>
std::optional<std::uint8_t> place_of(const std::array<const char*, N>& names,
                                     std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::uint8_t>(found - names.begin());
}

/// 203.0.113.7 → its first three octets; 0 for a name or an address of another kind.
std::uint32_t network_of(std::string_view host) {
  std::uint32_t octets = 0;
  for (int i = 0; i < 4; ++i) {
    std::uint8_t octet = 0;
    const auto [end, error] = std::from_chars(host.data(), host.data() + host.size(), octet);
    if (error != std::errc{}) return 0;
    host.remove_prefix(static_cast<std::size_t>(end - host.data()));
    if (i < 3 && !host.starts_with('.')) return 0;
    if (i < 3) host.remove_prefix(1);
    if (i < 3) octets = octets << 8 | octet;
  }
  return host.empty() ? octets : 0;
}

std::optional<ledger::Endpoint> endpoint_of(std::uint8_t kind, std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::uint16_t port = 0;
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port == 0) {
    return std::nullopt;
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return std::nullopt;
  return ledger::Endpoint{static_cast<ledger::EndpointKind>(kind), std::string(host), port};
}

void read_endpoints(JsonFields& fields, ledger::Node& node) {
  const Json* endpoints = fields.need("endpoints");
  if (endpoints == nullptr) return;
  if (!endpoints->is_object()) {
    return fields.refuse("endpoints", R"(must be an object: {"peer": "HOST:PORT"})");
  }
  for (const auto& [name, value] : endpoints->items()) {
    const auto kind = place_of(endpoint_names, name);
    if (!kind) return fields.refuse("endpoints." + name, "is none of peer, s3, grpc");
    const auto endpoint =
        value.is_string() ? endpoint_of(*kind, value.get<std::string>()) : std::nullopt;
    if (!endpoint) return fields.refuse("endpoints." + name, "must be \"HOST:PORT\"");
    if (name == "peer") node.network = network_of(endpoint->host);
    node.endpoints.push_back(*endpoint);
  }
  std::ranges::sort(node.endpoints, {}, &ledger::Endpoint::kind);
}

void read_roles(JsonFields& fields, ledger::Node& node) {
  const Json* roles = fields.find("roles");
  if (roles == nullptr) {
    node.roles = static_cast<std::uint8_t>(ledger::NodeRole::Super);
    return;
  }
  if (!roles->is_array()) return fields.refuse("roles", "must be a list: [\"super\"]");
  for (const Json& role : *roles) {
    const auto place =
        role.is_string() ? place_of(role_names, role.get<std::string>()) : std::nullopt;
    if (!place) return fields.refuse("roles", "may hold super, archive and edge");
    node.roles = static_cast<std::uint8_t>(node.roles | 1U << *place);
  }
}

/// Four bytes of a policy, each checked to be one.
std::uint8_t small(JsonFields& fields, const char* name) {
  constexpr std::uint64_t byte_max = 255;
  if (fields.need(name) == nullptr) return 0;
  return static_cast<std::uint8_t>(fields.number(name, 0, byte_max));
}

Result<ledger::ClassPolicy> read_class(const Json& description, const std::string& where) {
  JsonFields fields(description, where);
  ledger::ClassPolicy policy;
  const auto storage_class = class_of(fields.text("class", ""));
  if (storage_class) {
    policy.storage_class = *storage_class;
  } else {
    fields.refuse("class", "is none of STANDARD, STANDARD_IA, GLACIER, DEEP_ARCHIVE");
  }
  policy.replicas = small(fields, "replicas");
  policy.data_shards = small(fields, "data_shards");
  policy.total_shards = small(fields, "total_shards");
  policy.tolerance = small(fields, "tolerance");
  policy.tolerance_min = small(fields, "tolerance_min");
  OORT_TRY(fields.finish());
  return policy;
}

/// 2-of-4 with four super nodes or more, and as near to that as fewer allow.
ledger::ClassPolicy usual_class(std::uint8_t storage_class, std::size_t supers_count) {
  const auto total = static_cast<std::uint8_t>(std::clamp<std::size_t>(supers_count, 1, 4));
  ledger::ClassPolicy policy;
  policy.storage_class = static_cast<ledger::StorageClass>(storage_class);
  policy.replicas = std::min<std::uint8_t>(total, 3);
  policy.data_shards = total >= 3 ? 2 : 1;
  policy.total_shards = total;
  policy.tolerance = static_cast<std::uint8_t>(
      std::min<unsigned>(policy.replicas - 1U, policy.total_shards - policy.data_shards));
  policy.tolerance_min = std::min<std::uint8_t>(policy.tolerance, 1);
  return policy;
}

ledger::Params usual_params(std::size_t supers_count) {
  ledger::Params params;
  params.fee_transaction = Oort(oort_base_units / 100'000);
  params.fee_operation = Oort(oort_base_units / 1'000'000);
  params.fee_byte = Oort(oort_base_units / 1'000'000'000);
  for (std::uint8_t i = 0; i <= ledger::storage_class_last; ++i) {
    params.classes.push_back(usual_class(i, supers_count));
  }
  return params;
}

void read_classes(JsonFields& fields, ledger::Params& params) {
  const Json* classes = fields.find("classes");
  if (classes == nullptr) return;
  if (!classes->is_array()) return fields.refuse("classes", "must be a list");
  params.classes.clear();
  for (const Json& entry : *classes) {
    const std::string where =
        fields.where() + ".classes[" + std::to_string(params.classes.size()) + "]";
    const auto policy = read_class(entry, where);
    if (!policy) return fields.keep(policy.error());
    params.classes.push_back(*policy);
  }
  std::ranges::sort(params.classes, {}, &ledger::ClassPolicy::storage_class);
}

Result<ledger::GenesisAccount> read_account(const Json& description, const std::string& where) {
  JsonFields fields(description, where);
  ledger::GenesisAccount account;
  const auto id = parse_account(fields.text("account", ""));
  if (id) {
    account.id = *id;
  } else {
    fields.refuse("account", "must be 40 hexadecimal digits");
  }
  account.balance = fields.oort("balance", Oort());
  OORT_TRY(fields.finish());
  return account;
}

/// A sum where an account is named twice, as that of a node that also holds money.
Result<void> sort_accounts(std::vector<ledger::GenesisAccount>& accounts) {
  std::ranges::sort(accounts, {}, &ledger::GenesisAccount::id);
  std::vector<ledger::GenesisAccount> merged;
  for (const ledger::GenesisAccount& account : accounts) {
    if (merged.empty() || merged.back().id != account.id) {
      merged.push_back(account);
      continue;
    }
    const auto sum = merged.back().balance.plus(account.balance);
    if (!sum) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  "genesis: balances add up to more than an amount can hold");
    }
    merged.back().balance = *sum;
  }
  accounts = std::move(merged);
  return {};
}

Json describe(const ledger::Node& node) {
  Json roles = Json::array();
  for (std::size_t i = 0; i < role_names.size(); ++i) {
    if ((node.roles & 1U << i) != 0) roles.push_back(role_names[i]);
  }
  Json endpoints = Json::object();
  for (const ledger::Endpoint& endpoint : node.endpoints) {
    const bool is_v6 = endpoint.host.find(':') != std::string::npos;
    endpoints[endpoint_names[static_cast<std::size_t>(endpoint.kind)]] =
        (is_v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
  }
  return {{"node", node.id.hex()},
          {"owner", node.owner.hex()},
          {"roles", roles},
          {"endpoints", endpoints},
          {"region", node.region},
          {"system", node.system},
          {"capacity_gib", node.capacity / gib}};
}

}  // namespace

Result<ledger::Params> read_params(const Json& description, ledger::Params params) {
  JsonFields fields(description, "params");
  params.fee_transaction = fields.oort("fee_transaction", params.fee_transaction);
  params.fee_operation = fields.oort("fee_operation", params.fee_operation);
  params.fee_byte = fields.oort("fee_byte", params.fee_byte);
  const auto blocks = [&fields](const char* name, std::uint64_t& value) {
    value = fields.number(name, value, any_number);
  };
  blocks("epoch_ms", params.epoch_ms);
  blocks("idle_block_ms", params.idle_block_ms);
  blocks("transaction_lifetime_max", params.transaction_lifetime_max);
  blocks("undo_window", params.undo_window);
  blocks("orphan_window", params.orphan_window);
  blocks("hold_margin", params.hold_margin);
  blocks("segment_lease", params.segment_lease);
  blocks("reveal_window", params.reveal_window);
  blocks("unbonding_epochs", params.unbonding_epochs);
  blocks("lease_window", params.lease_window);
  params.validators_max = static_cast<std::uint16_t>(fields.number(
      "validators_max", params.validators_max, std::numeric_limits<std::uint16_t>::max()));
  params.distinct_operators = fields.truth("distinct_operators", params.distinct_operators);
  params.distinct_networks = fields.truth("distinct_networks", params.distinct_networks);
  params.distinct_systems = fields.truth("distinct_systems", params.distinct_systems);
  read_classes(fields, params);
  if (const std::string governor = fields.text("governor", ""); !governor.empty()) {
    const auto account = parse_account(governor);
    if (account) {
      params.governor = *account;
    } else {
      fields.refuse("governor", "must be an account: 40 hexadecimal digits");
    }
  }
  OORT_TRY(fields.finish());
  return params;
}

Json describe(const ledger::Params& params) {
  Json classes = Json::array();
  for (const ledger::ClassPolicy& policy : params.classes) {
    classes.push_back({{"class", name_of(policy.storage_class)},
                       {"replicas", policy.replicas},
                       {"data_shards", policy.data_shards},
                       {"total_shards", policy.total_shards},
                       {"tolerance", policy.tolerance},
                       {"tolerance_min", policy.tolerance_min}});
  }
  Json out = {{"fee_transaction", to_text(params.fee_transaction)},
              {"fee_operation", to_text(params.fee_operation)},
              {"fee_byte", to_text(params.fee_byte)},
              {"epoch_ms", params.epoch_ms},
              {"idle_block_ms", params.idle_block_ms},
              {"transaction_lifetime_max", params.transaction_lifetime_max},
              {"undo_window", params.undo_window},
              {"orphan_window", params.orphan_window},
              {"hold_margin", params.hold_margin},
              {"segment_lease", params.segment_lease},
              {"reveal_window", params.reveal_window},
              {"unbonding_epochs", params.unbonding_epochs},
              {"lease_window", params.lease_window},
              {"validators_max", params.validators_max},
              {"distinct_operators", params.distinct_operators},
              {"distinct_networks", params.distinct_networks},
              {"distinct_systems", params.distinct_systems},
              {"classes", classes}};
  if (params.governor) out["governor"] = params.governor->hex();
  return out;
}

Result<Json> read_json(const std::string& path) {
  OORT_TRY(const Bytes bytes, read_file(path, description_bytes_max));
  Json value = Json::parse(as_text(bytes), nullptr, false, true);
  if (value.is_discarded()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, path + " is no JSON");
  }
  return value;
}

Result<DescribedNode> read_node(const Json& description, const std::string& where) {
  JsonFields fields(description, where);
  DescribedNode out;
  const auto id = parse_node(fields.text("node", ""));
  if (id) {
    out.node.id = *id;
    out.node.owner = crypto::account_of(crypto::key_of(*id));
  } else {
    fields.refuse("node", "must be 64 hexadecimal digits, as `oortd init` printed them");
  }
  if (const std::string owner = fields.text("owner", ""); !owner.empty()) {
    const auto account = parse_account(owner);
    if (account) {
      out.node.owner = *account;
    } else {
      fields.refuse("owner", "must be an account: 40 hexadecimal digits");
    }
  }
  read_roles(fields, out.node);
  read_endpoints(fields, out.node);
  out.node.region = fields.text("region", "");
  out.node.system = static_cast<std::uint32_t>(
      fields.number("system", 0, std::numeric_limits<std::uint32_t>::max()));
  out.node.capacity = fields.number("capacity_gib", 0, any_number / gib) * gib;
  const bool is_super = has_role(out.node, ledger::NodeRole::Super);
  out.weight = fields.number("weight", is_super ? 1 : 0, any_number);
  out.funds = fields.oort("funds", Oort());
  OORT_TRY(fields.finish());
  return out;
}

Result<ledger::GenesisParams> read_genesis(const Json& description, WallTime now) {
  ledger::GenesisParams genesis;
  JsonFields fields(description, "genesis");
  genesis.chain_name = fields.text("chain_name", "");
  genesis.time_ms = fields.number("time_ms", now.milliseconds, any_number);
  const Json none = Json::array();
  const auto list = [&](const char* name) -> const Json& {
    const Json* found = fields.find(name);
    if (found == nullptr || found->is_array()) return found == nullptr ? none : *found;
    fields.refuse(name, "must be a list");
    return none;
  };
  for (const Json& entry : list("accounts")) {
    OORT_TRY(auto account,
             read_account(entry, "accounts[" + std::to_string(genesis.accounts.size()) + "]"));
    genesis.accounts.push_back(account);
  }
  std::size_t supers_count = 0;
  for (const Json& entry : list("nodes")) {
    OORT_TRY(auto node, read_node(entry, "nodes[" + std::to_string(genesis.nodes.size()) + "]"));
    if (has_role(node.node, ledger::NodeRole::Super)) ++supers_count;
    if (node.weight > 0) genesis.validators.push_back({node.node.id, node.weight});
    const AccountId own = crypto::account_of(crypto::key_of(node.node.id));
    genesis.accounts.push_back({own, node.funds});
    genesis.nodes.push_back(std::move(node.node));
  }
  const Json* params = fields.find("params");
  OORT_TRY(genesis.params,
           read_params(params == nullptr ? Json::object() : *params, usual_params(supers_count)));
  OORT_TRY(read_economy(fields, genesis));
  OORT_TRY(fields.finish());
  OORT_TRY(sort_accounts(genesis.accounts));
  std::ranges::sort(genesis.nodes, {}, &ledger::Node::id);
  std::ranges::sort(genesis.validators, {}, &ledger::Validator::node);
  OORT_TRY(ledger::check_genesis(genesis));
  return genesis;
}

Json genesis_template() {
  Json node = {{"node", "the 64 digits that `oortd init` printed"},
               {"owner", "the operator's account: 40 digits; left out: the node's own"},
               {"roles", {"super"}},
               {"endpoints", {{"peer", "a.example.org:7100"}, {"grpc", "a.example.org:7170"}}},
               {"region", "eu"},
               {"system", 64496},
               {"capacity_gib", 1000},
               {"weight", 1},
               {"funds", "100"}};
  return {{"chain_name", "my-network"},
          {"accounts",
           {{{"account", "40 digits, as `oortd keys new` prints"}, {"balance", "1000000"}}}},
          {"nodes", {std::move(node)}},
          {"params", describe(usual_params(4))},
          {"pots", {{"mining", "0"}, {"treasury", "0"}, {"reserve", "0"}}},
          {"modules", modules_template()}};
}

Json describe(const ledger::GenesisParams& genesis) {
  Json accounts = Json::array();
  for (const ledger::GenesisAccount& account : genesis.accounts) {
    accounts.push_back({{"account", account.id.hex()}, {"balance", to_text(account.balance)}});
  }
  Json nodes = Json::array();
  for (const ledger::Node& node : genesis.nodes) {
    Json entry = describe(node);
    const auto vote =
        std::ranges::lower_bound(genesis.validators, node.id, {}, &ledger::Validator::node);
    const bool votes = vote != genesis.validators.end() && vote->node == node.id;
    entry["weight"] = votes ? vote->weight : 0;
    nodes.push_back(std::move(entry));
  }
  Json out = {{"chain_name", genesis.chain_name},
              {"time_ms", genesis.time_ms},
              {"accounts", std::move(accounts)},
              {"nodes", std::move(nodes)},
              {"params", describe(genesis.params)}};
  describe_economy(genesis, out);
  return out;
}

}  // namespace oort::cli
