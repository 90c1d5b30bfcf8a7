// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/model.pb.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "artefacts.hpp"
#include "bucket_client.hpp"
#include "client.hpp"
#include "command.hpp"
#include "datahub_client.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "local_training.hpp"
#include "model_device.hpp"
#include "named.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/datahub/json.hpp"
#include "oort/datahub/provenance_bundle.hpp"
#include "oort/datahub/training.hpp"
#include "oort/env/clock.hpp"
#include "oort/ledger/datahub_operations.hpp"
#include "oort/ledger/operations.hpp"
#include "pool_jobs.hpp"
#include "pooled_training.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{4} << 30;

struct Arguments {
  std::string key_file;
  std::string id;
  std::string account;
  std::string node;
  std::string name;
  std::string version = "1.0.0";
  std::string licence = "Apache-2.0";
  std::string records;
  std::string card;
  std::string out;
  std::string training;
  std::string bucket;
  std::string door;
  std::string grade = "witnessed";
  std::vector<std::string> datasets;
  LocalTraining options;
  /// Nobody: it is trained alone.
  std::uint32_t members = 0;
  std::uint32_t rounds = 4;
  std::uint32_t local_steps = 40;
  std::string round_budget = "10";
  std::vector<std::string> brokers;
  std::string pool_bucket;
  std::string payer_file;
  bool is_removed = false;
};

Json to_json(const v1::Model& model) {
  return {{"root", hex_of(model.root())},
          {"owner", hex_of(model.owner())},
          {"name", model.name()},
          {"version", model.version()},
          {"previous", hex_of(model.previous())},
          {"licence", model.licence()},
          {"training", hex_of(model.training())},
          {"deployments_count", model.deployments_count()}};
}

Result<void> send(const Session& session, const Arguments& arguments,
                  const ledger::Operation& operation, const std::string& what) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, operation));
  show_submitted(session, response, what);
  return {};
}

// Training ----------------------------------------------------------------------------------------

bool is_pooled(const Arguments& arguments) { return arguments.members > 0; }

PooledTraining pool_of(const Arguments& arguments) {
  PooledTraining pool;
  pool.members = arguments.members;
  pool.rounds = arguments.rounds;
  pool.local_steps = arguments.local_steps;
  pool.hidden = arguments.options.hidden;
  pool.seed = arguments.options.seed;
  return pool;
}

Bytes recipe_of(const Arguments& arguments) {
  return is_pooled(arguments) ? recipe_of(pool_of(arguments)) : recipe_of(arguments.options);
}

/// By the machines of others where a pool is asked for, each round a job; else here.
Result<TrainedModel> train_rows(const Session& session, const Arguments& arguments,
                                std::string_view records, const Bytes32& start,
                                std::vector<JobId>& jobs) {
  if (!is_pooled(arguments)) return train_locally(records, arguments.options);
  if (arguments.pool_bucket.empty()) {
    return train_pooled(records, pool_of(arguments), run_here());
  }
  const std::string& payer_file =
      arguments.payer_file.empty() ? arguments.key_file : arguments.payer_file;
  OORT_TRY(const crypto::KeyPair payer, load_key(payer_file));
  OORT_TRY(BucketClient bucket, open_bucket(session, arguments.pool_bucket));
  OORT_TRY(bucket.create_if_missing());
  PoolOrder order;
  order.job.budget = arguments.round_budget;
  order.job.brokers = arguments.brokers;
  order.job.dispute_s = 0;
  order.prefix = "training/" + start.hex() + "/";
  return train_pooled(records, pool_of(arguments),
                      run_by_jobs(session, std::move(bucket), std::move(order), payer, jobs));
}

