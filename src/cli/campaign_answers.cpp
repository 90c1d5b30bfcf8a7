// SPDX-License-Identifier: Apache-2.0
#include "campaign_answers.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/datahub/aggregation.hpp"
#include "oort/datahub/answers.hpp"
#include "oort/datahub/sample_tree.hpp"
#include "oort/datahub/screening.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/datahub_operations.hpp"

namespace oort::cli {
namespace {

constexpr std::size_t field_bytes_max = 1024;

tl::unexpected<Error> bad_line(std::size_t line, const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::malformed,
              "line " + std::to_string(line) + ": " + why);
}

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> fields;
  while (true) {
    const std::size_t comma = line.find(',');
    fields.emplace_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

Bytes joined(ByteView a, ByteView b) {
  Bytes both = to_bytes(a);
  both.insert(both.end(), b.begin(), b.end());
  return both;
}

/// Salted, so that few possible labels cannot be tried.
Bytes32 commitment_of(const NamedAnswer& answer, const CampaignId& campaign,
                      const Bytes32& secret) {
  const std::string text = answer.sample + "," + answer.account.hex() + "," + answer.label;
  const Bytes32 salt =
      crypto::hmac_sha256(secret.view(), joined(campaign.view(), as_bytes("salt " + text)));
  return datahub::sample_leaf(joined(salt.view(), as_bytes(text)));
}

/// The place of each text in the sorted list of all.
std::vector<std::string> sorted(const std::set<std::string>& texts) {
  return {texts.begin(), texts.end()};
}
std::uint32_t place_of(const std::vector<std::string>& texts, const std::string& text) {
  return static_cast<std::uint32_t>(std::ranges::lower_bound(texts, text) - texts.begin());
}

/// Everything that was said, by places in sorted lists.
struct Crowd {
  std::vector<std::string> samples;
  std::vector<std::string> labels;
  std::vector<AccountId> accounts;
  datahub::Gold gold;

  [[nodiscard]] std::uint32_t place_of_account(const AccountId& account) const {
    return static_cast<std::uint32_t>(std::ranges::lower_bound(accounts, account) -
                                      accounts.begin());
  }
};

Result<Crowd> crowd_of(const std::vector<std::vector<NamedAnswer>>& batches,
                       const std::vector<GoldLine>& gold) {
  std::set<std::string> samples;
  std::set<std::string> labels;
  std::set<AccountId> accounts;
  for (const auto& batch : batches) {
    for (const NamedAnswer& answer : batch) {
      samples.insert(answer.sample);
      labels.insert(answer.label);
      accounts.insert(answer.account);
    }
  }
  // What was handed out to nobody tells nothing of anybody.
  std::vector<GoldLine> seen;
  std::ranges::copy_if(gold, std::back_inserter(seen),
                       [&](const GoldLine& line) { return samples.contains(line.sample); });
  if (seen.empty() && !gold.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "gold: nobody answered any of it, '" + gold.front().sample + "' for one");
  }
  for (const GoldLine& line : seen) labels.insert(line.label);
  Crowd crowd{sorted(samples), sorted(labels), {accounts.begin(), accounts.end()}, {}};
  for (const GoldLine& line : seen) {
    crowd.gold.emplace(place_of(crowd.samples, line.sample), place_of(crowd.labels, line.label));
  }
  return crowd;
}

datahub::AggregationOptions options_of(ledger::CampaignMethod method) {
  datahub::AggregationOptions options;
  options.method = static_cast<datahub::Method>(method);
  return options;
}

}  // namespace

Bytes32 campaign_secret(const crypto::KeyPair& keys, const CampaignId& campaign) {
  const Bytes message = joined(as_bytes(std::string_view("oort campaign secret")), campaign.view());
  return crypto::sha256(keys.sign(message).view());
}

Result<std::vector<std::vector<std::string>>> parse_rows(std::string_view text,
                                                         const std::vector<std::string>& columns) {
  std::vector<std::vector<std::string>> rows;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number;
    if (line.empty()) continue;
    if (line.find('"') != std::string_view::npos) return bad_line(number, "quotes are not read");
    std::vector<std::string> fields = split(line);
    if (number == 1) {
      if (fields != columns) return bad_line(1, "the columns are not those that are wanted");
      continue;
    }
    if (fields.size() != columns.size()) return bad_line(number, "another count of fields");
    for (const std::string& field : fields) {
      if (field.empty() || field.size() > field_bytes_max) {
        return bad_line(number, "a field is empty or too long");
      }
    }
    rows.push_back(std::move(fields));
  }
  if (rows.size() > datahub::answers_count_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large, "too many rows");
  }
  return rows;
}

