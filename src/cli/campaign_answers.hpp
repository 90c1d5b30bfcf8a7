// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/datahub/aggregation.hpp"
#include "oort/datahub/screening.hpp"
#include "oort/ledger/datahub_operations.hpp"

/// What a steward computes of answers: the trees of batches, the result, and who is paid for what.
/// Pure: equal files and secret give equal operations, so nothing needs to be kept but the files.
namespace oort::cli {

/// What only the steward knows of a campaign, made of its key so that nothing has to be kept.
[[nodiscard]] Bytes32 campaign_secret(const crypto::KeyPair& keys, const CampaignId& campaign);

/// One line of an answers file, `sample,account,label`.
struct NamedAnswer {
  std::string sample;
  AccountId account;
  std::string label;
  friend bool operator==(const NamedAnswer&, const NamedAnswer&) = default;
};
/// Rows of a CSV whose header is `columns`, in that order; fields hold neither commas nor quotes.
/// Fails with MALFORMED naming the line, and with TOO_LARGE.
[[nodiscard]] Result<std::vector<std::vector<std::string>>> parse_rows(
    std::string_view text, const std::vector<std::string>& columns);
/// Fails also with ALREADY_EXISTS for a second answer of one account to one sample.
[[nodiscard]] Result<std::vector<NamedAnswer>> parse_answers(std::string_view text);

/// A line of a gold file, `sample,label`, ascending by sample, each once.
struct GoldLine {
  std::string sample;
  std::string label;
};
[[nodiscard]] Result<std::vector<GoldLine>> parse_gold(std::string_view text);
/// RFC 6962 over the lines `sample,label`.
[[nodiscard]] Bytes32 gold_root_of(const std::vector<GoldLine>& gold);
/// Made of the campaign's secret, as is the commitment that the ledger gets before any answer.
[[nodiscard]] Bytes32 gold_salt_of(const Bytes32& secret);
[[nodiscard]] Bytes32 gold_commitment_of(const Bytes32& secret, const std::vector<GoldLine>& gold);

/// A batch as the ledger wants it. Contributions ascend by account; their pseudonyms are made of
/// the secret and the campaign, so that nobody else joins the campaigns of one person by them.
struct BatchTree {
  ledger::BatchCommit commit;
  std::vector<ledger::Contribution> contributions;
  std::vector<Bytes32> leaves;
  [[nodiscard]] ledger::ContributionPath path(std::size_t place) const;
};
/// Requires: answers. The salt of each answer's commitment is made of the secret as well.
[[nodiscard]] BatchTree batch_of(const CampaignId& campaign, std::uint32_t number,
                                 const std::vector<NamedAnswer>& answers, const Bytes32& secret);

/// What all batches came to.
struct CampaignResult {
  std::vector<std::string> samples;  ///< Ascending.
  std::vector<std::string> labels;   ///< Ascending.
  std::vector<datahub::SampleVerdict> verdicts;
  datahub::Method method = datahub::Method::Majority;
  std::uint32_t gold_accuracy_ppm = 0;
  std::size_t contributors_count = 0;
  std::size_t screened_out_count = 0;
  std::size_t tied_count = 0;
  std::size_t gold_unseen_count = 0;  ///< Gold that nobody answered.
  Bytes32 digest;
  /// By batch and place of the contribution: answers that are accepted.
  std::vector<std::vector<std::uint32_t>> accepted;
};
/// Aggregates what those said who stand the gold, and accepts of each of them the answers that
/// agree with the result, on gold with the gold. Requires: `batches` and `trees` belong together.
/// Gold that nobody answered is left out. Fails with BAD_ARGUMENT where that is all of it, and as
/// `Answers`.
[[nodiscard]] Result<CampaignResult> settle_answers(
    const std::vector<std::vector<NamedAnswer>>& batches, const std::vector<BatchTree>& trees,
    const std::vector<GoldLine>& gold, ledger::CampaignMethod method);

/// Payouts of one batch, each with at most `payout_lines_max` lines.
[[nodiscard]] std::vector<ledger::PayoutPost> payouts_of(const BatchTree& tree,
                                                         const std::vector<std::uint32_t>& accepted,
                                                         const Bytes32& result);

}  // namespace oort::cli