/// This program is what trains: its bytes are the code, its version names the rest.
Result<ledger::TrainingTerms> terms_of(const Session& session, const Arguments& arguments,
                                       const crypto::KeyPair& keys, LedgerClient& client) {
  ledger::TrainingTerms terms;
  terms.trainer = keys.node_id();
  if (!arguments.node.empty()) {
    OORT_TRY(terms.trainer, node_named(session, arguments.node));
  }
  for (const std::string& text : arguments.datasets) {
    OORT_TRY(const auto id, artefact_named<DatasetId>("dataset", text));
    terms.datasets.push_back(id);
  }
  std::ranges::sort(terms.datasets);
  terms.recipe = crypto::sha256(recipe_of(arguments));
  OORT_TRY(const Bytes program, read_file("/proc/self/exe", file_bytes_max));
  terms.code = crypto::sha256(program);
  terms.environment = crypto::sha256(as_bytes("oortd " + std::string(session.version())));
  OORT_TRY(terms.not_before, newest_block(client));
  return terms;
}

Result<void> write_model(const std::string& folder, const TrainedModel& model) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  for (const auto& [name, bytes] : model.files) {
    OORT_TRY(write_file(std::filesystem::path(folder) / name, bytes, 0644));
  }
  return {};
}

Json names_of(const std::vector<JobId>& jobs) {
  Json names = Json::array();
  for (const JobId& job : jobs) names.push_back(job.hex());
  return names;
}

Result<void> train(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(const Bytes records, read_file(arguments.records, file_bytes_max));
  OORT_TRY(const auto version, parse_version(arguments.version));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto terms, terms_of(session, arguments, keys, client));
  const datahub::TrainingStart start = datahub::start_of(terms);
  OORT_TRY(const Bytes32 id, datahub::digest_of(start));
  OORT_TRY(client.submit(keys, ledger::TrainingBegin{id, terms}));
  session.progress("the start is on the ledger; training");

  datahub::TrainingRun run;
  run.model_name = arguments.name;
  run.job = terms.job;
  run.trainer = terms.trainer;
  run.inputs = start.inputs;
  run.start = id;
  run.started = session.clock().now_wall();
  std::vector<JobId> jobs;
  OORT_TRY(const TrainedModel model, train_rows(session, arguments, as_text(records), id, jobs));
  run.finished = session.clock().now_wall();
  run.model = model.root;
  OORT_TRY(const auto statement, datahub::statement_of(run));
  OORT_TRY(const std::string text, datahub::canonical(statement));
  OORT_TRY(write_model(arguments.out, model));
  OORT_TRY(write_file(arguments.out + ".statement.json", as_bytes(text), 0644));
  Bytes32 card;
  if (!arguments.card.empty()) {
    OORT_TRY(const Bytes bytes, read_file(arguments.card, file_bytes_max));
    card = crypto::sha256(bytes);
  }
  const ModelId root(model.root.array());
  if (!arguments.bucket.empty()) {
    OORT_TRY(store_model(session, {arguments.out, arguments.name, arguments.bucket, text}, keys));
  }
  OORT_TRY(client.submit_all(
      keys, {ledger::TrainingRecord{id, root, crypto::sha256(as_bytes(text))},
             ledger::ModelRegister{root, arguments.name, version, card, arguments.licence, id}}));
  session.show({{"model", root.hex()},
                {"training", id.hex()},
                {"statement", arguments.out + ".statement.json"},
                {"rows", model.rows_count},
                {"rows_right", model.rows_right},
                {"jobs", names_of(jobs)}},
               [&] {
                 std::printf("model %s, of training %s\n%u of its %u rows it names rightly\n",
                             root.hex().c_str(), id.hex().c_str(), model.rows_right,
                             model.rows_count);
               });
  return {};
}

/// Computes it again from the same rows; fails with BAD_PROOF where another model comes out.
Result<void> replay(const Session& session, const Arguments& arguments,
                    const v1::Training& training) {
  if (arguments.records.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "who replays names the rows: --records FILE, and the options of the training");
  }
  if (crypto::sha256(recipe_of(arguments)).hex() != hex_of(training.recipe())) {
    return fail(ErrorCode::InvalidArgument, reason::bad_proof,
                "the training had other options than these");
  }
  OORT_TRY(const Bytes records, read_file(arguments.records, file_bytes_max));
  std::vector<JobId> none;
  OORT_TRY(const TrainedModel model,
           train_rows(session, arguments, as_text(records), Bytes32(), none));
  if (model.root.hex() == hex_of(training.model())) return {};
  return fail(
      ErrorCode::InvalidArgument, reason::bad_proof,
      "these rows give the model " + model.root.hex() + ", not " + hex_of(training.model()));
}

