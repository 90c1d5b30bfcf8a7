// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/datahub.pb.h>
#include <oort/v1/model.pb.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "artefacts.hpp"
#include "client.hpp"
#include "datahub_client.hpp"
#include "dataset_folder.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/datahub/provenance_bundle.hpp"
#include "oort/datahub/sample_tree.hpp"
#include "oort/datahub/tables.hpp"
#include "oort/ledger/datahub_keys.hpp"
#include "oort/ledger/genesis.hpp"
#include "provenance_view.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 30;

struct Arguments {
  std::string model;
  std::string statement;
  std::string records;
  std::vector<std::uint64_t> samples;
  std::string bundle;
};

Result<Bytes> proof_of(LedgerClient& client, const Bytes& key) {
  v1::GetProofRequest request;
  request.set_state_key(std::string(as_text(key)));
  OORT_TRY(const auto proof, client.proof(request));
  return to_bytes(std::string_view(proof.bundle()));
}

template <class Id>
Result<Id> id_in(const std::string& field) {
  const auto id = Id::from(as_bytes(field));
  if (id) return *id;
  return fail(ErrorCode::Internal, reason::malformed, "the node sent no identifier");
}

/// Samples of the dataset whose tree these rows are.
Result<void> add_samples(const Arguments& arguments, const std::vector<v1::Dataset>& datasets,
                         datahub::ProvenanceBundle& bundle) {
  if (arguments.samples.empty()) return {};
  OORT_TRY(const Bytes records, read_file(arguments.records, file_bytes_max));
  OORT_TRY(const auto samples, datahub::sample_lines_of(as_text(records)));
  const std::vector<Bytes32> leaves = leaves_of(samples);
  const std::string root = datahub::sample_root(leaves).hex();
  for (const v1::Dataset& dataset : datasets) {
    if (hex_of(dataset.samples()) != root) continue;
    OORT_TRY(const auto id, id_in<DatasetId>(dataset.root()));
    for (const std::uint64_t place : arguments.samples) {
      if (place >= samples.size()) {
        return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                    "there is no sample " + std::to_string(place));
      }
      bundle.samples.push_back(
          {id, to_bytes(std::string_view(samples[place])), datahub::prove_sample(leaves, place)});
    }
    return {};
  }
  return fail(ErrorCode::InvalidArgument, reason::bad_proof,
              arguments.records + " is not what any of the model's datasets holds");
}

Result<void> add_training(LedgerClient& client, DataHubClient& datahub, const Arguments& arguments,
                          const v1::Model& model, datahub::ProvenanceBundle& bundle) {
  OORT_TRY(const auto id, id_in<Bytes32>(model.training()));
  OORT_TRY(const auto training, datahub.training(id));
  OORT_TRY(bundle.training, proof_of(client, ledger::keys::training(id)));
  if (arguments.statement.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "name the statement that `oortd model train` wrote: --statement FILE");
  }
  OORT_TRY(const Bytes statement, read_file(arguments.statement, file_bytes_max));
  bundle.statement = std::string(as_text(statement));
  std::set<CampaignId> campaigns;
  std::vector<v1::Dataset> datasets;
  for (const std::string& field : training.datasets()) {
    OORT_TRY(const auto root, id_in<DatasetId>(field));
    OORT_TRY(auto dataset, datahub.dataset(root));
    OORT_TRY(Bytes proof, proof_of(client, ledger::keys::dataset(root)));
    bundle.datasets.push_back(std::move(proof));
    for (const std::string& each : dataset.campaigns()) {
      OORT_TRY(const auto campaign, id_in<CampaignId>(each));
      campaigns.insert(campaign);
    }
    datasets.push_back(std::move(dataset));
  }
  for (const CampaignId& campaign : campaigns) {
    OORT_TRY(Bytes proof, proof_of(client, ledger::keys::campaign(campaign)));
    bundle.campaigns.push_back(std::move(proof));
  }
  return add_samples(arguments, datasets, bundle);
}

Result<datahub::ProvenanceBundle> collect(LedgerClient& client, DataHubClient& datahub,
                                          const Arguments& arguments) {
  OORT_TRY(const auto root, artefact_named<ModelId>("model", arguments.model));
  OORT_TRY(const auto model, datahub.model(root));
  datahub::ProvenanceBundle bundle;
  OORT_TRY(bundle.model, proof_of(client, ledger::keys::model(root)));
  OORT_TRY(const auto deployments, datahub.deployments(root));
  for (const v1::Deployment& deployment : deployments) {
    OORT_TRY(const auto node, id_in<NodeId>(deployment.node()));
    OORT_TRY(Bytes proof, proof_of(client, ledger::keys::deployment(root, node)));
    bundle.deployments.push_back(std::move(proof));
  }
  if (!model.training().empty()) {
    OORT_TRY(add_training(client, datahub, arguments, model, bundle));
  }
  return bundle;
}

Result<void> show(const Session& session, const Arguments& arguments) {
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(DataHubClient datahub, open_datahub(session));
  OORT_TRY(const auto chain, client.chain());
  OORT_TRY(const auto genesis, ledger::genesis_from_file(as_bytes(chain.genesis())));
  OORT_TRY(const auto bundle, collect(client, datahub, arguments));
  const Bytes bytes = codec::to_bytes(bundle);
  // What is shown is what the bundle proves, as whoever verifies it will see.
  OORT_TRY(const auto report, datahub::verify_provenance(bytes, [&genesis](ByteView proof) {
             return shown_in(proof, genesis);
           }));
  Json value = to_json(report);
  if (!arguments.bundle.empty()) {
    OORT_TRY(write_file(arguments.bundle, bytes, 0644));
    value["file"] = arguments.bundle;
    value["bytes"] = bytes.size();
  }
  session.show(value, [&] { std::fputs(to_text(report).c_str(), stdout); });
  return {};
}

}  // namespace

void add_provenance_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* command =
      app.add_subcommand("provenance", "Which data made a model, when, on which node, checked how");
  command->add_option("MODEL", arguments.model, "Its root, 64 hexadecimal digits")->required();
  command->add_option("--statement", arguments.statement, "The statement of its training");
  command->add_option("--records", arguments.records, "Rows that samples are shown of");
  command->add_option("--sample", arguments.samples, "Place of a row, from 0; may be given again");
  command->add_option("--bundle", arguments.bundle, "Where to write what proves it offline");
  command->footer(
      "Example: oortd provenance 7c… --statement net.statement.json --bundle net.proof\n"
      "         oortd verify net.proof --genesis genesis.oort");
  command->callback(
      [&session] { session.action = [&session] { return show(session, arguments); }; });
}

}  // namespace oort::cli
