// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/datahub/json.hpp"

/// What a sealed dataset says of itself, written as Croissant 1.1 with the RAI vocabulary 1.0 and
/// lineage in PROV-O.
///
/// Invariants
///   C1  A card with an empty mandatory answer makes no manifest.
///   C2  Equal cards make equal canonical bytes.
///   C3  A sample's split depends on its hash and the seed alone: samples that are added move none.
namespace oort::datahub {

enum class Split : std::uint8_t { Train = 0, Validation = 1, Test = 2 };
[[nodiscard]] std::string_view to_string(Split split) noexcept;
/// Shares of the samples; the rest is for training.
struct SplitRule {
  Bytes32 seed;
  std::uint32_t validation_ppm = 100'000;
  std::uint32_t test_ppm = 100'000;
};
/// Requires: the shares sum to at most a million.
[[nodiscard]] Split split_of(const Bytes32& sample_sha256, const SplitRule& rule);

struct CardFile {
  std::string name;  ///< Its path in the manifest.
  Bytes32 sha256;
  std::uint64_t size_bytes = 0;
  std::string encoding_format;  ///< A media type.
  std::string url;
};
/// A column of the table of records.
struct CardField {
  std::string name;
  std::string data_type = "sc:Text";
  std::string description;
};
/// A dataset or model that this one was made of.
struct CardParent {
  Bytes32 root;
  std::string relation;  ///< For people: "subset", "translation" and so on.
};
/// RAI answers for people. Mandatory: all but `machine_annotation_tools` and `social_impact`.
struct CardAnswers {
  std::string collection;
  std::string collection_type;
  std::string annotation_protocol;
  std::string annotation_platform;
  std::string annotation_analysis;  ///< Agreement and accuracy on gold belong here.
  std::string annotations_per_sample;
  std::string sensitive_information;
  std::string biases;
  std::string limitations;
  std::string use_cases;
  std::string maintenance_plan;
  std::string machine_annotation_tools;
  std::string social_impact;
};
struct DatasetCard {
  std::string name;
  std::string description;
  std::string license;  ///< URL of the licence.
  std::string url;
  std::string creator;
  std::string date_published;  ///< ISO 8601.
  std::string version;         ///< Major.minor.patch.
  std::vector<std::string> keywords;
  std::vector<std::string> languages;
  Bytes32 root;                ///< Of the manifest.
  Bytes32 contributions_root;  ///< Of the tree of contributions.
  std::vector<CardFile> files;
  std::string records_file;  ///< The CSV among the files that `fields` describe; may be empty.
  std::vector<CardField> fields;
  std::vector<CardParent> parents;
  std::string campaign;    ///< What generated it, for people.
  std::string started_at;  ///< ISO 8601.
  std::string ended_at;    ///< ISO 8601.
  std::uint64_t contributors_count = 0;
  CardAnswers answers;
};

/// `urn:oort:sha256:` and the root in hexadecimal.
[[nodiscard]] std::string urn_of(const Bytes32& root);
/// Fails with BAD_ARGUMENT and the name of what is missing (C1) or contradicts itself.
[[nodiscard]] Result<Json> croissant_of(const DatasetCard& card);

}  // namespace oort::datahub
