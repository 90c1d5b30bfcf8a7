// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/datahub.pb.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "artefacts.hpp"
#include "bucket_client.hpp"
#include "client.hpp"
#include "datahub_client.hpp"
#include "dataset_folder.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
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
#include "oort/datahub/tables.hpp"
#include "oort/ledger/datahub_operations.hpp"
#include "session.hpp"
#include "stored_artefact.hpp"

namespace oort::cli {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 30;

struct Arguments {
  std::string key_file;
  std::string folder;
  std::string name;
  std::string version = "1.0.0";
  std::string licence;
  std::string records;
  std::string card;
  std::string out;
  std::string bucket;
  std::string source;
  std::string format = "jsonl";
  std::uint64_t shard_bytes = std::uint64_t{256} << 20;
  std::vector<std::string> campaigns;
  std::vector<std::string> parents;
};

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
                              const Folder& folder, const std::vector<std::string>& columns,
                              const ledger::DatasetSeal& seal) {
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
  // Where the dataset is stored, its files stand in a folder beside the card.
  const std::string beside = arguments.bucket.empty() ? "" : "files/";
  for (const FolderFile& each : folder.files) {
    card.files.push_back({each.file.name, each.file.sha256, each.size_bytes,
                          media_type_of(each.file.name), beside + each.file.name});
  }
  card.records_file = arguments.records;
  for (const std::string& column : columns) card.fields.push_back({column, "sc:Text", ""});
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
    OORT_TRY(const auto id, artefact_named<DatasetId>("dataset", text));
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
  OORT_TRY(const datahub::Table table, datahub::table_in(as_text(records)));
  OORT_TRY(const auto samples, datahub::sample_lines_of(as_text(records)));
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
  OORT_TRY(sealed.card, make_card(session, arguments, folder, table.columns, seal));
  seal.manifest = crypto::sha256(as_bytes(sealed.manifest));
  seal.splits = crypto::sha256(as_bytes(sealed.splits));
  seal.card = crypto::sha256(as_bytes(sealed.card));
  return sealed;
}

Result<void> write_documents(const std::string& folder, const Sealed& sealed) {
  const std::filesystem::path out(folder);
  std::error_code problem;
  std::filesystem::create_directories(out, problem);
  OORT_TRY(write_file(out / "manifest.json", as_bytes(sealed.manifest), 0644));
  OORT_TRY(write_file(out / "croissant.json", as_bytes(sealed.card), 0644));
  return write_file(out / "splits.csv", as_bytes(sealed.splits), 0644);
}

Result<void> seal(const Session& session, const Arguments& arguments) {
  if (arguments.out.empty() && arguments.bucket.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "what is sealed must be kept: name a --bucket, a folder with --out, or both");
  }
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(Sealed sealed, prepare(session, arguments));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(sealed.operation.not_before, newest_block(client));
  if (!arguments.out.empty()) {
    OORT_TRY(write_documents(arguments.out, sealed));
  }
  const std::string root = sealed.operation.root.hex();
  const std::string prefix = artefact_prefix("datasets", Bytes32(sealed.operation.root.array()));
  // Stored first: what is on the ledger can be read.
  if (!arguments.bucket.empty()) {
    OORT_TRY(const BucketClient bucket, open_bucket(session, arguments.bucket));
    OORT_TRY(store_artefact(bucket, prefix, arguments.folder, sealed.manifest,
                            {{"croissant.json", sealed.card}, {"splits.csv", sealed.splits}},
                            keys));
    session.progress("stored below s3://" + arguments.bucket + "/" + prefix);
  }
  OORT_TRY(const auto response, client.submit(keys, sealed.operation));
  session.show(
      {{"dataset", root},
       {"samples", sealed.operation.samples.hex()},
       {"samples_count", sealed.operation.samples_count},
       {"bytes", sealed.operation.bytes},
       {"stored", arguments.bucket.empty() ? "" : "s3://" + arguments.bucket + "/" + prefix},
       {"height", response.receipt().height()}},
      [&] {
        std::printf("%s %s is sealed: %s\n", arguments.name.c_str(), arguments.version.c_str(),
                    root.c_str());
      });
  return {};
}

// What is stored ----------------------------------------------------------------------------------

struct Stored {
  v1::Dataset record;
  StoredArtefact files;
};

/// Who does not own the dataset has it open before a byte is read: opened before, or now, which
/// counts a use.
Result<void> open_dataset(const Session& session, const Arguments& arguments,
                          DataHubClient& datahub, const v1::Dataset& record,
                          const DatasetId& root) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  const AccountId reader = crypto::account_of(keys.public_key());
  if (as_text(reader.view()) == record.owner()) return {};
  const auto grant = datahub.grant(root, reader);
  if (grant && grant->open_until_ms() != 0) return {};
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(client.submit(keys, ledger::DatasetOpen{root}));
  return {};
}

