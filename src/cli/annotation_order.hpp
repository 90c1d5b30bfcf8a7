// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "campaign_answers.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/datahub/annotation_queue.hpp"

/// What a steward's files make of a queue, and what a person's line says about a sample. Pure.
namespace oort::cli {

/// A line of a samples file, `{"sample": "name", "content": "text or address"}`.
struct SampleLine {
  std::string name;
  std::string content;
  friend bool operator==(const SampleLine&, const SampleLine&) = default;
};
/// JSON lines; empty ones are skipped. Fails with MALFORMED, and with ALREADY_EXISTS for a second
/// sample of one name; both name the line.
[[nodiscard]] Result<std::vector<SampleLine>> parse_samples(std::string_view text);

/// Fails unless this is the gold that the campaign committed to, of which `committed` is empty
/// where there is none: with PRECONDITION_FAILED (nothing is committed), BAD_ARGUMENT (something
/// is, and no gold was named), BAD_PROOF (another gold).
[[nodiscard]] Result<void> check_gold(ByteView committed, const std::vector<GoldLine>& gold,
                                      const Bytes32& secret);

/// What the command line says of a queue.
struct QueueOptions {
  std::vector<std::string> labels;    ///< In the order in which people see them.
  std::vector<AccountId> annotators;  ///< In any order; empty: everybody.
  std::uint64_t lease_s = 900;
  std::uint32_t answers_max = 0;
};
/// The order for a node. Equal files, options and secrets give equal orders, whatever order the
/// lines stand in; the places of samples are drawn from the secret and tell nothing of the gold.
/// Fails with BAD_ARGUMENT for gold that is no sample or none of the labels, and as
/// datahub::check.
[[nodiscard]] Result<datahub::AnnotationOrder> order_of(const CampaignId& campaign,
                                                        const Bytes32& secret,
                                                        std::vector<SampleLine> samples,
                                                        const std::vector<GoldLine>& gold,
                                                        const QueueOptions& options);

/// Whether labels may be named by their places: not where one of them is a number itself.
[[nodiscard]] bool are_numbered(const std::vector<std::string>& labels) noexcept;
/// The label that a line means: itself or, where they are numbered, its place from 1. Fails with
/// BAD_ARGUMENT.
[[nodiscard]] Result<std::string> label_meant(const std::vector<std::string>& labels,
                                              const std::string& line);

/// A stranger's text for a terminal: whatever it would obey is a question mark.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace oort::cli
