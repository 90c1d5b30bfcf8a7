// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/admin.grpc.pb.h>
#include <oort/v1/ledger.pb.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "amounts.hpp"
#include "client.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "named.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/operations.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

constexpr Duration audit_deadline = 300s;

struct Arguments {
  std::string account;
  std::string key_file;
  std::string to;
  std::string amount;
  std::uint64_t from_height = 0;
  std::string socket;
};

Result<void> show_account(const Session& session, const Arguments& arguments) {
  OORT_TRY(const AccountId id, account_named(arguments.account, arguments.key_file));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto view, client.account(id));
  OORT_TRY(const Oort balance, parse_units(view.balance()));
  Json lanes = Json::array();
  for (const v1::Lane& lane : view.lanes()) {
    lanes.push_back({{"lane", lane.lane()}, {"next_sequence", lane.next_sequence()}});
  }
  const Json value = {{"account", id.hex()},
                      {"balance", view.balance()},
                      {"height", view.state().height()},
                      {"is_stale", view.state().is_stale()},
                      {"lanes", lanes}};
  session.show(value, [&] {
    std::fputs(columns({{"account", id.hex()},
                        {"balance", to_text(balance) + " OORT"},
                        {"height", std::to_string(view.state().height())}})
                   .c_str(),
               stdout);
  });
  return {};
}

Json to_json(const v1::StatementLine& line) {
  Json value = {{"height", line.height()},   {"time_ms", line.time_ms()},
                {"purpose", line.purpose()}, {"is_income", line.is_income()},
                {"amount", line.amount()},   {"balance_after", line.balance_after()}};
  if (!line.subject().empty()) value["subject"] = hex_of(line.subject());
  if (!line.transaction_id().empty()) value["transaction_id"] = hex_of(line.transaction_id());
  return value;
}

Result<void> show_statement(const Session& session, const Arguments& arguments) {
  OORT_TRY(const AccountId id, account_named(arguments.account, arguments.key_file));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto lines, client.statement(id, arguments.from_height));
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"HEIGHT", "WHAT", "CHANGE", "BALANCE", "ABOUT"}};
  for (const v1::StatementLine& line : lines) {
    list.push_back(to_json(line));
    rows.push_back({std::to_string(line.height()), line.purpose(),
                    (line.is_income() ? "+" : "-") + oort_text(line.amount()),
                    oort_text(line.balance_after()), hex_of(line.subject()).substr(0, 40)});
  }
  session.show({{"account", id.hex()}, {"lines", list}}, [&] {
    if (lines.empty()) {
      std::puts("this account never had anything");
    } else {
      std::fputs(columns(rows).c_str(), stdout);
    }
  });
  return {};
}

Result<void> show_supply(const Session& session) {
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto supply, client.supply());
  Json pots = Json::object();
  std::vector<std::vector<std::string>> rows = {{"all OORT", oort_text(supply.total())},
                                                {"fees not shared out", oort_text(supply.fees())}};
  for (const v1::PotBalance& pot : supply.pots()) {
    pots[pot.pot()] = pot.balance();
    rows.push_back({"pot " + pot.pot(), oort_text(pot.balance())});
  }
  const Json value = {{"height", supply.state().height()},
                      {"total", supply.total()},
                      {"fees", supply.fees()},
                      {"pots", pots},
                      {"credits", supply.credits()},
                      {"credits_escrowed", supply.credits_escrowed()}};
  session.show(value, [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

Result<void> audit_supply(const Session& session, const Arguments& arguments) {
  const std::string endpoint = "unix:" + arguments.socket;
  const auto stub = v1::AdminService::NewStub(connect(endpoint));
  OORT_TRY(const auto audit, call<v1::AuditSupplyResponse>(endpoint, audit_deadline, *stub,
                                                           &v1::AdminService::Stub::AuditSupply,
                                                           v1::AuditSupplyRequest()));
  const Json value = {{"height", audit.height()},     {"accounts_count", audit.accounts_count()},
                      {"accounts", audit.accounts()}, {"bonds", audit.bonds()},
                      {"pots", audit.pots()},         {"fees", audit.fees()},
                      {"total", audit.total()},       {"is_conserved", audit.is_conserved()}};
  session.show(value, [&] {
    std::fputs(columns({{std::to_string(audit.accounts_count()) + " accounts",
                         oort_text(audit.accounts())},
                        {"bonds", oort_text(audit.bonds())},
                        {"pots", oort_text(audit.pots())},
                        {"fees", oort_text(audit.fees())},
                        {"supply", oort_text(audit.total())}})
                   .c_str(),
               stdout);
  });
  if (audit.is_conserved()) return {};
  return fail(ErrorCode::DataLoss, reason::corrupt_data,
              "the parts do not add up to the supply at height " + std::to_string(audit.height()));
}

Result<void> transfer(const Session& session, const Arguments& arguments) {
  OORT_TRY(const AccountId to, parse_account(arguments.to));
  OORT_TRY(const Oort amount, parse_oort(arguments.amount));
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, ledger::Transfer{.to = to, .amount = amount}));
  show_submitted(session, response, "sent " + to_text(amount) + " OORT to " + to.hex());
  return {};
}

}  // namespace

void add_account_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* account = app.add_subcommand("account", "Accounts")->require_subcommand(1);
  CLI::App* shown = account->add_subcommand("show", "Balance and lanes of an account");
  shown->add_option("ACCOUNT", arguments.account, "40 hexadecimal digits");
  shown->add_option("--key", arguments.key_file, "Key file of the account");
  shown->footer("Example: oortd account show --key alice.key");
  shown->callback(
      [&session] { session.action = [&session] { return show_account(session, arguments); }; });

  CLI::App* told = account->add_subcommand("statement", "What changed an account's balance");
  told->add_option("ACCOUNT", arguments.account, "40 hexadecimal digits");
  told->add_option("--key", arguments.key_file, "Key file of the account");
  told->add_option("--from", arguments.from_height, "Leaves out what lies below this height");
  told->footer("Example: oortd account statement --key alice.key");
  told->callback(
      [&session] { session.action = [&session] { return show_statement(session, arguments); }; });

  CLI::App* supply = app.add_subcommand("supply", "All OORT there is")->require_subcommand(1);
  supply->add_subcommand("show", "Total, fees and pots")->callback([&session] {
    session.action = [&session] { return show_supply(session); };
  });
  CLI::App* audited = supply->add_subcommand("audit", "Add up every account, bond and pot");
  audited->add_option("--socket", arguments.socket, "A node's admin socket")->required();
  audited->callback(
      [&session] { session.action = [&session] { return audit_supply(session, arguments); }; });

  CLI::App* sent = app.add_subcommand("transfer", "Send OORT to another account");
  sent->add_option("--key", arguments.key_file, "Key file of the sender")->required();
  sent->add_option("--to", arguments.to, "The receiver, 40 hexadecimal digits")->required();
  sent->add_option("--amount", arguments.amount, "OORT, at most 18 decimals")->required();
  sent->footer("Example: oortd transfer --key alice.key --to 311e…4b05 --amount 12.5");
  sent->callback(
      [&session] { session.action = [&session] { return transfer(session, arguments); }; });
}

}  // namespace oort::cli