Result<std::vector<NamedAnswer>> parse_answers(std::string_view text) {
  OORT_TRY(const auto rows, parse_rows(text, {"sample", "account", "label"}));
  std::vector<NamedAnswer> answers;
  std::set<std::pair<AccountId, std::string>> seen;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto account = AccountId::from_hex(rows[i][1]);
    if (!account) return bad_line(i + 2, "'" + rows[i][1] + "' is no account");
    if (!seen.emplace(*account, rows[i][0]).second) {
      return fail(ErrorCode::AlreadyExists, reason::already_exists,
                  "line " + std::to_string(i + 2) + ": the account has answered this sample");
    }
    answers.push_back({rows[i][0], *account, rows[i][2]});
  }
  if (answers.empty()) return bad_line(1, "there are no answers");
  return answers;
}

Result<std::vector<GoldLine>> parse_gold(std::string_view text) {
  OORT_TRY(const auto rows, parse_rows(text, {"sample", "label"}));
  std::vector<GoldLine> gold;
  gold.reserve(rows.size());
  for (const auto& row : rows) gold.push_back({row[0], row[1]});
  std::ranges::sort(gold, {}, &GoldLine::sample);
  const auto twice = std::ranges::adjacent_find(gold, {}, &GoldLine::sample);
  if (twice != gold.end()) {
    return fail(ErrorCode::AlreadyExists, reason::already_exists,
                "gold: the sample '" + twice->sample + "' stands twice");
  }
  return gold;
}

Bytes32 gold_root_of(const std::vector<GoldLine>& gold) {
  std::vector<Bytes32> leaves;
  leaves.reserve(gold.size());
  for (const GoldLine& line : gold) {
    leaves.push_back(datahub::sample_leaf(as_bytes(line.sample + "," + line.label)));
  }
  return datahub::sample_root(leaves);
}

Bytes32 gold_salt_of(const Bytes32& secret) {
  return crypto::hmac_sha256(secret.view(), as_bytes(std::string_view("gold")));
}

Bytes32 gold_commitment_of(const Bytes32& secret, const std::vector<GoldLine>& gold) {
  return ledger::gold_commitment(gold_salt_of(secret), gold_root_of(gold));
}

ledger::ContributionPath BatchTree::path(std::size_t place) const {
  const datahub::SampleProof proof = datahub::prove_sample(leaves, place);
  return {proof.index, proof.count, proof.path};
}

BatchTree batch_of(const CampaignId& campaign, std::uint32_t number,
                   const std::vector<NamedAnswer>& answers, const Bytes32& secret) {
  std::map<AccountId, std::map<std::string, const NamedAnswer*>> by_account;
  for (const NamedAnswer& answer : answers) {
    by_account[answer.account].emplace(answer.sample, &answer);
  }
  BatchTree tree;
  tree.commit.campaign = campaign;
  tree.commit.number = number;
  for (const auto& [account, given] : by_account) {
    std::vector<Bytes32> commitments;
    for (const auto& [sample, answer] : given) {
      commitments.push_back(commitment_of(*answer, campaign, secret));
    }
    const Bytes32 pseudonym =
        crypto::hmac_sha256(secret.view(), joined(campaign.view(), account.view()));
    tree.contributions.push_back({pseudonym, account, static_cast<std::uint32_t>(given.size()),
                                  datahub::sample_root(commitments)});
    tree.leaves.push_back(ledger::contribution_leaf(campaign, number, tree.contributions.back()));
    tree.commit.answers += static_cast<std::uint32_t>(given.size());
  }
  tree.commit.contributors = static_cast<std::uint32_t>(tree.contributions.size());
  tree.commit.root = datahub::sample_root(tree.leaves);
  return tree;
}

