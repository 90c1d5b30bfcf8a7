// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/datahub/manifest.hpp"
#include "oort/datahub/provenance_bundle.hpp"

/// A model as a device keeps it: its bytes, and everything that shows to the holder of a genesis
/// file that they are the model, what made it, and that it was deployed there.
///
/// Invariants
///   D1  A model is taken only when its manifest has the root, every file the hash that the
///   manifest
///       names, the bundle of its provenance proves, and a deployment on this very node stands.
///   D2  Equal models have equal bytes, which begin with "OORTMDL1", and no others decode.
namespace oort::datahub {

inline constexpr std::string_view deployed_model_magic = "OORTMDL1";
inline constexpr std::size_t deployed_files_max = 1024;
inline constexpr std::size_t deployed_bytes_max = std::size_t{1} << 30;

struct DeployedModel {
  std::string statement;     ///< Of the manifest, by OpenSSF Model Signing.
  Bytes provenance;          ///< A ProvenanceBundle.
  std::vector<Bytes> files;  ///< Contents, in the order of the manifest.
  friend bool operator==(const DeployedModel&, const DeployedModel&) = default;
};
/// The magic, the statement, the bundle, and the files, each after its length.
void encode(codec::Writer& out, const DeployedModel& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, DeployedModel& value);

/// What a model is once it was checked.
struct CheckedModel {
  Manifest manifest;
  ProvenanceReport report;
};
/// Fails with BAD_PROOF (D1), whose detail begins with the broken part: "manifest", "file NAME",
/// "deployment", or as `verify_provenance` says; and as `parse_manifest_statement`.
[[nodiscard]] Result<CheckedModel> check_deployed(const DeployedModel& model, const ModelId& root,
                                                  const NodeId& node, const StateProofCheck& check);

/// The content of a file; null when the manifest has none of that name.
[[nodiscard]] const Bytes* file_of(const DeployedModel& model, const Manifest& manifest,
                                   std::string_view name);

}  // namespace oort::datahub
