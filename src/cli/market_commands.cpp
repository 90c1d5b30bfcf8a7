// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/market.pb.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
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
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/market_operations.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/operations.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

struct Arguments {
  std::string key_file;
  std::string account;
  std::string to;
  std::string amount;
  std::string price;
  std::string reference;
  std::vector<std::string> processor_keys;
  std::vector<std::string> signatures;
  std::uint64_t id = 0;
  bool is_earner = false;
  std::vector<std::string> earners;
  std::string rate;
  bool in_credits = false;
};

ledger::Rate rate_in(const std::string& digits) {
  return ledger::Rate(from_decimal(digits).value_or(0));
}

Json to_json(const v1::Reporter& reporter) {
  Json value = {{"account", hex_of(reporter.account())},
                {"bond", reporter.bond()},
                {"counts", reporter.counts()}};
  if (reporter.has_report()) {
    value["rate"] = reporter.report().rate();
    value["time_ms"] = reporter.report().time_ms();
  }
  return value;
}

Result<void> show_price(const Session& session, const Arguments&) {
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto price, client.price());
  const ledger::Rate rate = rate_in(price.rate());
  Json samples = Json::array();
  for (const v1::RateSample& sample : price.samples()) {
    samples.push_back({{"time_ms", sample.time_ms()}, {"rate", sample.rate()}});
  }
  Json reporters = Json::array();
  std::vector<std::vector<std::string>> rows = {{"REPORTER", "SAYS", "COUNTS"}};
  for (const v1::Reporter& reporter : price.reporters()) {
    reporters.push_back(to_json(reporter));
    const bool has_report = reporter.has_report();
    rows.push_back({hex_of(reporter.account()),
                    has_report ? "$" + price_of(rate_in(reporter.report().rate())) : "-",
                    reporter.counts() ? "yes" : "no"});
  }
  const Json value = {{"height", price.state().height()},
                      {"price_usd", price_of(rate)},
                      {"rate", price.rate()},
                      {"worst_rate", price.worst_rate()},
                      {"is_old", price.is_old()},
                      {"is_fixed", price.is_fixed()},
                      {"samples", samples},
                      {"reporters", reporters},
                      {"reporters_needed", price.reporters_needed()}};
  session.show(value, [&] {
    std::printf("1 OORT is $%s; 1 credit is %s%s\n", price_of(rate).c_str(),
                oort_text(price.rate()).c_str(),
                price.is_old() ? "; nobody reported for too long, nothing is sold" : "");
    if (!price.is_fixed()) std::fputs(columns(rows).c_str(), stdout);
  });
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

Result<void> report_price(const Session& session, const Arguments& arguments) {
  const auto rate = rate_from_price(arguments.price);
  if (!rate) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "'" + arguments.price + "' is no price of one OORT in dollars; 0.05 would be one");
  }
  return send(session, arguments.key_file, ledger::OracleReport{*rate},
              "reported that 1 OORT is $" + arguments.price);
}

Result<void> show_credits(const Session& session, const Arguments& arguments) {
  OORT_TRY(const AccountId account, account_named(arguments.account, arguments.key_file));
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto response, client.credits(account));
  const Credits credits(from_decimal(response.credits()).value_or(0));
  const Json value = {{"account", account.hex()},
                      {"credits", response.credits()},
                      {"height", response.state().height()}};
  session.show(value, [&] {
    std::fputs(columns({{"account", account.hex()}, {"credits", to_text(credits)}}).c_str(),
               stdout);
  });
  return {};
}

Result<ledger::CreditPurchase> purchase_of(const Arguments& arguments) {
  ledger::CreditPurchase purchase;
  OORT_TRY(purchase.to, parse_account(arguments.to));
  OORT_TRY(purchase.amount, parse_credits(arguments.amount));
  purchase.reference = to_bytes(std::string_view(arguments.reference));
  if (purchase.reference.empty() ||
      purchase.reference.size() > ledger::purchase_reference_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "--reference names the payment outside with 1 to 64 bytes");
  }
  return purchase;
}

Result<ledger::ProcessorSignature> sign_sale(const ChainId& chain,
                                             const ledger::CreditPurchase& purchase,
                                             const std::string& key_file) {
  OORT_TRY(const crypto::KeyPair keys, load_key(key_file));
  const Bytes32 hash = ledger::sale_hash(chain, purchase);
  return ledger::ProcessorSignature{keys.public_key(), keys.sign(hash.view())};
}

