// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/datahub.pb.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "amounts.hpp"
#include "artefacts.hpp"
#include "client.hpp"
#include "command.hpp"
#include "datahub_client.hpp"
#include "dataset_folder.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "named.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/datahub_operations.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/operations.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 30;

struct Arguments {
  std::string key_file;
  std::string id;
  std::string account;
  std::string price;
  std::string access;
  std::string why;
  std::uint64_t grant_ms = 0;
  std::uint64_t uses = 1;
  std::uint64_t uses_max = 0;
  bool is_refused = false;
};

Result<DatasetId> dataset_named(const std::string& text) {
  return artefact_named<DatasetId>("dataset", text);
}

Json to_json(const v1::Dataset& dataset) {
  Json campaigns = Json::array();
  for (const std::string& id : dataset.campaigns()) campaigns.push_back(hex_of(id));
  Json parents = Json::array();
  for (const std::string& id : dataset.parents()) parents.push_back(hex_of(id));
  return {{"root", hex_of(dataset.root())},
          {"owner", hex_of(dataset.owner())},
          {"name", dataset.name()},
          {"version", dataset.version()},
          {"previous", hex_of(dataset.previous())},
          {"card", hex_of(dataset.card())},
          {"samples", hex_of(dataset.samples())},
          {"samples_count", dataset.samples_count()},
          {"bytes", dataset.bytes()},
          {"licence", dataset.licence()},
          {"campaigns", campaigns},
          {"parents", parents},
          {"sealed_ms", dataset.sealed_ms()},
          {"access", dataset.access()},
          {"price", dataset.price()},
          {"grant_ms", dataset.grant_ms()},
          {"is_taken_down", dataset.taken_down_ms() != 0},
          {"grants_count", dataset.grants_count()},
          {"uses_count", dataset.uses_count()}};
}

Result<void> send(const Session& session, const Arguments& arguments,
                  const ledger::Operation& operation, const std::string& what) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, operation));
  show_submitted(session, response, what);
  return {};
}

// Reads and grants --------------------------------------------------------------------------------