Result<void> attest(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(const auto id, artefact_named<Bytes32>("training", arguments.training));
  OORT_TRY(DataHubClient datahub, open_datahub(session));
  OORT_TRY(const auto training, datahub.training(id));
  ledger::TrainingAttest operation;
  operation.training = id;
  operation.node = keys.node_id();
  if (!arguments.node.empty()) {
    OORT_TRY(operation.node, node_named(session, arguments.node));
  }
  const auto model = ModelId::from(as_bytes(training.model()));
  if (!model) {
    return fail(ErrorCode::FailedPrecondition, reason::not_found, "nothing came out of it yet");
  }
  operation.model = *model;
  if (arguments.grade == "replayed") {
    operation.grade = ledger::TrainingGrade::Replayed;
    OORT_TRY(replay(session, arguments, training));
  }
  return send(session, arguments, operation, arguments.grade);
}

// Models ------------------------------------------------------------------------------------------

Result<void> register_model(const Session& session, const Arguments& arguments) {
  ledger::ModelRegister operation;
  OORT_TRY(operation.root, artefact_named<ModelId>("model", arguments.id));
  operation.name = arguments.name;
  OORT_TRY(operation.version, parse_version(arguments.version));
  operation.licence = arguments.licence;
  if (!arguments.card.empty()) {
    OORT_TRY(const Bytes bytes, read_file(arguments.card, file_bytes_max));
    operation.card = crypto::sha256(bytes);
  }
  if (!arguments.training.empty()) {
    OORT_TRY(operation.training, artefact_named<Bytes32>("training", arguments.training));
  }
  return send(session, arguments, operation, arguments.name + " is registered");
}

Result<void> deploy(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  ledger::ModelDeploy operation;
  OORT_TRY(operation.model, artefact_named<ModelId>("model", arguments.id));
  operation.node = keys.node_id();
  if (!arguments.node.empty()) {
    OORT_TRY(operation.node, node_named(session, arguments.node));
  }
  operation.is_removed = arguments.is_removed;
  if (arguments.bucket.empty()) {
    return send(session, arguments, operation, arguments.is_removed ? "removed" : "deployed");
  }
  OORT_TRY(const ModelDoor door, model_door(session, arguments.door, arguments.node));
  OORT_TRY(LedgerClient client, open_ledger(session));
  const auto sent = client.submit(keys, operation);
  // Where the record stands already, the device is asked once more.
  const bool is_known = !sent && sent.error().detail().find("DeploymentKnown") != std::string::npos;
  if (!sent && !is_known) return fail(sent.error());
  return deploy_through(session, door, arguments.bucket, operation.model);
}