Result<Stored> open_stored(const Session& session, const Arguments& arguments) {
  OORT_TRY(const auto root, artefact_named<DatasetId>("dataset", arguments.source));
  if (arguments.key_file.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "who reads it? --key FILE names the owner or the holder of a grant");
  }
  OORT_TRY(DataHubClient client, open_datahub(session));
  OORT_TRY(auto record, client.dataset(root));
  OORT_TRY(open_dataset(session, arguments, client, record, root));
  const auto owner = AccountId::from(as_bytes(record.owner()));
  if (!owner) return fail(ErrorCode::Internal, reason::malformed, "the node sent no owner");
  OORT_TRY(BucketClient bucket, open_bucket(session, arguments.bucket));
  const Bytes32 id(root.array());
  OORT_TRY(auto files,
           StoredArtefact::open(std::move(bucket), artefact_prefix("datasets", id), id, *owner));
  return Stored{std::move(record), std::move(files)};
}

/// The table whose lines are the samples that the ledger names.
Result<std::string> records_of(const Stored& stored) {
  for (const datahub::ManifestFile& file : stored.files.manifest().files()) {
    if (!file.name.ends_with(".csv")) continue;
    OORT_TRY(const Bytes content, stored.files.file(file.name));
    const auto samples = datahub::sample_lines_of(as_text(content));
    if (!samples) continue;
    const Bytes32 root = datahub::sample_root(leaves_of(*samples));
    if (as_text(root.view()) == stored.record.samples()) return std::string(as_text(content));
  }
  return fail(ErrorCode::InvalidArgument, reason::bad_proof,
              "no file of the dataset holds the samples that the ledger names");
}

Result<void> fetch(const Session& session, const Arguments& arguments) {
  OORT_TRY(const Stored stored, open_stored(session, arguments));
  const std::filesystem::path out(arguments.out);
  std::uint64_t bytes = 0;
  for (const datahub::ManifestFile& file : stored.files.manifest().files()) {
    OORT_TRY(const Bytes content, stored.files.file(file.name));
    std::error_code problem;
    std::filesystem::create_directories((out / file.name).parent_path(), problem);
    OORT_TRY(write_file(out / file.name, content, 0644));
    bytes += content.size();
  }
  const std::size_t count = stored.files.manifest().files().size();
  session.show({{"folder", arguments.out}, {"files", count}, {"bytes", bytes}},
               [&] { std::printf("%zu files, each as its manifest says\n", count); });
  return {};
}

// Exports -----------------------------------------------------------------------------------------

/// What an export wrote.
struct Written {
  std::vector<std::string> files;
  std::uint64_t bytes = 0;
  Result<void> add(const std::filesystem::path& path, ByteView content) {
    OORT_TRY(write_file(path, content, 0644));
    files.push_back(path.string());
    bytes += content.size();
    return {};
  }
};

Result<void> write_shards(const Arguments& arguments, const datahub::Table& table,
                          const datahub::ReadFile& read, Written& written) {
  const std::filesystem::path out(arguments.out);
  std::error_code problem;
  std::filesystem::create_directories(out, problem);
  datahub::WebShards shards("shard", arguments.shard_bytes);
  OORT_TRY(
      datahub::web_samples_of(table, read, [&](const datahub::WebSample& sample) -> Result<void> {
        OORT_TRY(const auto full, shards.add(sample));
        return full ? written.add(out / full->name, full->bytes) : Result<void>();
      }));
  const auto last = shards.finish();
  return last ? written.add(out / last->name, last->bytes) : Result<void>();
}

Result<std::string> text_of(const std::string& format, const datahub::Table& table,
                            const std::string& description) {
  if (format == "csv") return datahub::csv_of(table);
  if (format == "jsonl") return datahub::jsonl_of(datahub::objects_of(table));
  OORT_TRY(const datahub::BoxedSet set, datahub::boxes_in(table, description));
  OORT_TRY(const datahub::Json json, datahub::coco_of(set));
  return datahub::canonical(json);
}

Result<void> export_as(const Session& session, const Arguments& arguments, std::string_view records,
                       const std::string& description, const datahub::ReadFile& read) {
  OORT_TRY(const datahub::Table table, datahub::table_in(records));
  Written written;
  if (arguments.format == "webdataset") {
    OORT_TRY(write_shards(arguments, table, read, written));
  } else {
    OORT_TRY(const std::string text, text_of(arguments.format, table, description));
    OORT_TRY(written.add(arguments.out, as_bytes(text)));
  }
  session.show(
      {{"files", written.files}, {"bytes", written.bytes}, {"samples_count", table.rows.size()}},
      [&] {
        for (const std::string& file : written.files) std::printf("%s\n", file.c_str());
      });
  return {};
}

