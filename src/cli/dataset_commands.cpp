// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/datahub.pb.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "amounts.hpp"
#include "artefacts.hpp"
#include "client.hpp"
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
#include "oort/datahub/dataset_card.hpp"
#include "oort/datahub/exports.hpp"
#include "oort/datahub/json.hpp"
#include "oort/datahub/manifest.hpp"
#include "oort/datahub/sample_tree.hpp"
#include "oort/ledger/datahub_operations.hpp"
#include "oort/ledger/operations.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 30;

struct Arguments {
  std::string key_file;
  std::string id;
  std::string account;
  std::string folder;
  std::string name;
  std::string version = "1.0.0";
  std::string licence;
  std::string records;
  std::string card;
  std::string out;
  std::string price;
  std::string access;
  std::string format = "jsonl";
  std::string why;
  std::vector<std::string> campaigns;
  std::vector<std::string> parents;
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

// Sealing -----------------------------------------------------------------------------------------

/// Everything that a version commits to, before it is sent.
struct Sealed {
  ledger::DatasetSeal operation;
  std::string manifest;
  std::string card;
  std::string splits;
};

/// RFC 6962 over the roots of all batches of the campaigns; where there is none, the samples' root.
Result<Bytes32> contributions_root(const Session& session, const ledger::DatasetSeal& seal) {
  if (seal.campaigns.empty()) return seal.samples;
  OORT_TRY(DataHubClient client, open_datahub(session));
  std::vector<Bytes32> leaves;
  for (const CampaignId& id : seal.campaigns) {
    OORT_TRY(const auto batches, client.batches(id));
    for (const v1::Batch& batch : batches) {
      leaves.push_back(datahub::sample_leaf(as_bytes(batch.root())));
    }
  }
  return datahub::sample_root(leaves);
}

std::string media_type_of(const std::string& name) {
  const std::string extension = std::filesystem::path(name).extension().string();
  if (extension == ".csv") return "text/csv";
  if (extension == ".json") return "application/json";
  if (extension == ".jsonl") return "application/jsonlines";
  if (extension == ".txt") return "text/plain";
  if (extension == ".png") return "image/png";
  if (extension == ".jpg" || extension == ".jpeg") return "image/jpeg";
  return "application/octet-stream";
}

Result<std::string> make_card(const Session& session, const Arguments& arguments,
                              const Folder& folder, const ledger::DatasetSeal& seal) {
  OORT_TRY(const Bytes text, read_file(arguments.card, file_bytes_max));
  const Json description = Json::parse(as_text(text), nullptr, false);
  if (!description.is_object()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                arguments.card + " is no JSON object");
  }
  OORT_TRY(auto card, read_card(description));
  card.name = seal.name;
  card.version = arguments.version;
  card.root = Bytes32(seal.root.array());
  OORT_TRY(card.contributions_root, contributions_root(session, seal));
  for (const FolderFile& each : folder.files) {
    card.files.push_back({each.file.name, each.file.sha256, each.size_bytes,
                          media_type_of(each.file.name), each.file.name});
  }
  if (card.campaign.empty() && !seal.campaigns.empty()) {
    card.campaign = seal.campaigns.front().hex();
  }
  for (const DatasetId& parent : seal.parents) {
    card.parents.push_back({Bytes32(parent.array()), "derived"});
  }
  OORT_TRY(const auto croissant, datahub::croissant_of(card));
  return datahub::canonical(croissant);
}

Result<void> read_sources(const Arguments& arguments, ledger::DatasetSeal& seal) {
  for (const std::string& text : arguments.campaigns) {
    OORT_TRY(const auto id, artefact_named<CampaignId>("campaign", text));
    seal.campaigns.push_back(id);
  }
  for (const std::string& text : arguments.parents) {
    OORT_TRY(const auto id, dataset_named(text));
    seal.parents.push_back(id);
  }
  std::ranges::sort(seal.campaigns);
  std::ranges::sort(seal.parents);
  return {};
}

