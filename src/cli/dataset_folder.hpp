// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/datahub/dataset_card.hpp"
#include "oort/datahub/manifest.hpp"
#include "session.hpp"

/// A dataset or model as a folder of files.
namespace oort::cli {

struct FolderFile {
  datahub::ManifestFile file;
  std::uint64_t size_bytes = 0;
};
struct Folder {
  std::vector<FolderFile> files;  ///< Ascending by name.
  std::uint64_t bytes = 0;
  [[nodiscard]] Result<datahub::Manifest> manifest() const;
};
/// Every regular file below it, links apart. Fails with NOT_FOUND, BAD_ARGUMENT or TOO_LARGE.
[[nodiscard]] Result<Folder> read_folder(const std::filesystem::path& path);

/// Leaves of the tree of samples.
[[nodiscard]] std::vector<Bytes32> leaves_of(const std::vector<std::string>& samples);
/// `sample,split` for each, by its place from 0.
[[nodiscard]] std::string splits_csv(const std::vector<std::string>& samples,
                                     const datahub::SplitRule& rule);

/// What people say of a dataset, from a JSON description: the texts of DatasetCard and CardAnswers
/// by their names. Fails with BAD_ARGUMENT, naming the field.
[[nodiscard]] Result<datahub::DatasetCard> read_card(const Json& description);

/// `dataset seal`, `fetch` and `export`: what is made of files and of what is stored.
void add_dataset_file_commands(CLI::App& group, Session& session);

}  // namespace oort::cli
