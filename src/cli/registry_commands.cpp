// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "genesis_file.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/records.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

struct Arguments {
  std::string description;
  std::string node_key;
  std::string owner_key;
  std::string status = "active";
};

Result<ledger::NodeStatus> parse_status(const std::string& text) {
  if (text == "active") return ledger::NodeStatus::Active;
  if (text == "draining") return ledger::NodeStatus::Draining;
  if (text == "retired") return ledger::NodeStatus::Retired;
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "'" + text + "' is no status: active, draining or retired");
}

/// The description of a node whose owner is whoever signs.
Result<ledger::Node> described(const Arguments& arguments, const AccountId& owner) {
  OORT_TRY(const Json description, read_json(arguments.description));
  OORT_TRY(auto node, read_node(description, "node"));
  if (description.contains("owner") && node.node.owner != owner) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "node.owner is another account than that of --key, which owns what it registers");
  }
  node.node.owner = owner;
  return node.node;
}

Result<void> register_node(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair node_keys, load_key(arguments.node_key));
  const std::string& owner_file =
      arguments.owner_key.empty() ? arguments.node_key : arguments.owner_key;
  OORT_TRY(const crypto::KeyPair owner, load_key(owner_file));
  OORT_TRY(const auto node, described(arguments, crypto::account_of(owner.public_key())));
  if (crypto::key_of(node.id) != node_keys.public_key()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "--node-key is not the key of the node that the description names");
  }
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto chain, client.chain());
  OORT_TRY(const auto genesis, ledger::genesis_from_file(as_bytes(chain.genesis())));
  const Bytes32 consent =
      ledger::node_consent_hash(ledger::chain_id_of(genesis), node.owner, node.id);
  ledger::NodeRegister operation;
  operation.node = node.id;
  operation.roles = node.roles;
  operation.endpoints = node.endpoints;
  operation.region = node.region;
  operation.system = node.system;
  operation.network = node.network;
  operation.capacity = node.capacity;
  operation.consent = node_keys.sign(consent.view());
  OORT_TRY(const auto response, client.submit(owner, operation));
  show_submitted(session, response, "registered node " + node.id.hex());
  return {};
}

Result<void> update_node(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.owner_key));
  OORT_TRY(const Json description, read_json(arguments.description));
  OORT_TRY(const auto node, read_node(description, "node"));
  ledger::NodeUpdate operation;
  operation.node = node.node.id;
  OORT_TRY(operation.status, parse_status(arguments.status));
  operation.endpoints = node.node.endpoints;
  operation.capacity = node.node.capacity;
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, operation));
  show_submitted(session, response, "node " + node.node.id.hex() + " is " + arguments.status);
  return {};
}

}  // namespace

void add_registry_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* node =
      app.add_subcommand("node", "A node's entry in the ledger")->require_subcommand(1);
  CLI::App* entered = node->add_subcommand("register", "Enter a node, so that others use it");
  entered->add_option("DESCRIPTION", arguments.description, "node.json, as `oortd init` wrote it")
      ->required();
  entered->add_option("--node-key", arguments.node_key, "The node's key: it consents")->required();
  entered->add_option("--key", arguments.owner_key,
                      "Key of the operator, who owns and pays; left out: the node itself");
  entered->footer("Example: oortd node register node.json --node-key node.key --key operator.key");
  entered->callback(
      [&session] { session.action = [&session] { return register_node(session, arguments); }; });
  CLI::App* changed = node->add_subcommand("update", "Change endpoints, capacity or status");
  changed->add_option("DESCRIPTION", arguments.description, "The node's node.json")->required();
  changed->add_option("--key", arguments.owner_key, "Key of the operator or of the node")
      ->required();
  changed->add_option("--status", arguments.status,
                      "active; draining: gets nothing more; retired: holds nothing");
  changed->footer("Example: oortd node update node.json --key operator.key --status draining");
  changed->callback(
      [&session] { session.action = [&session] { return update_node(session, arguments); }; });
}

}  // namespace oort::cli