Result<Sealed> prepare(const Session& session, const Arguments& arguments) {
  OORT_TRY(const Folder folder, read_folder(arguments.folder));
  OORT_TRY(const auto manifest, folder.manifest());
  OORT_TRY(const Bytes records,
           read_file(std::filesystem::path(arguments.folder) / arguments.records, file_bytes_max));
  OORT_TRY(const auto samples, samples_in(as_text(records)));
  Sealed sealed;
  ledger::DatasetSeal& seal = sealed.operation;
  seal.root = DatasetId(manifest.root().array());
  seal.name = arguments.name;
  OORT_TRY(seal.version, parse_version(arguments.version));
  seal.samples = datahub::sample_root(leaves_of(samples));
  seal.samples_count = samples.size();
  seal.bytes = folder.bytes;
  seal.licence = arguments.licence;
  OORT_TRY(read_sources(arguments, seal));
  OORT_TRY(sealed.manifest, datahub::canonical(manifest.statement(arguments.name)));
  // The seed is the name: versions of a dataset keep each sample in its split.
  const datahub::SplitRule rule{crypto::sha256(as_bytes(arguments.name)), 100'000, 100'000};
  sealed.splits = splits_csv(samples, rule);
  OORT_TRY(sealed.card, make_card(session, arguments, folder, seal));
  seal.manifest = crypto::sha256(as_bytes(sealed.manifest));
  seal.splits = crypto::sha256(as_bytes(sealed.splits));
  seal.card = crypto::sha256(as_bytes(sealed.card));
  return sealed;
}

Result<void> seal(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(Sealed sealed, prepare(session, arguments));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(sealed.operation.not_before, newest_block(client));
  const std::filesystem::path out(arguments.out);
  std::error_code problem;
  std::filesystem::create_directories(out, problem);
  OORT_TRY(write_file(out / "manifest.json", as_bytes(sealed.manifest), 0644));
  OORT_TRY(write_file(out / "croissant.json", as_bytes(sealed.card), 0644));
  OORT_TRY(write_file(out / "splits.csv", as_bytes(sealed.splits), 0644));
  OORT_TRY(const auto response, client.submit(keys, sealed.operation));
  const std::string root = sealed.operation.root.hex();
  session.show({{"dataset", root},
                {"samples", sealed.operation.samples.hex()},
                {"samples_count", sealed.operation.samples_count},
                {"bytes", sealed.operation.bytes},
                {"height", response.receipt().height()}},
               [&] {
                 std::printf("%s %s is sealed: %s\n", arguments.name.c_str(),
                             arguments.version.c_str(), root.c_str());
               });
  return {};
}

// Exports -----------------------------------------------------------------------------------------

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  while (true) {
    const std::size_t comma = line.find(',');
    fields.emplace_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

Result<std::string> exported(const Arguments& arguments, std::string_view text) {
  std::string_view header = text.substr(0, text.find('\n'));
  if (header.ends_with('\r')) header.remove_suffix(1);
  datahub::Table table{fields_of(header), {}};
  OORT_TRY(const auto samples, samples_in(text));
  for (const std::string& sample : samples) table.rows.push_back(fields_of(sample));
  if (arguments.format == "csv") return datahub::csv_of(table);
  std::vector<datahub::Json> values;
  for (const auto& row : table.rows) {
    if (row.size() != table.columns.size()) {
      return fail(ErrorCode::InvalidArgument, reason::malformed, "a row has another length");
    }
    datahub::Json::Object members;
    for (std::size_t i = 0; i < row.size(); ++i) {
      members.push_back({table.columns[i], datahub::Json(row[i])});
    }
    values.emplace_back(std::move(members));
  }
  return datahub::jsonl_of(values);
}

Result<void> export_records(const Session& session, const Arguments& arguments) {
  OORT_TRY(const Bytes records, read_file(arguments.records, file_bytes_max));
  OORT_TRY(const std::string text, exported(arguments, as_text(records)));
  OORT_TRY(write_file(arguments.out, as_bytes(text), 0644));
  session.show({{"file", arguments.out}, {"bytes", text.size()}},
               [&] { std::printf("%s: %zu bytes\n", arguments.out.c_str(), text.size()); });
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
                {"uses_max", grant.uses_max()}},
               [&] {
                 std::printf("%s, %s; used %llu times\n", grant.status().c_str(),
                             grant.is_live() ? "live" : "not live",
                             static_cast<unsigned long long>(grant.uses()));
               });
  return {};
}