/// "KEY:SIGNATURE", as `oortd credits sign` prints it.
Result<ledger::ProcessorSignature> parse_signature(const std::string& text) {
  const std::size_t colon = text.find(':');
  const auto key = PublicKey::from_hex(text.substr(0, colon));
  const auto signature =
      colon == std::string::npos ? std::nullopt : Signature::from_hex(text.substr(colon + 1));
  if (key && signature) return ledger::ProcessorSignature{*key, *signature};
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "'" + text + "' is no signature: KEY:SIGNATURE, as `oortd credits sign` prints it");
}

Result<ChainId> chain_of(LedgerClient& client) {
  OORT_TRY(const auto chain, client.chain());
  OORT_TRY(const auto genesis, ledger::genesis_from_file(as_bytes(chain.genesis())));
  return ledger::chain_id_of(genesis);
}

Result<void> sign_purchase(const Session& session, const Arguments& arguments) {
  OORT_TRY(const auto purchase, purchase_of(arguments));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const ChainId chain, chain_of(client));
  OORT_TRY(const auto signed_by, sign_sale(chain, purchase, arguments.key_file));
  const std::string text = signed_by.key.hex() + ":" + signed_by.signature.hex();
  session.show({{"signature", text}}, [&] { std::puts(text.c_str()); });
  return {};
}

Result<void> buy_credits(const Session& session, const Arguments& arguments) {
  OORT_TRY(auto purchase, purchase_of(arguments));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const ChainId chain, chain_of(client));
  for (const std::string& file : arguments.processor_keys) {
    OORT_TRY(const auto signed_by, sign_sale(chain, purchase, file));
    purchase.signatures.push_back(signed_by);
  }
  for (const std::string& text : arguments.signatures) {
    OORT_TRY(const auto signed_by, parse_signature(text));
    purchase.signatures.push_back(signed_by);
  }
  std::ranges::sort(purchase.signatures, {}, &ledger::ProcessorSignature::key);
  return send(session, arguments.key_file, purchase,
              to_text(purchase.amount) + " credits for " + arguments.to);
}

Json to_json(const v1::Escrow& escrow) {
  Json earners = Json::array();
  for (const v1::EscrowEarner& earner : escrow.earners()) {
    earners.push_back({{"account", hex_of(earner.account())},
                       {"weight", earner.weight()},
                       {"earned", earner.earned()},
                       {"taken", earner.taken()},
                       {"withdrawable", earner.withdrawable()}});
  }
  return {{"id", escrow.id()},
          {"payer", hex_of(escrow.payer())},
          {"kind", escrow.kind()},
          {"currency", escrow.currency()},
          {"status", escrow.status()},
          {"funded", escrow.funded()},
          {"paid", escrow.paid()},
          {"refunded", escrow.refunded()},
          {"held", escrow.held()},
          {"rate", escrow.rate()},
          {"expires_ms", escrow.expires_ms()},
          {"take", escrow.take()},
          {"holdback", escrow.holdback()},
          {"holdback_ms", escrow.holdback_ms()},
          {"earners", earners}};
}

/// "12.5 OORT" or "12.5 credits", whichever the escrow is kept in.
std::string units_text(const v1::Escrow& escrow, const std::string& digits) {
  if (escrow.currency() == "oort") return oort_text(digits);
  return to_text(Credits(from_decimal(digits).value_or(0))) + " credits";
}

