// SPDX-License-Identifier: Apache-2.0
#include "api_views.hpp"

#include "oort/api/ports.hpp"
#include "oort/chain/certified.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::node {
namespace {

api::TransactionOutcome outcome_of(const chain::Commit& commit,
                                   const ledger::Transaction* transaction) {
  api::TransactionOutcome outcome;
  outcome.height = commit.height;
  outcome.index = commit.index;
  outcome.fee = commit.receipt.fee;
  for (std::size_t i = 0; i < commit.receipt.operations.size(); ++i) {
    const ledger::OperationReceipt& receipt = commit.receipt.operations[i];
    api::OperationOutcome operation;
    if (transaction != nullptr) {
      const auto decoded = ledger::decode_operation(transaction->operations[i]);
      if (decoded) operation.operation = ledger::code_of(*decoded);
    }
    operation.rejection = static_cast<std::uint16_t>(receipt.rejection);
    if (receipt.rejection != ledger::Rejection::None) {
      operation.rejection_name = ledger::to_string(receipt.rejection);
    }
    codec::Writer events;
    for (const ledger::Event& event : receipt.events) ledger::encode(events, event);
    operation.result = std::move(events).take();
    outcome.operations.push_back(std::move(operation));
  }
  return outcome;
}

std::vector<std::string> roles_of(const ledger::Node& node) {
  std::vector<std::string> roles;
  if (ledger::has_role(node, ledger::NodeRole::Super)) roles.emplace_back("super");
  if (ledger::has_role(node, ledger::NodeRole::Archive)) roles.emplace_back("archive");
  if (ledger::has_role(node, ledger::NodeRole::Edge)) roles.emplace_back("edge");
  return roles;
}

}  // namespace

Result<api::TransactionOutcome> accepted(const chain::Commit& commit,
                                         const ledger::Transaction* transaction) {
  if (commit.receipt.rejection != ledger::Rejection::None) {
    return fail(ledger::error_of(commit.receipt.rejection));
  }
  return outcome_of(commit, transaction);
}

api::BlockView block_view(const consensus::Header& header,
                          std::vector<TransactionId> transactions) {
  api::BlockView view;
  view.height = header.height;
  view.id = consensus::id_of(header);
  view.parent = header.parent;
  view.epoch = header.epoch;
  view.view = header.view;
  view.time = {header.time_ms};
  view.proposer = header.proposer;
  view.parent_state_root = header.app.parent_state_root;
  view.transactions = std::move(transactions);
  view.header = codec::to_bytes(header);
  return view;
}

Error no_block(Height height, Height newest) {
  return {ErrorCode::NotFound, reason::not_found,
          "there is no block " + std::to_string(height.value()) +
              " here; the newest final one is " + std::to_string(newest.value())};
}

api::PeerView peer_view(const ledger::Node& node, bool is_connected) {
  api::PeerView peer;
  peer.id = node.id;
  peer.roles = roles_of(node);
  for (const ledger::Endpoint& endpoint : node.endpoints) {
    const std::string place = endpoint.host + ":" + std::to_string(endpoint.port);
    if (endpoint.kind == ledger::EndpointKind::Peer) peer.address = place;
    if (endpoint.kind == ledger::EndpointKind::Grpc) peer.grpc_endpoint = place;
  }
  peer.is_connected = is_connected;
  return peer;
}

}  // namespace oort::node