// Options -----------------------------------------------------------------------------------------

using Command = Result<void> (*)(const Session&, const Arguments&);

CLI::App* add(CLI::App* group, Session& session, Arguments& arguments, const std::string& name,
              const std::string& help, Command command) {
  CLI::App* added = group->add_subcommand(name, help);
  added->callback([&session, &arguments, command] {
    session.action = [&session, &arguments, command] { return command(session, arguments); };
  });
  return added;
}

CLI::App* add_signed(CLI::App* group, Session& session, Arguments& arguments,
                     const std::string& name, const std::string& help, Command command) {
  CLI::App* added = add(group, session, arguments, name, help, command);
  added->add_option("DATASET", arguments.id, "Its root, 64 hexadecimal digits")->required();
  added->add_option("--key", arguments.key_file, "Key file of who does it")->required();
  return added;
}

void add_seal(CLI::App* group, Session& session, Arguments& arguments) {
  CLI::App* sealed = add(group, session, arguments, "seal",
                         "Make manifest, card, splits and sample tree, and record a version", seal);
  sealed->add_option("FOLDER", arguments.folder, "The files")->required();
  sealed->add_option("--name", arguments.name, "Of the dataset")->required();
  sealed->add_option("--version", arguments.version, "major.minor.patch");
  sealed->add_option("--licence", arguments.licence, "SPDX expression")->required();
  sealed->add_option("--records", arguments.records, "CSV in the folder: each row is a sample")
      ->required();
  sealed->add_option("--card", arguments.card, "JSON with the answers of the card")->required();
  sealed->add_option("--out", arguments.out, "Folder for manifest, card and splits")->required();
  sealed->add_option("--campaign", arguments.campaigns, "That made it; may be given again");
  sealed->add_option("--parent", arguments.parents, "Dataset that it was made of");
  sealed->add_option("--key", arguments.key_file, "Key file of the owner")->required();
  sealed->footer(
      "Example: oortd dataset seal signs/ --name signs --licence CC-BY-4.0 --records data.csv "
      "--card card.json --out signs.sealed --key me.key");
  CLI::App* exported_to =
      add(group, session, arguments, "export", "Write records in another format", export_records);
  exported_to->add_option("RECORDS", arguments.records, "CSV")->required();
  exported_to->add_option("--format", arguments.format, "jsonl or csv")
      ->check(CLI::IsMember({"jsonl", "csv"}));
  exported_to->add_option("--out", arguments.out, "Where to")->required();
}

}  // namespace

void add_dataset_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* group =
      app.add_subcommand("dataset", "Sealed versions, and who may use them")->require_subcommand(1);
  add_seal(group, session, arguments);
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
  add_signed(group, session, arguments, "take-down", "End every grant for ever", take_down)
      ->add_option("--notice", arguments.why, "File that says why")
      ->required();
  CLI::App* granted = add(group, session, arguments, "grant", "An account's grant", show_grant);
  granted->add_option("DATASET", arguments.id, "64 hexadecimal digits")->required();
  granted->add_option("--account", arguments.account, "40 hexadecimal digits");
  granted->add_option("--key", arguments.key_file, "Key file of the account");
}

}  // namespace oort::cli