Result<void> list_escrows(const Session& session, const Arguments& arguments) {
  OORT_TRY(const AccountId account, account_named(arguments.account, arguments.key_file));
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto escrows, client.escrows(account, !arguments.is_earner));
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"ESCROW", "STATUS", "HELD", "PAID", "PER HOUR", "EARNERS"}};
  for (const v1::Escrow& escrow : escrows) {
    list.push_back(to_json(escrow));
    rows.push_back({std::to_string(escrow.id()), escrow.status(), units_text(escrow, escrow.held()),
                    units_text(escrow, escrow.paid()), units_text(escrow, escrow.rate()),
                    std::to_string(escrow.earners_size())});
  }
  session.show({{"escrows", list}}, [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

Result<void> show_escrow(const Session& session, const Arguments& arguments) {
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto escrow, client.escrow(arguments.id));
  session.show(to_json(escrow), [&] {
    std::fputs(columns({{"escrow", std::to_string(escrow.id())},
                        {"payer", hex_of(escrow.payer())},
                        {"status", escrow.status()},
                        {"funded", units_text(escrow, escrow.funded())},
                        {"paid", units_text(escrow, escrow.paid())},
                        {"refunded", units_text(escrow, escrow.refunded())},
                        {"held", units_text(escrow, escrow.held())},
                        {"per hour", units_text(escrow, escrow.rate())}})
                   .c_str(),
               stdout);
    std::vector<std::vector<std::string>> rows = {{"EARNER", "WEIGHT", "EARNED", "CAN TAKE"}};
    for (const v1::EscrowEarner& earner : escrow.earners()) {
      rows.push_back({hex_of(earner.account()), std::to_string(earner.weight()),
                      units_text(escrow, earner.earned()),
                      units_text(escrow, earner.withdrawable())});
    }
    std::fputs(columns(rows).c_str(), stdout);
  });
  return {};
}

Result<ledger::Units> units_of(const Arguments& arguments, const std::string& text) {
  if (arguments.in_credits) {
    OORT_TRY(const Credits credits, parse_credits(text));
    return ledger::Units(credits.units());
  }
  OORT_TRY(const Oort oort, parse_oort(text));
  return ledger::Units(oort.units());
}

/// Earners of equal weight.
Result<std::vector<ledger::EarnerShare>> shares_of(const std::vector<std::string>& accounts) {
  std::vector<ledger::EarnerShare> shares;
  for (const std::string& earner : accounts) {
    OORT_TRY(const AccountId account, parse_account(earner));
    shares.push_back({account, 1});
  }
  std::ranges::sort(shares, {}, &ledger::EarnerShare::account);
  return shares;
}

Result<void> open_escrow(const Session& session, const Arguments& arguments) {
  ledger::EscrowOpen operation;
  operation.currency = arguments.in_credits ? ledger::Currency::Credits : ledger::Currency::Oort;
  OORT_TRY(operation.amount, units_of(arguments, arguments.amount));
  OORT_TRY(operation.rate, units_of(arguments, arguments.rate));
  OORT_TRY(operation.earners, shares_of(arguments.earners));
  return send(session, arguments.key_file, operation,
              "the stream runs; `oortd escrow list --key …` shows its number");
}

/// Amounts of an escrow are in whatever it is kept in.
Result<ledger::Units> units_for(const v1::Escrow& escrow, const std::string& text) {
  Arguments kept;
  kept.in_credits = escrow.currency() != "oort";
  return units_of(kept, text);
}

Result<void> fund_escrow(const Session& session, const Arguments& arguments) {
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto escrow, client.escrow(arguments.id));
  OORT_TRY(const auto amount, units_for(escrow, arguments.amount));
  return send(session, arguments.key_file,
              ledger::EscrowFund{ledger::EscrowId(arguments.id), amount},
              "added " + units_text(escrow, to_decimal(amount.units())));
}

/// Whoever is not named again earns no more; the rate stays where none is given.
Result<void> change_escrow(const Session& session, const Arguments& arguments) {
  OORT_TRY(EconomyClient client, open_economy(session));
  OORT_TRY(const auto escrow, client.escrow(arguments.id));
  ledger::EscrowChange operation;
  operation.escrow = ledger::EscrowId(arguments.id);
  operation.rate = ledger::Units(from_decimal(escrow.rate()).value_or(0));
  if (!arguments.rate.empty()) {
    OORT_TRY(operation.rate, units_for(escrow, arguments.rate));
  }
  OORT_TRY(operation.earners, shares_of(arguments.earners));
  return send(session, arguments.key_file, operation, "changed from now on");
}

Result<void> withdraw(const Session& session, const Arguments& arguments) {
  return send(session, arguments.key_file, ledger::EscrowWithdraw{ledger::EscrowId(arguments.id)},
              "took what was earned");
}

Result<void> close_escrow(const Session& session, const Arguments& arguments) {
  return send(session, arguments.key_file, ledger::EscrowClose{ledger::EscrowId(arguments.id)},
              "closed; what had not streamed is back");
}

void add_price(CLI::App& app, Session& session, Arguments& arguments) {
  CLI::App* price = app.add_subcommand("price", "What OORT costs")->require_subcommand(1);
  add(price, session, arguments, "show", "The rate, and who reports it", show_price)
      ->footer("Example: oortd price show");
  CLI::App* reported = add(price, session, arguments, "report",
                           "Say what one OORT costs, as a reporter", report_price);
  reported->add_option("DOLLARS", arguments.price, "For one OORT, such as 0.05")->required();
  reported->add_option("--key", arguments.key_file, "Key of a reporter")->required();
  reported->footer("Example: oortd price report 0.05 --key .devnet/reporter-1.key");
}

void add_purchase_options(CLI::App* command, Arguments& arguments) {
  command->add_option("--to", arguments.to, "Who gets them, 40 hexadecimal digits")->required();
  command->add_option("--amount", arguments.amount, "Credits of one cent, 6 decimals at most")
      ->required();
  command->add_option("--reference", arguments.reference, "The payment outside; it buys once")
      ->required();
}

