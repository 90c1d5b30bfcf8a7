// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/dataset_card.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::datahub {

namespace {

using Answer = std::pair<const char*, const std::string*>;

Result<void> require(const std::vector<Answer>& answers) {
  for (const auto& [name, text] : answers) {
    if (text->empty()) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  std::string("the card does not say ") + name);
    }
  }
  return {};
}

std::vector<Answer> rai_answers(const CardAnswers& a) {
  return {{"rai:dataCollection", &a.collection},
          {"rai:dataCollectionType", &a.collection_type},
          {"rai:dataAnnotationProtocol", &a.annotation_protocol},
          {"rai:dataAnnotationPlatform", &a.annotation_platform},
          {"rai:dataAnnotationAnalysis", &a.annotation_analysis},
          {"rai:annotationsPerItem", &a.annotations_per_sample},
          {"rai:personalSensitiveInformation", &a.sensitive_information},
          {"rai:dataBiases", &a.biases},
          {"rai:dataLimitations", &a.limitations},
          {"rai:dataUseCases", &a.use_cases},
          {"rai:dataReleaseMaintenancePlan", &a.maintenance_plan}};
}

/// The context of Croissant 1.1, appendix 1, with PROV-O.
Json context() {
  Json context = Json::object({{"@language", "en"},
                               {"@vocab", "http://schema.org/"},
                               {"sc", "http://schema.org/"},
                               {"cr", "http://mlcommons.org/croissant/"},
                               {"rai", "http://mlcommons.org/croissant/RAI/"},
                               {"dct", "http://purl.org/dc/terms/"},
                               {"prov", "http://www.w3.org/ns/prov#"},
                               {"conformsTo", "dct:conformsTo"}});
  constexpr std::array<const char*, 29> own = {
      "annotation",         "arrayShape", "citeAs",   "column",    "containedIn",
      "equivalentProperty", "excludes",   "extract",  "field",     "fileProperty",
      "fileObject",         "fileSet",    "format",   "includes",  "isArray",
      "isLiveDataset",      "jsonPath",   "key",      "md5",       "parentField",
      "recordSet",          "references", "regex",    "readLines", "sdVersion",
      "separator",          "source",     "subField", "transform"};
  for (const char* const name : own) context.set(name, std::string("cr:") + name);
  context.set("unArchive", "cr:unArchive");
  context.set("value", "cr:value");
  context.set("data", Json::object({{"@id", "cr:data"}, {"@type", "@json"}}));
  context.set("examples", Json::object({{"@id", "cr:examples"}, {"@type", "@json"}}));
  context.set("dataType", Json::object({{"@id", "cr:dataType"}, {"@type", "@vocab"}}));
  return context;
}

Json reference(std::string id) { return Json::object({{"@id", std::move(id)}}); }

Json texts(const std::vector<std::string>& values) {
  Json array((Json::Array()));
  for (const std::string& value : values) array.append(value);
  return array;
}

Json file_object(const CardFile& file) {
  return Json::object({{"@type", "cr:FileObject"},
                       {"@id", file.name},
                       {"name", file.name},
                       {"contentUrl", file.url.empty() ? file.name : file.url},
                       {"contentSize", std::to_string(file.size_bytes) + " B"},
                       {"encodingFormat", file.encoding_format},
                       {"sha256", file.sha256.hex()}});
}

Json record_set(const DatasetCard& card) {
  Json fields((Json::Array()));
  for (const CardField& field : card.fields) {
    const Json source = Json::object({{"fileObject", reference(card.records_file)},
                                      {"extract", Json::object({{"column", field.name}})}});
    Json made = Json::object({{"@type", "cr:Field"},
                              {"@id", "records/" + field.name},
                              {"name", field.name},
                              {"dataType", field.data_type},
                              {"source", source}});
    if (!field.description.empty()) made.set("description", field.description);
    fields.append(std::move(made));
  }
  return Json::object({{"@type", "cr:RecordSet"},
                       {"@id", "records"},
                       {"name", "records"},
                       {"field", std::move(fields)}});
}

