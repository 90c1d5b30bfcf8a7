// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/market.pb.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "amounts.hpp"
#include "client.hpp"
#include "command.hpp"
#include "economy_client.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "named.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/storage_operations.hpp"
#include "oort/ledger/storage_records.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

struct Arguments {
  std::string key_file;
  std::string account;
  std::string node;
  std::string amount;
};

template <class Message>
Json stored_in(const Message& message) {
  Json stored = Json::object();
  for (const v1::StoredBytes& bytes : message.stored()) {
    stored[bytes.storage_class()] = bytes.bytes();
  }
  return stored;
}

template <class Message>
std::string stored_text(const Message& message) {
  std::string text;
  for (const v1::StoredBytes& bytes : message.stored()) {
    text += (text.empty() ? "" : ", ") + std::to_string(bytes.bytes()) + " bytes of " +
            bytes.storage_class();
  }
  return text.empty() ? "nothing" : text;
}

Result<void> show_price(const Session& session, const Arguments&) {
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto response, client.storage_price());
  Json prices = Json::array();
  std::vector<std::vector<std::string>> rows = {{"CLASS", "CREDITS", "NOW"}};
  for (const v1::StoragePrice& price : response.prices()) {
    prices.push_back(
        {{"class", price.storage_class()}, {"credits", price.credits()}, {"oort", price.oort()}});
    rows.push_back({price.storage_class(),
                    to_text(Credits(from_decimal(price.credits()).value_or(0))),
                    oort_text(price.oort())});
  }
  const Json value = {{"height", response.state().height()},
                      {"month_ms", response.month_ms()},
                      {"grace_ms", response.grace_ms()},
                      {"take", response.take()},
                      {"prices", prices}};
  session.show(value, [&] {
    std::printf("for a GiB that a node holds, parity included, in a month of %llu s:\n",
                static_cast<unsigned long long>(response.month_ms() / 1'000));
    std::fputs(columns(rows).c_str(), stdout);
  });
  return {};
}

Result<void> show_account(const Session& session, const Arguments& arguments) {
  OORT_TRY(const AccountId payer, account_named(arguments.account, arguments.key_file));
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto account, client.storage_account(payer));
  const Json value = {{"account", payer.hex()},       {"height", account.state().height()},
                      {"escrow", account.escrow()},   {"funded", account.funded()},
                      {"paid", account.paid()},       {"refunded", account.refunded()},
                      {"held", account.held()},       {"earned", account.earned()},
                      {"stored", stored_in(account)}, {"month_cost", account.month_cost()},
                      {"dry_ms", account.dry_ms()},   {"is_in_arrears", account.is_in_arrears()}};
  session.show(value, [&] {
    std::string state = "pays";
    if (account.dry_ms() != 0) state = "ran dry; fund it soon";
    if (account.is_in_arrears()) state = "in arrears: nothing more can be written";
    std::fputs(columns({{"account", payer.hex()},
                        {"state", state},
                        {"stored", stored_text(account)},
                        {"a month costs", oort_text(account.month_cost())},
                        {"held", oort_text(account.held())},
                        {"earned by nodes", oort_text(account.earned())},
                        {"funded", oort_text(account.funded())},
                        {"paid", oort_text(account.paid())},
                        {"refunded", oort_text(account.refunded())}})
                   .c_str(),
               stdout);
  });
  return {};
}

Result<void> show_earnings(const Session& session, const Arguments& arguments) {
  OORT_TRY(const NodeId node, node_named(session, arguments.node));
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto holdings, client.storage_holdings(node));
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"PAYER", "EARNED", "HOLDS"}};
  for (const v1::StorageHolding& holding : holdings) {
    list.push_back({{"payer", hex_of(holding.payer())},
                    {"earned", holding.earned()},
                    {"stored", stored_in(holding)}});
    rows.push_back({hex_of(holding.payer()), oort_text(holding.earned()), stored_text(holding)});
  }
  session.show({{"node", node.hex()}, {"holdings", list}},
               [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

Result<void> send(const Session& session, const std::string& key_file,
                  const ledger::Operation& operation, const std::string& what) {
  OORT_TRY(const crypto::KeyPair keys, load_key(key_file));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, operation));
  show_submitted(session, response, what);
  return {};
}