namespace {

Result<datahub::Answers> answers_in(const Crowd& crowd,
                                    const std::vector<std::vector<NamedAnswer>>& batches) {
  std::vector<datahub::Answer> said;
  for (const auto& batch : batches) {
    for (const NamedAnswer& answer : batch) {
      said.push_back({place_of(crowd.samples, answer.sample),
                      crowd.place_of_account(answer.account),
                      place_of(crowd.labels, answer.label)});
    }
  }
  return datahub::Answers::from(std::move(said), {static_cast<std::uint32_t>(crowd.samples.size()),
                                                  static_cast<std::uint32_t>(crowd.accounts.size()),
                                                  static_cast<std::uint32_t>(crowd.labels.size())});
}

/// Who stands the gold; everybody where there is none.
std::vector<bool> trusted_in(const Crowd& crowd, const datahub::Answers& all) {
  std::vector<bool> is_trusted(crowd.accounts.size(), true);
  if (crowd.gold.empty()) return is_trusted;
  const auto tallies = datahub::gold_tallies(all, crowd.gold);
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    is_trusted[i] = datahub::is_screened_in(tallies[i]);
  }
  return is_trusted;
}

/// Of each contribution of a batch: the answers that agree with the result.
std::vector<std::uint32_t> accepted_in(const Crowd& crowd, const std::vector<NamedAnswer>& batch,
                                       const BatchTree& tree, const std::vector<bool>& is_trusted,
                                       const std::vector<datahub::SampleVerdict>& verdicts) {
  std::map<AccountId, std::uint32_t> accepted;
  for (const NamedAnswer& answer : batch) {
    const std::uint32_t label = verdicts[place_of(crowd.samples, answer.sample)].label;
    const bool is_right = label == place_of(crowd.labels, answer.label);
    if (is_right && is_trusted[crowd.place_of_account(answer.account)]) ++accepted[answer.account];
  }
  std::vector<std::uint32_t> counts;
  counts.reserve(tree.contributions.size());
  for (const ledger::Contribution& each : tree.contributions) {
    counts.push_back(accepted[each.account]);
  }
  return counts;
}

}  // namespace

Result<CampaignResult> settle_answers(const std::vector<std::vector<NamedAnswer>>& batches,
                                      const std::vector<BatchTree>& trees,
                                      const std::vector<GoldLine>& gold,
                                      ledger::CampaignMethod method) {
  OORT_TRY(const Crowd crowd, crowd_of(batches, gold));
  OORT_TRY(const datahub::Answers all, answers_in(crowd, batches));
  const std::vector<bool> is_trusted = trusted_in(crowd, all);
  const datahub::Answers heard = crowd.gold.empty() ? all : datahub::screened(all, crowd.gold);
  datahub::AggregationOptions options = options_of(method);
  if (method == ledger::CampaignMethod::ByGold) {
    options = datahub::choose_method(heard, crowd.gold, datahub::usual_candidates()).options;
  }
  datahub::Aggregate aggregated = datahub::aggregate(heard, options);

  CampaignResult result;
  result.method = options.method;
  result.contributors_count = crowd.accounts.size();
  result.screened_out_count = static_cast<std::size_t>(std::ranges::count(is_trusted, false));
  result.tied_count = aggregated.tied_count;
  result.gold_unseen_count = gold.size() - crowd.gold.size();
  if (!crowd.gold.empty()) {
    result.gold_accuracy_ppm = static_cast<std::uint32_t>(
        std::uint64_t{datahub::gold_hits(aggregated.verdicts, crowd.gold)} * datahub::ppm /
        crowd.gold.size());
  }
  result.verdicts = std::move(aggregated.verdicts);
  // What is known is not asked of the crowd.
  for (const auto& [sample, label] : crowd.gold) {
    result.verdicts[sample] = {label, datahub::ppm, false};
  }
  result.digest = datahub::digest_of(result.method, result.verdicts);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    result.accepted.push_back(
        accepted_in(crowd, batches[i], trees[i], is_trusted, result.verdicts));
  }
  result.samples = crowd.samples;
  result.labels = crowd.labels;
  return result;
}

std::vector<ledger::PayoutPost> payouts_of(const BatchTree& tree,
                                           const std::vector<std::uint32_t>& accepted,
                                           const Bytes32& result) {
  std::vector<ledger::PayoutLine> lines;
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    if (accepted[i] > 0) lines.push_back({tree.contributions[i], tree.path(i), accepted[i]});
  }
  std::ranges::sort(lines, {},
                    [](const ledger::PayoutLine& line) { return line.contribution.pseudonym; });
  std::vector<ledger::PayoutPost> payouts;
  for (ledger::PayoutLine& line : lines) {
    if (payouts.empty() || payouts.back().lines.size() == ledger::payout_lines_max) {
      payouts.push_back({tree.commit.campaign, tree.commit.number, result, {}});
    }
    payouts.back().lines.push_back(std::move(line));
  }
  return payouts;
}

}  // namespace oort::cli
