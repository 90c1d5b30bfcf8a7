// SPDX-License-Identifier: Apache-2.0
#include "devnet/join.hpp"

#include <algorithm>

#include "access_key.hpp"
#include "devnet/create.hpp"
#include "devnet/genesis.hpp"
#include "devnet/operations.hpp"
#include "devnet/process.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "node_view.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/access_records.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/storage_operations.hpp"

namespace oort::cli::devnet {
namespace {

constexpr Duration poll_interval = 50ms;
constexpr Duration join_limit = 120s;

Result<LedgerClient> ledger_of(const Network& network) {
  for (const NodeEntry& node : network.nodes) {
    if (running_process(network, node)) return LedgerClient(node.grpc_endpoint());
  }
  return fail(ErrorCode::Unavailable, reason::not_ready,
              "no node of the network runs, and one must, to enter another in the ledger; "
              "`oortd devnet up` starts them");
}

/// What lets a gateway act for the owner. The access key is made anew under its id and secret, for
/// a record of one names the gateways that can read it.
Result<void> add_trust(const Network& network, const NodeEntry& entry, const AccountId& account,
                       std::vector<ledger::Operation>& operations) {
  std::vector<NodeId> gateways;
  for (const NodeEntry& node : network.nodes) {
    if (node.s3_port == 0) continue;
    OORT_TRY(const NodeId id, parse_node(node.node_id));
    gateways.push_back(id);
  }
  OORT_TRY(const NodeId id, parse_node(entry.node_id));
  gateways.push_back(id);
  ledger::AccessKeyCreate access_key;
  access_key.id = network.access_key_id;
  OORT_TRY(access_key.secrets, seal_secret(network.secret_access_key, std::move(gateways)));
  ledger::GrantCreate grant;
  grant.gateway = account;
  grant.operations = ledger::granted_operations_all;
  operations.emplace_back(std::move(grant));
  operations.emplace_back(ledger::AccessKeyDelete{.id = network.access_key_id});
  operations.emplace_back(std::move(access_key));
  return {};
}

Result<ledger::GenesisParams> genesis_of(const Network& network) {
  OORT_TRY(const Bytes file,
           read_file(network.folder / "genesis.oort", ledger::genesis_bytes_max + 64));
  return ledger::genesis_from_file(file);
}

ledger::NodeRegister registration(const ledger::GenesisParams& genesis, const ledger::Node& node,
                                  const crypto::KeyPair& keys) {
  const ChainId chain = ledger::chain_id_of(genesis);
  const Bytes32 message = ledger::node_consent_hash(chain, node.owner, node.id);
  return ledger::NodeRegister{.node = node.id,
                              .roles = node.roles,
                              .endpoints = node.endpoints,
                              .region = node.region,
                              .system = node.system,
                              .network = node.network,
                              .capacity = node.capacity,
                              .consent = keys.sign(message.view())};
}

/// Two transactions: the owner's pays the node and trusts it, the node's own enters it. The height
/// of the second.
Result<std::uint64_t> enter(LedgerClient& ledger, const Network& network, const NodeEntry& entry) {
  OORT_TRY(const crypto::KeyPair owner, load_key(network.folder / "owner.key"));
  OORT_TRY(const crypto::KeyPair keys, load_key(network.node_folder(entry) / "data" / "node.key"));
  OORT_TRY(const NodeId id, parse_node(entry.node_id));
  const ledger::Node node = node_record(entry, id);
  std::vector<ledger::Operation> operations;
  operations.emplace_back(ledger::Transfer{.to = node.owner, .amount = node_funds});
  OORT_TRY(const auto genesis, genesis_of(network));
  const bool is_metered =
      std::ranges::find(genesis.modules, ledger::Module::Storage, &ledger::GenesisModule::module) !=
      genesis.modules.end();
  if (entry.s3_port != 0) {
    OORT_TRY(add_trust(network, entry, node.owner, operations));
    if (is_metered) operations.emplace_back(ledger::StorageFund{node.owner, storage_funds});
  }
  OORT_TRY(ledger.submit_all(owner, operations));
  OORT_TRY(const auto response, ledger.submit(keys, registration(genesis, node, keys)));
  return response.receipt().height();
}

/// Ready may mean a few blocks below `height`, where the node is not entered yet.
Result<void> await_height(const Network& network, const NodeEntry& node, std::uint64_t height) {
  for (Duration waited = 0s; waited < join_limit; waited += poll_interval) {
    OORT_TRY(await_node(network, node, join_limit));
    const auto status = get_status(node.grpc_endpoint());
    if (status && status->is_ready() && status->height() >= height) return {};
    sleep_for(poll_interval);
  }
  return fail(ErrorCode::DeadlineExceeded, reason::not_ready,
              node.name + " has not reached height " + std::to_string(height));
}

}  // namespace

Result<void> add_node(const Session& session, Network network, const std::string& role,
                      const std::string& log_level) {
  if (role != "super" && role != "archive" && role != "edge") {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "'" + role + "' is no role: super, archive or edge");
  }
  OORT_TRY(LedgerClient ledger, ledger_of(network));
  OORT_TRY(const NodeEntry node, make_further_node(network, role, log_level, session));
  session.progress("entering " + node.name + " in the ledger");
  const auto entered = enter(ledger, network, node);
  if (!entered) {
    std::error_code ignored;
    std::filesystem::remove_all(network.node_folder(node), ignored);
    return fail(Error(entered.error()));
  }
  network.nodes.push_back(node);
  OORT_TRY(save_network(network));
  session.progress("starting " + node.name);
  OORT_TRY(start_node(network, node));
  OORT_TRY(await_height(network, node, *entered));
  const Json value = {{"name", node.name}, {"node_id", node.node_id}};
  session.show(value, [&] { std::printf("%s is ready\n", node.name.c_str()); });
  return {};
}

}  // namespace oort::cli::devnet