Result<void> list(const Session& session, const Arguments& arguments) {
  std::optional<AccountId> owner;
  if (!arguments.account.empty()) {
    OORT_TRY(owner, parse_account(arguments.account));
  }
  OORT_TRY(DataHubClient client, open_datahub(session));
  OORT_TRY(const auto datasets, client.datasets(owner));
  Json all = Json::array();
  std::vector<std::vector<std::string>> rows = {{"DATASET", "NAME", "VERSION", "ACCESS"}};
  for (const v1::Dataset& dataset : datasets) {
    all.push_back(to_json(dataset));
    rows.push_back({hex_of(dataset.root()), dataset.name(), dataset.version(), dataset.access()});
  }
  session.show({{"datasets", all}}, [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

Result<void> show(const Session& session, const Arguments& arguments) {
  OORT_TRY(const DatasetId root, dataset_named(arguments.id));
  OORT_TRY(DataHubClient client, open_datahub(session));
  OORT_TRY(const auto dataset, client.dataset(root));
  session.show(to_json(dataset), [&] {
    std::fputs(columns({{"dataset", hex_of(dataset.root())},
                        {"name", dataset.name() + " " + dataset.version()},
                        {"licence", dataset.licence()},
                        {"samples", std::to_string(dataset.samples_count())},
                        {"access", dataset.access()},
                        {"price", oort_text(dataset.price())},
                        {"grants", std::to_string(dataset.grants_count())},
                        {"uses", std::to_string(dataset.uses_count())}})
                   .c_str(),
               stdout);
  });
  return {};
}

Result<void> offer(const Session& session, const Arguments& arguments) {
  OORT_TRY(const DatasetId root, dataset_named(arguments.id));
  ledger::DatasetOffer operation{root, ledger::DatasetAccess::Closed, {}, arguments.grant_ms};
  if (!arguments.price.empty()) {
    OORT_TRY(operation.price, parse_oort(arguments.price));
  }
  if (arguments.access == "open") operation.access = ledger::DatasetAccess::Open;
  if (arguments.access == "gated") operation.access = ledger::DatasetAccess::Gated;
  if (arguments.access == "sold") operation.access = ledger::DatasetAccess::Sold;
  return send(session, arguments, operation, "offered: " + arguments.access);
}

Result<void> request(const Session& session, const Arguments& arguments) {
  OORT_TRY(const DatasetId root, dataset_named(arguments.id));
  ledger::DatasetRequest operation{root, {}};
  if (!arguments.price.empty()) {
    OORT_TRY(operation.price_max, parse_oort(arguments.price));
  }
  return send(session, arguments, operation, "asked for; `oortd dataset grant` shows what came");
}

Result<void> decide(const Session& session, const Arguments& arguments) {
  OORT_TRY(const DatasetId root, dataset_named(arguments.id));
  OORT_TRY(const AccountId account, parse_account(arguments.account));
  return send(session, arguments,
              ledger::DatasetDecide{root, account, !arguments.is_refused, arguments.uses_max},
              arguments.is_refused ? "refused" : "granted");
}

Result<void> use(const Session& session, const Arguments& arguments) {
  OORT_TRY(const DatasetId root, dataset_named(arguments.id));
  return send(session, arguments, ledger::DatasetUse{root, arguments.uses}, "counted");
}

Result<void> open(const Session& session, const Arguments& arguments) {
  OORT_TRY(const DatasetId root, dataset_named(arguments.id));
  return send(session, arguments, ledger::DatasetOpen{root},
              "open to your access keys for a day, or until the grant ends");
}

Result<void> take_down(const Session& session, const Arguments& arguments) {
  OORT_TRY(const DatasetId root, dataset_named(arguments.id));
  OORT_TRY(const Bytes notice, read_file(arguments.why, file_bytes_max));
  return send(session, arguments, ledger::DatasetTakeDown{root, crypto::sha256(notice)},
              "taken down; every grant is dead, the record stays");
}

Result<void> show_grant(const Session& session, const Arguments& arguments) {
  OORT_TRY(const DatasetId root, dataset_named(arguments.id));
  OORT_TRY(const AccountId account, account_named(arguments.account, arguments.key_file));
  OORT_TRY(DataHubClient client, open_datahub(session));
  OORT_TRY(const auto grant, client.grant(root, account));
  session.show({{"status", grant.status()},
                {"is_live", grant.is_live()},
                {"paid", grant.paid()},
                {"expires_ms", grant.expires_ms()},
                {"uses", grant.uses()},
                {"uses_max", grant.uses_max()},
                {"open_until_ms", grant.open_until_ms()}},
               [&] {
                 std::printf("%s, %s, %s; used %llu times\n", grant.status().c_str(),
                             grant.is_live() ? "live" : "not live",
                             grant.open_until_ms() != 0 ? "open" : "not open",
                             static_cast<unsigned long long>(grant.uses()));
               });
  return {};
}

// Options -----------------------------------------------------------------------------------------

using Command = Result<void> (*)(const Session&, const Arguments&);

CLI::App* add_signed(CLI::App* group, Session& session, Arguments& arguments,
                     const std::string& name, const std::string& help, Command command) {
  CLI::App* added = add(group, session, arguments, name, help, command);
  added->add_option("DATASET", arguments.id, "Its root, 64 hexadecimal digits")->required();
  added->add_option("--key", arguments.key_file, "Key file of who does it")->required();
  return added;
}

}  // namespace

void add_dataset_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* group =
      app.add_subcommand("dataset", "Sealed versions, and who may use them")->require_subcommand(1);
  add_dataset_file_commands(*group, session);
  add(group, session, arguments, "list", "All versions", list)
      ->add_option("--owner", arguments.account, "Only theirs, 40 hexadecimal digits");
  add(group, session, arguments, "show", "One version", show)
      ->add_option("DATASET", arguments.id, "64 hexadecimal digits")
      ->required();
  CLI::App* offered =
      add_signed(group, session, arguments, "offer", "Say on what terms others get in", offer);
  offered->add_option("--access", arguments.access, "closed, open, gated or sold")
      ->check(CLI::IsMember({"closed", "open", "gated", "sold"}))
      ->required();
  offered->add_option("--price", arguments.price, "OORT, where it is sold");
  offered->add_option("--grant-ms", arguments.grant_ms, "How long a grant lasts; 0: for ever");
  add_signed(group, session, arguments, "request", "Ask for a grant, or buy one", request)
      ->add_option("--price", arguments.price, "OORT that you would pay at most");
  CLI::App* decided =
      add_signed(group, session, arguments, "decide", "Grant, refuse or revoke", decide);
  decided->add_option("--account", arguments.account, "Whose, 40 hexadecimal digits")->required();
  decided->add_flag("--refuse", arguments.is_refused, "Refuse or revoke");
  decided->add_option("--uses", arguments.uses_max, "At most; 0: without a bound");
  add_signed(group, session, arguments, "use", "Count uses of your grant", use)
      ->add_option("--uses", arguments.uses, "How many");
  add_signed(group, session, arguments, "open",
             "Count a use of your grant, and read the objects through gateways for a day", open)
      ->footer("Example: oortd dataset open 3f… --key me.key");
  add_signed(group, session, arguments, "take-down", "End every grant for ever", take_down)
      ->add_option("--notice", arguments.why, "File that says why")
      ->required();
  CLI::App* granted = add(group, session, arguments, "grant", "An account's grant", show_grant);
  granted->add_option("DATASET", arguments.id, "64 hexadecimal digits")->required();
  granted->add_option("--account", arguments.account, "40 hexadecimal digits");
  granted->add_option("--key", arguments.key_file, "Key file of the account");
}

}  // namespace oort::cli