/// Of a dataset in a bucket, or of a table of this machine and the files beside it.
Result<void> export_records(const Session& session, const Arguments& arguments) {
  if (!arguments.bucket.empty()) {
    OORT_TRY(const Stored stored, open_stored(session, arguments));
    OORT_TRY(const std::string records, records_of(stored));
    return export_as(session, arguments, records, stored.record.name(),
                     [&stored](const std::string& name) { return stored.files.file(name); });
  }
  const std::filesystem::path path(arguments.source);
  OORT_TRY(const Bytes records, read_file(path, file_bytes_max));
  return export_as(session, arguments, as_text(records), path.stem().string(),
                   [&path](const std::string& name) {
                     return read_file(path.parent_path() / name, file_bytes_max);
                   });
}

// Options -----------------------------------------------------------------------------------------

using Command = Result<void> (*)(const Session&, const Arguments&);

CLI::App* add(CLI::App& group, Session& session, Arguments& arguments, const std::string& name,
              const std::string& help, Command command) {
  CLI::App* added = group.add_subcommand(name, help);
  added->callback([&session, &arguments, command] {
    session.action = [&session, &arguments, command] { return command(session, arguments); };
  });
  return added;
}

void add_seal(CLI::App& group, Session& session, Arguments& arguments) {
  CLI::App* sealed =
      add(group, session, arguments, "seal",
          "Make manifest, card, splits and sample tree, store them, and record a version", seal);
  sealed->add_option("FOLDER", arguments.folder, "The files")->required();
  sealed->add_option("--name", arguments.name, "Of the dataset")->required();
  sealed->add_option("--version", arguments.version, "major.minor.patch");
  sealed->add_option("--licence", arguments.licence, "SPDX expression")->required();
  sealed->add_option("--records", arguments.records, "CSV in the folder: each row is a sample")
      ->required();
  sealed->add_option("--card", arguments.card, "JSON with the answers of the card")->required();
  sealed->add_option(
      "--bucket", arguments.bucket,
      "Stores files, manifest, card, splits and signature; made where it is missing");
  sealed->add_option("--out", arguments.out, "Folder for manifest, card and splits");
  sealed->add_option("--campaign", arguments.campaigns, "That made it; may be given again");
  sealed->add_option("--parent", arguments.parents, "Dataset that it was made of");
  sealed->add_option("--key", arguments.key_file, "Key file of the owner")->required();
  sealed->footer(
      "Example: oortd dataset seal signs/ --name signs --licence CC-BY-4.0 --records data.csv "
      "--card card.json --bucket signs --key me.key");
}

void add_reads(CLI::App& group, Session& session, Arguments& arguments) {
  CLI::App* fetched =
      add(group, session, arguments, "fetch",
          "Read a stored dataset, checked against the ledger, into a folder", fetch);
  fetched->add_option("DATASET", arguments.source, "Its root, 64 hexadecimal digits")->required();
  fetched->add_option("--bucket", arguments.bucket, "Where it is stored")->required();
  fetched->add_option("--out", arguments.out, "Folder for its files")->required();
  fetched->add_option("--key", arguments.key_file, "Whose grant is used, or the owner's")
      ->required();
  CLI::App* exported =
      add(group, session, arguments, "export", "Write records in another format", export_records);
  exported
      ->add_option("DATASET", arguments.source,
                   "Its root, 64 hexadecimal digits; without --bucket, a CSV of this machine")
      ->required();
  exported->add_option("--bucket", arguments.bucket, "Where the dataset is stored");
  exported->add_option("--key", arguments.key_file, "Whose grant is used, or the owner's");
  exported->add_option("--format", arguments.format, "jsonl, csv, coco or webdataset")
      ->check(CLI::IsMember({"jsonl", "csv", "coco", "webdataset"}));
  exported->add_option("--shard-bytes", arguments.shard_bytes, "Of a shard of webdataset, at most");
  exported->add_option("--out", arguments.out, "File; for webdataset a folder")->required();
  exported->footer(
      "Example: oortd dataset export 3f… --bucket signs --format coco --out coco.json --key "
      "me.key");
}

}  // namespace

void add_dataset_file_commands(CLI::App& group, Session& session) {
  static Arguments arguments;
  add_seal(group, session, arguments);
  add_reads(group, session, arguments);
}

}  // namespace oort::cli
