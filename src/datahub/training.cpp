// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/training.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <utility>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::datahub {

namespace {

constexpr std::string_view statement_type = "https://in-toto.io/Statement/v1";
constexpr std::string_view predicate_type = "https://slsa.dev/provenance/v1";
constexpr std::string_view build_type = "urn:oort:training:v1";
constexpr std::string_view node_prefix = "urn:oort:node:";
constexpr std::uint64_t end_of_years_ms = 253'402'300'800'000;  // 10000-01-01T00:00:00Z.

tl::unexpected<Error> refused(const char* why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, why);
}
tl::unexpected<Error> malformed(const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::malformed, "training statement: " + why);
}
tl::unexpected<Error> unproven(const char* why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof, why);
}

Result<void> check(const TrainingInputs& inputs) {
  const auto& datasets = inputs.datasets;
  if (datasets.empty() || datasets.size() > training_datasets_max) {
    return refused("a training has one dataset or more, up to its greatest number");
  }
  if (std::adjacent_find(datasets.begin(), datasets.end(), std::greater_equal<>()) !=
      datasets.end()) {
    return refused("the datasets are ascending and each once");
  }
  return {};
}

Json digest_json(const Bytes32& digest) { return Json::object({{"sha256", digest.hex()}}); }

/// An in-toto resource descriptor.
Json dependency(const char* name, const Bytes32& digest) {
  return Json::object({{"name", name},
                       {"uri", "urn:oort:sha256:" + digest.hex()},
                       {"digest", digest_json(digest)}});
}

Json dependencies_of(const TrainingInputs& inputs) {
  Json all((Json::Array()));
  for (const Bytes32& root : inputs.datasets) all.append(dependency("dataset", root));
  if (inputs.base_model) all.append(dependency("base-model", *inputs.base_model));
  all.append(dependency("code", inputs.code));
  all.append(dependency("image", inputs.image));
  return all;
}

/// Walks down a path of members; null where one is missing.
const Json* at(const Json* value, std::initializer_list<std::string_view> path) {
  for (const std::string_view name : path) {
    if (value == nullptr) return nullptr;
    value = value->find(name);
  }
  return value;
}
std::string_view text_at(const Json& value, std::initializer_list<std::string_view> path) {
  const Json* const found = at(&value, path);
  const std::string* const text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}
const Json::Array& array_at(const Json& value, std::initializer_list<std::string_view> path) {
  static const Json::Array none;
  const Json* const found = at(&value, path);
  const Json::Array* const array = found == nullptr ? nullptr : found->if_array();
  return array == nullptr ? none : *array;
}

template <class Id>
Result<Id> id_at(const Json& value, std::initializer_list<std::string_view> path,
                 std::string_view prefix = {}) {
  std::string_view text = text_at(value, path);
  if (text.starts_with(prefix)) {
    text.remove_prefix(prefix.size());
    if (const auto id = Id::from_hex(text)) return *id;
  }
  return malformed(std::string(*(path.end() - 1)) + " is no identifier");
}

Result<void> read_dependency(const Json& resource, TrainingInputs& inputs) {
  OORT_TRY(const auto digest, id_at<Bytes32>(resource, {"digest", "sha256"}));
  const std::string_view name = text_at(resource, {"name"});
  if (name == "dataset") {
    inputs.datasets.push_back(digest);
  } else if (name == "base-model") {
    inputs.base_model = digest;
  } else if (name == "code") {
    inputs.code = digest;
  } else if (name == "image") {
    inputs.image = digest;
  } else {
    return malformed("an unknown dependency");
  }
  return {};
}

Result<WallTime> time_at(const Json& value, std::string_view name) {
  const auto time = parse_iso(text_at(value, {"predicate", "runDetails", "metadata", name}));
  if (!time) return malformed(std::string(name) + " is no time");
  return *time;
}

}  // namespace

