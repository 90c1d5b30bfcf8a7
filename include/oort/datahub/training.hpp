// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/datahub/json.hpp"

/// Which data and which run made a model, as an in-toto Statement v1 with SLSA Provenance v1.
///
/// Invariants
///   K1  A run has one text, and that text reads back as the run; another text of it is refused.
///   K2  A run fits a start when it has the same inputs, trainer and job, names the start's digest,
///       and did not end before it began.
///   K3  A grade is never higher than its evidence: REPLAYED asks for all of WITNESSED, and that
///   for
///       all of CLAIMED.
namespace oort::datahub {

inline constexpr std::size_t training_datasets_max = 64;
inline constexpr std::size_t training_receipts_max = 4096;

/// What goes into a training. Committed to the ledger before anything runs.
struct TrainingInputs {
  std::vector<Bytes32> datasets;      ///< Roots, ascending, each once; one or more.
  std::optional<Bytes32> base_model;  ///< Root of the model that is trained on.
  Bytes32 recipe;                     ///< SHA-256 of the parameters.
  Bytes32 code;                       ///< SHA-256 of the archive of the code.
  Bytes32 image;                      ///< Digest of the container image.
  friend bool operator==(const TrainingInputs&, const TrainingInputs&) = default;
};
struct TrainingStart {
  JobId job;
  NodeId trainer;
  TrainingInputs inputs;
  BlockId not_before;  ///< A recent block: the start was not written before it.
  friend bool operator==(const TrainingStart&, const TrainingStart&) = default;
};
/// Fails with BAD_ARGUMENT for datasets out of order or without number.
[[nodiscard]] Result<Json> json_of(const TrainingStart& start);
/// SHA-256 of the canonical text. Fails like `json_of`.
[[nodiscard]] Result<Bytes32> digest_of(const TrainingStart& start);

struct TrainingRun {
  std::string model_name;
  Bytes32 model;  ///< Root of the manifest of what came out.
  JobId job;
  NodeId trainer;
  TrainingInputs inputs;
  Bytes32 start;  ///< Digest of the TrainingStart.
  WallTime started;
  WallTime finished;
  std::vector<Bytes32> receipts;  ///< Of the compute that was done, in order.
  friend bool operator==(const TrainingRun&, const TrainingRun&) = default;
};
/// The Statement as a document. Fails with BAD_ARGUMENT like `json_of`, for too many receipts, and
/// for times beyond the year 9999 or out of order.
[[nodiscard]] Result<Json> statement_of(const TrainingRun& run);
/// Reads the canonical text of a statement. Fails with MALFORMED, and with NOT_CANONICAL for any
/// other text (K1).
[[nodiscard]] Result<TrainingRun> parse_training_statement(std::string_view text);
/// K2. Fails with BAD_PROOF and what does not fit.
[[nodiscard]] Result<void> check_run(const TrainingRun& run, const TrainingStart& start);

/// `2026-11-22T10:00:00.000Z`. Requires: before the year 10000.
[[nodiscard]] std::string iso_of(WallTime time);
/// Exactly that form; empty for any other.
[[nodiscard]] std::optional<WallTime> parse_iso(std::string_view text);

/// How well a link is founded. Numbers are frozen.
enum class Grade : std::uint8_t {
  Claimed = 0,    ///< Somebody signed it.
  Witnessed = 1,  ///< The inputs were fixed before the run, which had no network, on checked nodes.
  Replayed = 2,   ///< Somebody else computed the same bits.
};
[[nodiscard]] std::string_view to_string(Grade grade) noexcept;
/// What a grade leaves possible, in words for people.
[[nodiscard]] std::string_view not_excluded_by(Grade grade) noexcept;

/// What is known of a run.
struct TrainingEvidence {
  bool is_signed = false;               ///< By the trainer's key.
  bool fits_start = false;              ///< `check_run` held.
  bool was_start_final_before = false;  ///< The start was final before the run began.
  bool had_network = true;
  bool are_receipts_verified = false;       ///< All, by executors that passed their challenges.
  std::optional<Bytes32> replayed_model{};  ///< What somebody else's run gave.
};
/// Empty when nobody signed it.
[[nodiscard]] std::optional<Grade> grade_of(const TrainingEvidence& evidence,
                                            const Bytes32& model) noexcept;

}  // namespace oort::datahub