Result<void> fund(const Session& session, const Arguments& arguments) {
  OORT_TRY(const AccountId payer, account_named(arguments.account, arguments.key_file));
  OORT_TRY(const Oort amount, parse_oort(arguments.amount));
  return send(session, arguments.key_file, ledger::StorageFund{payer, amount},
              to_text(amount) + " OORT for the storage of " + payer.hex());
}

Result<void> withdraw(const Session& session, const Arguments& arguments) {
  OORT_TRY(const Oort amount, parse_oort(arguments.amount));
  return send(session, arguments.key_file, ledger::StorageWithdraw{amount},
              "took back " + to_text(amount) + " OORT");
}

/// All of whom the node has earned anything, as few transactions as that takes.
Result<void> collect(const Session& session, const Arguments& arguments) {
  OORT_TRY(const NodeId node, node_named(session, arguments.node));
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto holdings, client.storage_holdings(node));
  std::vector<ledger::Operation> operations;
  ledger::StorageCollect collected{node, {}};
  for (const v1::StorageHolding& holding : holdings) {
    if (holding.earned() == "0") continue;
    const auto payer = AccountId::from(as_bytes(holding.payer()));
    if (!payer) continue;
    collected.payers.push_back(*payer);
    if (collected.payers.size() < ledger::collected_payers_max) continue;
    operations.emplace_back(std::exchange(collected, {node, {}}));
  }
  if (!collected.payers.empty()) operations.emplace_back(std::move(collected));
  if (operations.empty()) {
    return fail(ledger::error_of(ledger::Rejection::NothingToWithdraw));
  }
  OORT_TRY(LedgerClient ledger, open_ledger(session));
  OORT_TRY(const auto response, ledger.submit_all(keys, operations));
  show_submitted(session, response, "the operator was paid what the node has earned");
  return {};
}

constexpr const char* node_help = "64 digits, or a name such as super-1";

void add_payments(CLI::App* group, Session& session, Arguments& arguments) {
  CLI::App* funded =
      add(group, session, arguments, "fund", "Set money aside for what a gateway stores", fund);
  funded->add_option("ACCOUNT", arguments.account, "Of the gateway; the sender's if left out");
  funded->add_option("--amount", arguments.amount, "OORT")->required();
  funded->add_option("--key", arguments.key_file, "Key of the sender")->required();
  funded->footer("Example: oortd storage fund --amount 10 --key .devnet/super-1/data/node.key");
  CLI::App* taken = add(group, session, arguments, "withdraw",
                        "Take back what nobody has earned, but for the grace", withdraw);
  taken->add_option("--amount", arguments.amount, "OORT")->required();
  taken->add_option("--key", arguments.key_file, "Key of the gateway")->required();
  CLI::App* collected =
      add(group, session, arguments, "collect", "Pay a node's operator what it earned", collect);
  collected->add_option("NODE", arguments.node, node_help)->required();
  collected->add_option("--key", arguments.key_file, "Key of the operator, or of the node")
      ->required();
  collected->footer("Example: oortd storage collect super-1 --key .devnet/super-1/data/node.key");
}

}  // namespace

void add_metering_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* storage =
      app.add_subcommand("storage", "What stored bytes cost and earn")->require_subcommand(1);
  add(storage, session, arguments, "price", "Prices by class", show_price)
      ->footer("Example: oortd storage price");
  CLI::App* shown = add(storage, session, arguments, "account",
                        "What a gateway pays for, and what is left", show_account);
  shown->add_option("ACCOUNT", arguments.account, "40 hexadecimal digits");
  shown->add_option("--key", arguments.key_file, "Key file of the account");
  shown->footer("Example: oortd storage account --key .devnet/super-1/data/node.key");
  CLI::App* earned = add(storage, session, arguments, "earnings",
                         "What a node holds and has earned, by payer", show_earnings);
  earned->add_option("NODE", arguments.node, node_help)->required();
  add_payments(storage, session, arguments);
}

}  // namespace oort::cli