std::string iso_of(WallTime time) {
  OORT_ASSERT(time.milliseconds < end_of_years_ms, "a year has four digits");
  const std::chrono::sys_time<std::chrono::milliseconds> point{
      std::chrono::milliseconds(time.milliseconds)};
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(point - day);
  const auto digits = [](std::int64_t value, std::size_t count) {
    const std::string text = std::to_string(value);
    return std::string(count - text.size(), '0') + text;
  };
  return digits(static_cast<int>(date.year()), 4) + "-" +
         digits(static_cast<unsigned>(date.month()), 2) + "-" +
         digits(static_cast<unsigned>(date.day()), 2) + "T" + digits(clock.hours().count(), 2) +
         ":" + digits(clock.minutes().count(), 2) + ":" + digits(clock.seconds().count(), 2) + "." +
         digits(clock.subseconds().count(), 3) + "Z";
}

std::optional<WallTime> parse_iso(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != form.size()) return std::nullopt;
  std::array<int, 7> parts{};
  std::size_t part = 0;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == 'd') {
      if (text[i] < '0' || text[i] > '9') return std::nullopt;
      parts[part] = parts[part] * 10 + (text[i] - '0');
    } else {
      if (text[i] != form[i]) return std::nullopt;
      if (i + 1 < form.size()) ++part;
    }
  }
  const auto [year, month, day, hour, minute, second, millisecond] = parts;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1970 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::chrono::milliseconds whole = std::chrono::sys_days(date).time_since_epoch() +
                                          std::chrono::hours(hour) + std::chrono::minutes(minute) +
                                          std::chrono::seconds(second) +
                                          std::chrono::milliseconds(millisecond);
  return WallTime{static_cast<std::uint64_t>(whole.count())};
}

Result<Json> json_of(const TrainingStart& start) {
  OORT_TRY(check(start.inputs));
  return Json::object({{"type", "urn:oort:training-start:v1"},
                       {"job", start.job.hex()},
                       {"trainer", start.trainer.hex()},
                       {"recipe", digest_json(start.inputs.recipe)},
                       {"dependencies", dependencies_of(start.inputs)},
                       {"notBefore", start.not_before.hex()}});
}

Result<Bytes32> digest_of(const TrainingStart& start) {
  OORT_TRY(const Json json, json_of(start));
  OORT_TRY(const std::string text, canonical(json));
  return crypto::sha256(as_bytes(text));
}

Result<Json> statement_of(const TrainingRun& run) {
  OORT_TRY(check(run.inputs));
  if (run.model_name.empty()) return refused("the model has no name");
  if (run.receipts.size() > training_receipts_max) return refused("too many receipts");
  if (run.finished < run.started || run.finished.milliseconds >= end_of_years_ms) {
    return refused("the run ends before it begins, or after the year 9999");
  }
  Json receipts((Json::Array()));
  for (const Bytes32& receipt : run.receipts) {
    receipts.append(Json::object({{"name", "receipt"}, {"digest", digest_json(receipt)}}));
  }
  const Json definition = Json::object(
      {{"buildType", build_type},
       {"externalParameters", Json::object({{"recipe", digest_json(run.inputs.recipe)}})},
       {"internalParameters", Json::object({{"start", digest_json(run.start)}})},
       {"resolvedDependencies", dependencies_of(run.inputs)}});
  const Json details = Json::object(
      {{"builder", Json::object({{"id", std::string(node_prefix) + run.trainer.hex()}})},
       {"metadata", Json::object({{"invocationId", run.job.hex()},
                                  {"startedOn", iso_of(run.started)},
                                  {"finishedOn", iso_of(run.finished)}})},
       {"byproducts", std::move(receipts)}});
  const Json subject = Json::object({{"name", run.model_name}, {"digest", digest_json(run.model)}});
  return Json::object(
      {{"_type", statement_type},
       {"subject", Json::array({subject})},
       {"predicateType", predicate_type},
       {"predicate", Json::object({{"buildDefinition", definition}, {"runDetails", details}})}});
}