void add_credits(CLI::App& app, Session& session, Arguments& arguments) {
  CLI::App* credits =
      app.add_subcommand("credits", "Prepaid cents, backed by OORT")->require_subcommand(1);
  CLI::App* shown = add(credits, session, arguments, "show", "Credits of an account", show_credits);
  shown->add_option("ACCOUNT", arguments.account, "40 hexadecimal digits");
  shown->add_option("--key", arguments.key_file, "Key file of the account");
  CLI::App* signed_for =
      add(credits, session, arguments, "sign", "Confirm a payment, as a processor", sign_purchase);
  add_purchase_options(signed_for, arguments);
  signed_for->add_option("--key", arguments.key_file, "Key of the processor")->required();
  CLI::App* bought =
      add(credits, session, arguments, "buy",
          "Submit a confirmed sale; the sender locks the OORT behind it", buy_credits);
  add_purchase_options(bought, arguments);
  bought->add_option("--key", arguments.key_file, "Key of the sender")->required();
  bought->add_option("--signature", arguments.signatures, "Of a processor; may be repeated")
      ->allow_extra_args(false);
  bought
      ->add_option("--processor-key", arguments.processor_keys,
                   "Key file of a processor, to sign here; may be repeated")
      ->allow_extra_args(false);
  bought->footer(
      "Example: oortd credits buy --to 311e…4b05 --amount 250 --reference pay-17 \\\n"
      "           --processor-key processor-1.key --processor-key processor-2.key --key owner.key");
}

void add_escrow(CLI::App& app, Session& session, Arguments& arguments) {
  CLI::App* escrow =
      app.add_subcommand("escrow", "Money set aside for work")->require_subcommand(1);
  CLI::App* listed = add(escrow, session, arguments, "list",
                         "Escrows that an account pays for, or earns from", list_escrows);
  listed->add_option("ACCOUNT", arguments.account, "40 hexadecimal digits");
  listed->add_option("--key", arguments.key_file, "Key file of the account");
  listed->add_flag("--earner", arguments.is_earner, "Those that it earns from");
  CLI::App* shown = add(escrow, session, arguments, "show", "One escrow", show_escrow);
  shown->add_option("ID", arguments.id, "Its number")->required();
  CLI::App* opened =
      add(escrow, session, arguments, "open", "Stream money to earners by the hour", open_escrow);
  opened->add_option("--amount", arguments.amount, "What is set aside")->required();
  opened->add_option("--rate", arguments.rate, "Per hour, to all together")->required();
  opened->add_option("--to", arguments.earners, "An earner; may be repeated, all equal")
      ->required()
      ->allow_extra_args(false);
  opened->add_flag("--credits", arguments.in_credits, "In credits instead of OORT");
  opened->add_option("--key", arguments.key_file, "Key of the payer")->required();
  opened->footer("Example: oortd escrow open --amount 10 --rate 2 --to 311e…4b05 --key owner.key");
  CLI::App* funded =
      add(escrow, session, arguments, "fund", "Add to what is set aside; by anybody", fund_escrow);
  funded->add_option("ID", arguments.id, "Its number")->required();
  funded->add_option("--amount", arguments.amount, "In what the escrow is kept in")->required();
  funded->add_option("--key", arguments.key_file, "Key of the sender")->required();
  CLI::App* changed = add(escrow, session, arguments, "change",
                          "Another rate and other earners from now on", change_escrow);
  changed->add_option("ID", arguments.id, "Its number")->required();
  changed->add_option("--rate", arguments.rate, "Per hour; as it is if left out");
  changed->add_option("--to", arguments.earners, "An earner; may be repeated, all equal")
      ->required()
      ->allow_extra_args(false);
  changed->add_option("--key", arguments.key_file, "Key of the payer")->required();
  changed->footer("Example: oortd escrow change 3 --rate 4 --to 311e…4b05 --key owner.key");
  CLI::App* taken = add(escrow, session, arguments, "withdraw", "Take what was earned", withdraw);
  taken->add_option("ID", arguments.id, "Its number")->required();
  taken->add_option("--key", arguments.key_file, "Key of the earner")->required();
  CLI::App* closed =
      add(escrow, session, arguments, "close", "End it; the rest goes back", close_escrow);
  closed->add_option("ID", arguments.id, "Its number")->required();
  closed->add_option("--key", arguments.key_file, "Key of the payer")->required();
}

}  // namespace

void add_market_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  add_price(app, session, arguments);
  add_credits(app, session, arguments);
  add_escrow(app, session, arguments);
}

}  // namespace oort::cli
