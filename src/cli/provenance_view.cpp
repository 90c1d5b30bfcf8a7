// SPDX-License-Identifier: Apache-2.0
#include "provenance_view.hpp"

#include <utility>
#include <vector>

#include "oort/chain/proof_bundle.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/time.hpp"

namespace oort::cli {
namespace {

std::string version_text(const ledger::ArtefactVersion& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
         std::to_string(version.patch);
}

Json to_json(const datahub::ProvenanceLink& link) {
  return {{"from", std::string(to_string(link.from.kind))},
          {"from_id", link.from.id.hex()},
          {"to", std::string(to_string(link.to.kind))},
          {"to_id", link.to.id.hex()},
          {"grade", std::string(to_string(link.grade))},
          {"not_excluded", std::string(not_excluded_by(link.grade))}};
}

std::string grade_text(const datahub::ProvenanceReport& report) {
  if (!report.grade) return "nobody says what made it";
  return std::string(to_string(*report.grade)) + "; this does not exclude " +
         std::string(not_excluded_by(*report.grade));
}

}  // namespace

Result<datahub::ShownRecord> shown_in(ByteView proof, const ledger::GenesisParams& genesis) {
  OORT_TRY(auto verified, chain::verify_bundle(proof, genesis));
  if (verified.claim() != chain::Claim::Present || verified.records.size() != 1) {
    return fail(ErrorCode::InvalidArgument, reason::bad_proof, "the proof is of no record");
  }
  chain::ProvenRecord& record = verified.records.front();
  return datahub::ShownRecord{std::move(record.key), std::move(record.value), verified.height};
}

Json to_json(const datahub::ProvenanceReport& report) {
  Json links = Json::array();
  for (const datahub::ProvenanceLink& link : report.graph.links()) links.push_back(to_json(link));
  Json datasets = Json::array();
  for (const ledger::DatasetVersion& version : report.datasets) {
    datasets.push_back({{"root", version.root.hex()},
                        {"name", version.name},
                        {"version", version_text(version.version)},
                        {"licence", version.licence},
                        {"samples_count", version.samples_count},
                        {"sealed_ms", version.sealed_ms},
                        {"is_taken_down", version.taken_down_ms != 0}});
  }
  Json campaigns = Json::array();
  for (const ledger::Campaign& campaign : report.campaigns) {
    campaigns.push_back({{"id", campaign.id.hex()},
                         {"answers_count", campaign.answers_count},
                         {"accepted_count", campaign.accepted_count}});
  }
  Json nodes = Json::array();
  for (const ledger::Deployment& one : report.deployments) {
    nodes.push_back({{"node", one.node.hex()}, {"is_there", one.removed_ms == 0}});
  }
  Json value = {{"is_proven", true},
                {"model", report.model.root.hex()},
                {"name", report.model.name},
                {"version", version_text(report.model.version)},
                {"grade", report.grade ? Json(std::string(to_string(*report.grade))) : Json()},
                {"height", report.height.value()},
                {"datasets", datasets},
                {"campaigns", campaigns},
                {"deployments", nodes},
                {"samples_count", report.samples.size()},
                {"links", links}};
  if (report.run) {
    value["trainer"] = report.run->trainer.hex();
    value["started"] = datahub::iso_of(report.run->started);
    value["finished"] = datahub::iso_of(report.run->finished);
  }
  return value;
}

std::string to_text(const datahub::ProvenanceReport& report) {
  std::vector<std::vector<std::string>> rows = {
      {"model", report.model.name + " " + version_text(report.model.version)},
      {"root", report.model.root.hex()},
      {"grade", grade_text(report)}};
  if (report.run) {
    rows.push_back({"trained on", "node " + report.run->trainer.hex()});
    rows.push_back({"from", datahub::iso_of(report.run->started)});
    rows.push_back({"until", datahub::iso_of(report.run->finished)});
  }
  for (const ledger::DatasetVersion& version : report.datasets) {
    rows.push_back({"dataset", version.name + " " + version_text(version.version) + ", " +
                                   std::to_string(version.samples_count) + " samples, " +
                                   version.licence});
  }
  for (const ledger::Campaign& campaign : report.campaigns) {
    rows.push_back({"campaign", campaign.id.short_hex() + ": " +
                                    std::to_string(campaign.accepted_count) + " of " +
                                    std::to_string(campaign.answers_count) + " answers accepted"});
  }
  for (const ledger::Deployment& one : report.deployments) {
    rows.push_back({one.removed_ms == 0 ? "stands on" : "stood on", "node " + one.node.hex()});
  }
  for (const datahub::ProvenanceLink& link : report.graph.links()) {
    rows.push_back({std::string(to_string(link.grade)), std::string(to_string(link.from.kind)) +
                                                            " " + link.from.id.short_hex() + " → " +
                                                            std::string(to_string(link.to.kind)) +
                                                            " " + link.to.id.short_hex()});
  }
  return columns(rows);
}

}  // namespace oort::cli