Result<void> list(const Session& session, const Arguments& arguments) {
  std::optional<AccountId> owner;
  if (!arguments.account.empty()) {
    OORT_TRY(owner, parse_account(arguments.account));
  }
  OORT_TRY(DataHubClient client, open_datahub(session));
  OORT_TRY(const auto models, client.models(owner));
  Json all = Json::array();
  std::vector<std::vector<std::string>> rows = {{"MODEL", "NAME", "VERSION", "NODES"}};
  for (const v1::Model& model : models) {
    all.push_back(to_json(model));
    rows.push_back({hex_of(model.root()), model.name(), model.version(),
                    std::to_string(model.deployments_count())});
  }
  session.show({{"models", all}}, [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

// Options -----------------------------------------------------------------------------------------

void add_training_options(CLI::App* command, Arguments& arguments) {
  command->add_option("--hidden", arguments.options.hidden, "Sizes of layers between");
  command->add_option("--epochs", arguments.options.epochs, "Passes over the rows");
  command->add_option("--seed", arguments.options.seed, "Of what is drawn");
  command->add_option("--members", arguments.members,
                      "Trains by so many members with rows of their own, in rounds");
  command->add_option("--rounds", arguments.rounds, "Of a pool");
  command->add_option("--local-steps", arguments.local_steps, "Of a member in a round");
}

/// A pool of the network's executors; without a bucket every member's work is done here.
void add_pool_options(CLI::App* command, Arguments& arguments) {
  command->add_option("--pool", arguments.pool_bucket,
                      "Members are executors of the network; what they need goes through this "
                      "bucket of the payer's");
  command->add_option("--payer", arguments.payer_file, "Key of who pays the jobs; --key's else");
  command->add_option("--round-budget", arguments.round_budget, "Credits for one round")
      ->needs("--pool");
  command->add_option("--broker", arguments.brokers, "A broker by name; in order")
      ->allow_extra_args(false)
      ->needs("--pool");
}

void add_model_options(CLI::App* command, Arguments& arguments) {
  command->add_option("--name", arguments.name, "Of the model")->required();
  command->add_option("--version", arguments.version, "major.minor.patch");
  command->add_option("--licence", arguments.licence, "SPDX expression");
  command->add_option("--card", arguments.card, "File that describes it");
}

}  // namespace

void add_model_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* group = app.add_subcommand("model", "What is trained, by what, and where it stands")
                        ->require_subcommand(1);
  CLI::App* trained = add(group, session, arguments, "train",
                          "Record the start, train on rows, record what came out", train);
  trained->add_option("--dataset", arguments.datasets, "Root; may be given again")->required();
  trained->add_option("--records", arguments.records, "CSV: class, then signed bytes")->required();
  trained->add_option("--out", arguments.out, "Folder for the model")->required();
  trained->add_option("--bucket", arguments.bucket, "Stores model, statement and signature there");
  trained->add_option("--key", arguments.key_file, "Key of the node, or of its operator")
      ->required();
  trained->add_option("--node", arguments.node, "The node, where the key is its operator's");
  add_training_options(trained, arguments);
  add_pool_options(trained, arguments);
  add_model_options(trained, arguments);
  trained->footer(
      "Example: oortd model train --dataset 3f… --records data.csv --name net --out net "
      "--key node.key");

  CLI::App* attested = add(group, session, arguments, "attest",
                           "Say as a node that a training ran so, or replay it", attest);
  attested->add_option("TRAINING", arguments.training, "64 hexadecimal digits")->required();
  attested->add_option("--grade", arguments.grade, "witnessed or replayed")
      ->check(CLI::IsMember({"witnessed", "replayed"}));
  attested->add_option("--records", arguments.records, "Rows to compute it again from");
  attested->add_option("--key", arguments.key_file, "Key of the node, or of its operator")
      ->required();
  attested->add_option("--node", arguments.node, "The node, where the key is its operator's");
  add_training_options(attested, arguments);

  CLI::App* registered =
      add(group, session, arguments, "register", "Record a model", register_model);
  registered->add_option("MODEL", arguments.id, "Root of its manifest")->required();
  registered->add_option("--training", arguments.training, "That made it");
  registered->add_option("--key", arguments.key_file, "Key file of the owner")->required();
  add_model_options(registered, arguments);

  CLI::App* deployed =
      add(group, session, arguments, "deploy", "Say that a model stands on a node", deploy);
  deployed->add_option("MODEL", arguments.id, "Its root")->required();
  deployed->add_option("--key", arguments.key_file, "Key of the node, or of its operator")
      ->required();
  deployed->add_option("--node", arguments.node, "The node, where the key is its operator's");
  deployed->add_flag("--remove", arguments.is_removed, "It no longer does");
  deployed->add_option("--bucket", arguments.bucket,
                       "Where the model is stored: the device fetches it from there");
  deployed->add_option("--door", arguments.door,
                       "host:port of the device's models; of --node on a local network");
  deployed->footer("Example: oortd model deploy 7c… --node edge-1 --key edge.key --bucket models");

  add_model_device_commands(*group, session);
  add(group, session, arguments, "list", "All models", list)
      ->add_option("--owner", arguments.account, "Only theirs, 40 hexadecimal digits");
}

}  // namespace oort::cli
