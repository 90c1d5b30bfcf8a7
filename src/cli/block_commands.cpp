// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>

#include "ledger_client.hpp"
#include "oort/core/reasons.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

Result<void> show_block(const Session& session, std::optional<std::uint64_t> height) {
  OORT_TRY(LedgerClient client, open_ledger(session));
  if (!height) {
    OORT_TRY(const auto chain, client.chain());
    height = chain.state().height();
  }
  OORT_TRY(const auto block, client.block(Height(*height)));
  Json transactions = Json::array();
  for (const std::string& id : block.transaction_ids()) transactions.push_back(hex_of(id));
  const Json value = {{"height", block.height()},
                      {"block_id", hex_of(block.block_id())},
                      {"parent_id", hex_of(block.parent_id())},
                      {"epoch", block.epoch()},
                      {"view", block.view()},
                      {"time_ms", block.time_ms()},
                      {"proposer", block.proposer()},
                      {"parent_state_root", hex_of(block.parent_state_root())},
                      {"transactions", transactions}};
  session.show(value, [&] {
    std::vector<std::vector<std::string>> rows = {
        {"height", std::to_string(block.height())},
        {"block", hex_of(block.block_id())},
        {"parent", hex_of(block.parent_id())},
        {"epoch/view", std::to_string(block.epoch()) + "/" + std::to_string(block.view())},
        {"time", std::to_string(block.time_ms()) + " ms"},
        {"proposer", std::to_string(block.proposer())},
        {"state before", hex_of(block.parent_state_root())}};
    for (const std::string& id : block.transaction_ids()) {
      rows.push_back({"transaction", hex_of(id)});
    }
    std::fputs(columns(rows).c_str(), stdout);
  });
  return {};
}

Result<void> show_transaction(const Session& session, const std::string& text) {
  const auto id = TransactionId::from_hex(text);
  if (!id) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "'" + text + "' is no transaction: 64 hexadecimal digits are wanted");
  }
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto receipt, client.transaction(*id));
  Json operations = Json::array();
  std::vector<std::vector<std::string>> rows = {{"OPERATION", "RESULT"}};
  for (const v1::OperationReceipt& operation : receipt.operations()) {
    operations.push_back({{"operation", operation.operation()},
                          {"rejection", operation.rejection()},
                          {"rejection_name", operation.rejection_name()},
                          {"result", hex_of(operation.result())}});
    rows.push_back({std::to_string(operation.operation()),
                    operation.rejection() == 0 ? "applied" : operation.rejection_name()});
  }
  const Json value = {{"transaction_id", text},
                      {"height", receipt.height()},
                      {"index", receipt.index()},
                      {"fee", receipt.fee()},
                      {"operations", operations}};
  session.show(value, [&] {
    std::printf("final at height %llu, position %u, fee %s base units\n%s",
                static_cast<unsigned long long>(receipt.height()), receipt.index(),
                receipt.fee().c_str(), columns(rows).c_str());
  });
  return {};
}

}  // namespace

void add_block_commands(CLI::App& app, Session& session) {
  static std::optional<std::uint64_t> height;
  CLI::App* block = app.add_subcommand("block", "A final block; the newest when none is named");
  block->add_option("HEIGHT", height, "Its height");
  block->callback(
      [&session] { session.action = [&session] { return show_block(session, height); }; });

  static std::string id;
  CLI::App* transaction = app.add_subcommand("transaction", "What became of a transaction");
  transaction->add_option("ID", id, "64 hexadecimal digits")->required();
  transaction->callback(
      [&session] { session.action = [&session] { return show_transaction(session, id); }; });
}

}  // namespace oort::cli
