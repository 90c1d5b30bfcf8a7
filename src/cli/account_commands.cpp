// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>

#include "key_file.hpp"
#include "ledger_client.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/operations.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

struct Arguments {
  std::string account;
  std::string key_file;
  std::string to;
  std::string amount;
};

Result<AccountId> chosen_account(const Arguments& arguments) {
  if (!arguments.account.empty()) return parse_account(arguments.account);
  if (arguments.key_file.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "whose account? Give its 40 digits, or --key FILE");
  }
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  return crypto::account_of(keys.public_key());
}

Result<void> show_account(const Session& session, const Arguments& arguments) {
  OORT_TRY(const AccountId id, chosen_account(arguments));
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

Result<void> transfer(const Session& session, const Arguments& arguments) {
  OORT_TRY(const AccountId to, parse_account(arguments.to));
  const auto amount = oort_from_text(arguments.amount);
  if (!amount) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "'" + arguments.amount + "' is no amount of OORT; 12.5 would be one");
  }
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, ledger::Transfer{.to = to, .amount = *amount}));
  show_submitted(session, response, "sent " + to_text(*amount) + " OORT to " + to.hex());
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

  CLI::App* sent = app.add_subcommand("transfer", "Send OORT to another account");
  sent->add_option("--key", arguments.key_file, "Key file of the sender")->required();
  sent->add_option("--to", arguments.to, "The receiver, 40 hexadecimal digits")->required();
  sent->add_option("--amount", arguments.amount, "OORT, at most 18 decimals")->required();
  sent->footer("Example: oortd transfer --key alice.key --to 311e…4b05 --amount 12.5");
  sent->callback(
      [&session] { session.action = [&session] { return transfer(session, arguments); }; });
}

}  // namespace oort::cli
