// SPDX-License-Identifier: Apache-2.0
#include "dataset_folder.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "json_fields.hpp"
#include "key_file.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/datahub/dataset_card.hpp"
#include "oort/datahub/manifest.hpp"
#include "oort/datahub/sample_tree.hpp"

namespace oort::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t file_bytes_max = std::size_t{1} << 31;

tl::unexpected<Error> refused(const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, why);
}

void read_texts(JsonFields& fields, const std::string& name, std::vector<std::string>& texts) {
  const Json* found = fields.find(name);
  if (found == nullptr) return;
  if (!found->is_array()) return fields.refuse(name, "must be a list of texts");
  for (const Json& each : *found) {
    if (!each.is_string()) return fields.refuse(name, "must be a list of texts");
    texts.push_back(each.get<std::string>());
  }
}

}  // namespace

Result<datahub::Manifest> Folder::manifest() const {
  std::vector<datahub::ManifestFile> all;
  all.reserve(files.size());
  for (const FolderFile& each : files) all.push_back(each.file);
  return datahub::Manifest::from(std::move(all));
}

Result<Folder> read_folder(const fs::path& path) {
  std::error_code problem;
  if (!fs::is_directory(path, problem)) {
    return fail(ErrorCode::NotFound, reason::not_found, path.string() + " is no folder");
  }
  Folder folder;
  fs::recursive_directory_iterator place(path, problem);
  for (; !problem && place != fs::recursive_directory_iterator(); place.increment(problem)) {
    if (place->is_symlink() || !place->is_regular_file()) continue;
    OORT_TRY(const Bytes bytes, read_file(place->path(), file_bytes_max));
    const std::string name = fs::relative(place->path(), path, problem).generic_string();
    folder.files.push_back({{name, crypto::sha256(bytes)}, bytes.size()});
    folder.bytes += bytes.size();
  }
  if (problem) return refused(path.string() + ": " + problem.message());
  std::ranges::sort(folder.files, {}, [](const FolderFile& each) { return each.file.name; });
  return folder;
}

std::vector<Bytes32> leaves_of(const std::vector<std::string>& samples) {
  std::vector<Bytes32> leaves;
  leaves.reserve(samples.size());
  for (const std::string& sample : samples) {
    leaves.push_back(datahub::sample_leaf(as_bytes(sample)));
  }
  return leaves;
}

std::string splits_csv(const std::vector<std::string>& samples, const datahub::SplitRule& rule) {
  std::string text = "sample,split\n";
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const datahub::Split split = datahub::split_of(crypto::sha256(as_bytes(samples[i])), rule);
    text += std::to_string(i) + "," + std::string(datahub::to_string(split)) + "\n";
  }
  return text;
}

Result<datahub::DatasetCard> read_card(const Json& description) {
  JsonFields fields(description, "card");
  datahub::DatasetCard card;
  card.description = fields.text("description", "");
  card.license = fields.text("license", "");
  card.url = fields.text("url", "");
  card.creator = fields.text("creator", "");
  card.date_published = fields.text("date_published", "");
  card.started_at = fields.text("started_at", "");
  card.ended_at = fields.text("ended_at", "");
  card.campaign = fields.text("campaign", "");
  card.contributors_count = fields.number("contributors_count", 0, std::uint64_t{1} << 53);
  read_texts(fields, "keywords", card.keywords);
  read_texts(fields, "languages", card.languages);
  datahub::CardAnswers& answers = card.answers;
  for (const auto& [name, text] : std::initializer_list<std::pair<const char*, std::string*>>{
           {"collection", &answers.collection},
           {"collection_type", &answers.collection_type},
           {"annotation_protocol", &answers.annotation_protocol},
           {"annotation_platform", &answers.annotation_platform},
           {"annotation_analysis", &answers.annotation_analysis},
           {"annotations_per_sample", &answers.annotations_per_sample},
           {"sensitive_information", &answers.sensitive_information},
           {"biases", &answers.biases},
           {"limitations", &answers.limitations},
           {"use_cases", &answers.use_cases},
           {"maintenance_plan", &answers.maintenance_plan},
           {"machine_annotation_tools", &answers.machine_annotation_tools},
           {"social_impact", &answers.social_impact}}) {
    *text = fields.text(name, "");
  }
  OORT_TRY(fields.finish());
  return card;
}

}  // namespace oort::cli