/// What JSON-LD merges when it has one name twice would be two things under one name.
Result<void> check_names(const DatasetCard& card) {
  std::set<std::string> names;
  for (const CardFile& file : card.files) {
    if (file.name.empty() || file.encoding_format.empty() || !names.insert(file.name).second) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  "each file needs a name of its own and a format: " + file.name);
    }
  }
  if (card.files.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, "the card names no file");
  }
  if (!card.fields.empty() && !names.contains(card.records_file)) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "the fields are of no file of the card");
  }
  std::set<std::string> fields;
  for (const CardField& field : card.fields) {
    if (field.name.empty() || !fields.insert(field.name).second) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  "each field needs a name of its own: " + field.name);
    }
  }
  return {};
}

void add_lineage(Json& json, const DatasetCard& card) {
  Json parents((Json::Array()));
  for (const CardParent& parent : card.parents) {
    parents.append(Json::object({{"@id", urn_of(parent.root)}, {"prov:label", parent.relation}}));
  }
  if (!card.parents.empty()) json.set("prov:wasDerivedFrom", std::move(parents));
  json.set("prov:wasGeneratedBy", Json::object({{"@type", "prov:Activity"},
                                                {"prov:label", card.campaign},
                                                {"prov:startedAtTime", card.started_at},
                                                {"prov:endedAtTime", card.ended_at}}));
  const std::string crowd = std::to_string(card.contributors_count) +
                            " contributors, tree sha256:" + card.contributions_root.hex();
  json.set("prov:wasAttributedTo",
           Json::array({Json::object({{"@type", "prov:Agent"}, {"prov:label", card.creator}}),
                        Json::object({{"@type", "prov:Agent"}, {"prov:label", crowd}})}));
}

}  // namespace

std::string_view to_string(Split split) noexcept {
  switch (split) {
    case Split::Train: return "train";
    case Split::Validation: return "validation";
    case Split::Test: return "test";
  }
  return "unknown";
}

Split split_of(const Bytes32& sample_sha256, const SplitRule& rule) {
  constexpr std::uint64_t whole = 1'000'000;
  OORT_ASSERT(std::uint64_t{rule.validation_ppm} + rule.test_ppm <= whole,
              "shares sum to at most one");
  const Bytes32 hash = crypto::keyed_hash(rule.seed, sample_sha256.view());
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    value |= std::to_integer<std::uint64_t>(hash.array()[i]) << (8 * i);
  }
  const std::uint64_t place = value % whole;
  if (place < rule.test_ppm) return Split::Test;
  if (place < std::uint64_t{rule.test_ppm} + rule.validation_ppm) return Split::Validation;
  return Split::Train;
}

std::string urn_of(const Bytes32& root) { return "urn:oort:sha256:" + root.hex(); }

Result<Json> croissant_of(const DatasetCard& card) {
  OORT_TRY(require({{"name", &card.name},
                    {"description", &card.description},
                    {"license", &card.license},
                    {"url", &card.url},
                    {"creator", &card.creator},
                    {"datePublished", &card.date_published},
                    {"version", &card.version},
                    {"prov:wasGeneratedBy", &card.campaign},
                    {"prov:startedAtTime", &card.started_at},
                    {"prov:endedAtTime", &card.ended_at}}));
  const std::vector<Answer> answers = rai_answers(card.answers);
  OORT_TRY(require(answers));
  OORT_TRY(check_names(card));
  Json json = Json::object(
      {{"@context", context()},
       {"@type", "sc:Dataset"},
       {"@id", urn_of(card.root)},
       {"conformsTo", Json::array({"http://mlcommons.org/croissant/1.1",
                                   "http://mlcommons.org/croissant/RAI/1.0"})},
       {"name", card.name},
       {"description", card.description},
       {"license", card.license},
       {"url", card.url},
       {"creator", Json::object({{"@type", "sc:Organization"}, {"name", card.creator}})},
       {"datePublished", card.date_published},
       {"version", card.version},
       {"keywords", texts(card.keywords)},
       {"inLanguage", texts(card.languages)},
       {"isLiveDataset", false}});
  Json distribution((Json::Array()));
  for (const CardFile& file : card.files) distribution.append(file_object(file));
  json.set("distribution", std::move(distribution));
  if (!card.fields.empty()) json.set("recordSet", Json::array({record_set(card)}));
  for (const auto& [name, text] : answers) json.set(name, *text);
  if (!card.answers.machine_annotation_tools.empty()) {
    json.set("rai:machineAnnotationTools", card.answers.machine_annotation_tools);
  }
  if (!card.answers.social_impact.empty()) {
    json.set("rai:dataSocialImpact", card.answers.social_impact);
  }
  add_lineage(json, card);
  return json;
}

}  // namespace oort::datahub