Result<TrainingRun> parse_training_statement(std::string_view text) {
  OORT_TRY(const Json json, parse_json(text));
  const Json::Array& subjects = array_at(json, {"subject"});
  if (subjects.size() != 1) return malformed("not exactly one subject");
  TrainingRun run;
  run.model_name = text_at(subjects.front(), {"name"});
  OORT_TRY(run.model, id_at<Bytes32>(subjects.front(), {"digest", "sha256"}));
  const std::initializer_list<std::string_view> recipe = {"predicate", "buildDefinition",
                                                          "externalParameters", "recipe", "sha256"};
  OORT_TRY(run.inputs.recipe, id_at<Bytes32>(json, recipe));
  const std::initializer_list<std::string_view> start = {"predicate", "buildDefinition",
                                                         "internalParameters", "start", "sha256"};
  OORT_TRY(run.start, id_at<Bytes32>(json, start));
  for (const Json& each :
       array_at(json, {"predicate", "buildDefinition", "resolvedDependencies"})) {
    OORT_TRY(read_dependency(each, run.inputs));
  }
  OORT_TRY(run.trainer,
           id_at<NodeId>(json, {"predicate", "runDetails", "builder", "id"}, node_prefix));
  OORT_TRY(run.job, id_at<JobId>(json, {"predicate", "runDetails", "metadata", "invocationId"}));
  OORT_TRY(run.started, time_at(json, "startedOn"));
  OORT_TRY(run.finished, time_at(json, "finishedOn"));
  for (const Json& each : array_at(json, {"predicate", "runDetails", "byproducts"})) {
    OORT_TRY(const auto receipt, id_at<Bytes32>(each, {"digest", "sha256"}));
    run.receipts.push_back(receipt);
  }
  // What was not looked at above, types and order among it, must be as we would have written it.
  auto again = statement_of(run);
  if (!again) return malformed(again.error().detail());
  OORT_TRY(const std::string one, canonical(*again));
  if (one != text) {
    return fail(ErrorCode::InvalidArgument, reason::not_canonical,
                "the training statement is not the one text of its run");
  }
  return run;
}

Result<void> check_run(const TrainingRun& run, const TrainingStart& start) {
  OORT_TRY(const Bytes32 digest, digest_of(start));
  if (run.start != digest) return unproven("the run names another start");
  if (run.inputs != start.inputs) return unproven("the run has other inputs than were committed");
  if (run.trainer != start.trainer) return unproven("somebody else ran it than had begun it");
  if (run.job != start.job) return unproven("the run is of another job");
  if (run.finished < run.started) return unproven("the run ends before it begins");
  return {};
}

std::string_view to_string(Grade grade) noexcept {
  switch (grade) {
    case Grade::Claimed: return "CLAIMED";
    case Grade::Witnessed: return "WITNESSED";
    case Grade::Replayed: return "REPLAYED";
  }
  return "UNKNOWN";
}

std::string_view not_excluded_by(Grade grade) noexcept {
  switch (grade) {
    case Grade::Claimed: return "that the signer says what is not so";
    case Grade::Witnessed:
      return "that the trainer's machine computed something else from these inputs, or brought "
             "data in by other ways than the network";
    case Grade::Replayed: return "that the inputs themselves are not what their makers say";
  }
  return "anything";
}

std::optional<Grade> grade_of(const TrainingEvidence& evidence, const Bytes32& model) noexcept {
  if (!evidence.is_signed) return std::nullopt;
  const bool is_witnessed = evidence.fits_start && evidence.was_start_final_before &&
                            !evidence.had_network && evidence.are_receipts_verified;
  if (!is_witnessed) return Grade::Claimed;
  return evidence.replayed_model == model ? Grade::Replayed : Grade::Witnessed;
}

}  // namespace oort::datahub
