// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/deployed_model.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/model_records.hpp"

namespace oort::datahub {
namespace {

constexpr std::size_t statement_bytes_max = std::size_t{16} << 20;

tl::unexpected<Error> broken(const std::string& part, const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof, part + ": " + why);
}

}  // namespace

void encode(codec::Writer& out, const DeployedModel& value) {
  out.raw(as_bytes(deployed_model_magic));
  out.blob(as_bytes(value.statement));
  out.blob(value.provenance);
  out.u32(static_cast<std::uint32_t>(value.files.size()));
  for (const Bytes& file : value.files) out.blob(file);
}

Result<void> decode(codec::Reader& in, DeployedModel& value) {
  OORT_TRY(const ByteView magic, in.raw(deployed_model_magic.size()));
  if (!std::ranges::equal(magic, as_bytes(deployed_model_magic))) {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "it does not begin with " + std::string(deployed_model_magic));
  }
  OORT_TRY(value.statement, in.text(statement_bytes_max));
  OORT_TRY(const ByteView provenance, in.blob(provenance_bytes_max));
  value.provenance = to_bytes(provenance);
  OORT_TRY(const std::uint32_t count, in.count(deployed_files_max, 4));
  value.files.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(const ByteView file, in.blob(deployed_bytes_max));
    value.files.push_back(to_bytes(file));
  }
  return {};
}

Result<CheckedModel> check_deployed(const DeployedModel& model, const ModelId& root,
                                    const NodeId& node, const StateProofCheck& check) {
  OORT_TRY(Manifest manifest, parse_manifest_statement(model.statement));
  if (manifest.root() != Bytes32(root.array())) return broken("manifest", "it is of another root");
  if (manifest.files().size() != model.files.size()) {
    return broken("manifest", "not as many files as it names");
  }
  for (std::size_t i = 0; i < model.files.size(); ++i) {
    const ManifestFile& named = manifest.files()[i];
    if (crypto::sha256(model.files[i]) != named.sha256) {
      return broken("file " + named.name, "its bytes are not those of the manifest");
    }
  }
  OORT_TRY(ProvenanceReport report, verify_provenance(model.provenance, check));
  if (report.model.root != root) return broken("model", "the bundle is of another model");
  const auto here = std::ranges::find(report.deployments, node, &ledger::Deployment::node);
  if (here == report.deployments.end() || here->removed_ms != 0) {
    return broken("deployment", "the ledger does not say that it stands on this node");
  }
  return CheckedModel{std::move(manifest), std::move(report)};
}

const Bytes* file_of(const DeployedModel& model, const Manifest& manifest, std::string_view name) {
  const auto& files = manifest.files();
  const auto found = std::ranges::find(files, name, &ManifestFile::name);
  if (found == files.end()) return nullptr;
  return &model.files[static_cast<std::size_t>(found - files.begin())];
}

}  // namespace oort::datahub
