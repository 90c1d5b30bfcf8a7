// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/record.hpp"

/// What the ledger keeps of campaigns, by which people make data: fixed fields and digests, nothing
/// of what was said and nothing of who said it but a pseudonym and an account of the contributor's
/// choice. Shares count millionths; times are header time. Every record is at most 1 KiB.
namespace oort::ledger {

struct CampaignsParams {
  static constexpr std::uint8_t format_version = 1;
  std::uint64_t appeal_ms_min = hour_ms;  ///< Bounds of a campaign's windows; 1 ms or more.
  std::uint64_t appeal_ms_max = 90 * day_ms;
  std::uint32_t holdback_max = 500'000;
  std::uint32_t overlap_max = 100;
  friend bool operator==(const CampaignsParams&, const CampaignsParams&) = default;
};
[[nodiscard]] bool is_possible(const CampaignsParams& params);
/// `GenesisModule::genesis` of campaigns. They need a market.
struct CampaignsGenesis {
  static constexpr std::uint8_t format_version = 1;
  CampaignsParams params;
  friend bool operator==(const CampaignsGenesis&, const CampaignsGenesis&) = default;
};

/// Numbers are frozen.
enum class CampaignKind : std::uint8_t { Collect = 0, Label = 1, Review = 2, Transform = 3 };
/// How many answers become one, as DataHub numbers it. Numbers are frozen.
enum class CampaignMethod : std::uint8_t {
  Majority = 0,
  Wawa = 1,
  OneCoin = 2,
  DawidSkene = 3,
  Glad = 4,
  ByGold = 5,  ///< Whichever does best on the campaign's gold.
};
enum class CampaignStatus : std::uint8_t {
  Open = 0,
  Paused = 1,   ///< No batches for now.
  Closed = 2,   ///< No batches any more: results, payouts and appeals.
  Settled = 3,  ///< Everybody is paid and the rest is back. The record stays.
};

/// What is agreed when a campaign opens, and never changes.
struct CampaignTerms {
  CampaignKind kind = CampaignKind::Label;
  Bytes32 task;     ///< Digest of the template.
  Bytes32 guide;    ///< Digest of the instructions.
  Bytes32 consent;  ///< Digest of the text that contributors consent to.
  Bytes32 licence;  ///< Digest of the licence.
  std::uint32_t overlap = 1;
  std::uint32_t gold_share = 0;
  CampaignMethod method = CampaignMethod::Majority;
  Units price;                 ///< For an accepted answer; over zero.
  std::uint32_t holdback = 0;  ///< Of a payout, until the window for appeals has passed.
  std::uint64_t appeal_ms = 0;
  AccountId steward;   ///< Posts batches, results and payouts.
  AccountId reviewer;  ///< Judges appeals with the steward; somebody else.
  friend bool operator==(const CampaignTerms&, const CampaignTerms&) = default;
};

struct Campaign {
  static constexpr std::uint8_t format_version = 1;
  CampaignId id;
  AccountId requester;
  CampaignTerms terms;
  EscrowId escrow;
  Currency currency = Currency::Oort;  ///< What every amount here counts.
  CampaignStatus status = CampaignStatus::Open;
  Height opened;
  std::uint64_t opened_ms = 0;
  Bytes32 gold;  ///< `gold_commitment`; zero: none.
  std::uint32_t gold_count = 0;
  std::uint32_t stage = 1;  ///< The one that runs.
  std::uint32_t batches_count = 0;
  Height last_batch;
  std::uint64_t answers_count = 0;  ///< Committed.
  std::uint64_t accepted_count = 0;
  Units paid;      ///< That left the escrow for contributors and the protocol.
  Units held;      ///< Earned and held back.
  Units reserved;  ///< For appeals that are open.
  std::uint32_t appeals_open = 0;
  std::uint64_t closed_ms = 0;
  std::uint64_t result_ms = 0;
  Bytes32 result;     ///< Digest of the aggregated answers.
  Bytes32 gold_root;  ///< Revealed with the result.
  friend bool operator==(const Campaign&, const Campaign&) = default;
};
/// H("oort.v1 campaign", requester ‖ nonce).
[[nodiscard]] CampaignId campaign_id_of(const AccountId& requester, std::uint64_t nonce);
/// SHA-256 of salt ‖ root, where the root is that of RFC 6962 over the gold. The salt keeps few
/// possible sets from being tried.
[[nodiscard]] Bytes32 gold_commitment(const Bytes32& salt, const Bytes32& root);
/// When appeals begin: with the result, or a window after the end for who never got one.
[[nodiscard]] std::uint64_t appeals_from_ms(const Campaign& campaign) noexcept;
/// The first moment after them. Payouts end then too.
[[nodiscard]] std::uint64_t appeals_until_ms(const Campaign& campaign) noexcept;

/// What one contributor put into a batch: a leaf of its tree.
struct Contribution {
  Bytes32 pseudonym;  ///< Of this campaign alone.
  AccountId account;  ///< Who is paid and may appeal.
  std::uint32_t answers = 0;
  Bytes32 answers_root;  ///< RFC 6962 over the salted commitments to the answers.
  friend bool operator==(const Contribution&, const Contribution&) = default;
};
/// RFC 6962: SHA-256 over 0x00, campaign, batch (u32, big-endian), pseudonym, account, answers
/// (u32, big-endian) and their root.
[[nodiscard]] Bytes32 contribution_leaf(const CampaignId& campaign, std::uint32_t batch,
                                        const Contribution& contribution);
inline constexpr std::size_t contribution_path_max = 32;
/// An audit path of RFC 6962, from the leaf upward.
struct ContributionPath {
  std::uint64_t index = 0;
  std::uint64_t count = 0;
  std::vector<Bytes32> siblings;
  friend bool operator==(const ContributionPath&, const ContributionPath&) = default;
};
[[nodiscard]] bool verify_contribution(const Bytes32& root, const ContributionPath& path,
                                       const Bytes32& leaf);

/// Answers that were committed together, before anybody could see them.
struct Batch {
  static constexpr std::uint8_t format_version = 1;
  std::uint32_t number = 0;  ///< From 1.
  std::uint32_t stage = 0;
  Bytes32 root;  ///< RFC 6962 over the contributions.
  std::uint32_t contributors = 0;
  std::uint32_t answers = 0;
  Bytes32 consent;     ///< The text that all of them consented to.
  BlockId not_before;  ///< A block that the steward knew: the batch is younger.
  Height height;       ///< And it is not younger than this.
  std::uint64_t time_ms = 0;
  std::uint32_t accepted = 0;
  std::uint32_t claimed = 0;  ///< By open appeals.
  friend bool operator==(const Batch&, const Batch&) = default;
};

/// The end of a stage: its answers may be seen from here on, and no batch of it comes any more.
struct StageEnd {
  static constexpr std::uint8_t format_version = 1;
  Bytes32 answers;  ///< Digest of the opened answers.
  Height height;
  std::uint64_t time_ms = 0;
  friend bool operator==(const StageEnd&, const StageEnd&) = default;
};

/// What a pseudonym got for a batch.
struct ContributorPay {
  static constexpr std::uint8_t format_version = 1;
  AccountId account;
  std::uint32_t accepted = 0;
  Units amount;  ///< In all, the protocol's take included.
  Units held;    ///< Of it, still held back.
  friend bool operator==(const ContributorPay&, const ContributorPay&) = default;
};

enum class AppealStatus : std::uint8_t { Open = 0, Resolved = 1, TimedOut = 2 };
/// A contributor says that so many more answers should have been accepted. One a pseudonym and
/// batch.
struct PayAppeal {
  static constexpr std::uint8_t format_version = 1;
  AccountId account;
  std::uint32_t claimed = 0;
  std::uint64_t deadline_ms = 0;  ///< Whoever is silent until then has granted all.
  std::optional<std::uint32_t> by_steward;
  std::optional<std::uint32_t> by_reviewer;
  AppealStatus status = AppealStatus::Open;
  std::uint32_t granted = 0;
  friend bool operator==(const PayAppeal&, const PayAppeal&) = default;
};

/// That an account consented: the commitment is to a receipt that is kept elsewhere and can be
/// erased there.
struct Consent {
  static constexpr std::uint8_t format_version = 1;
  Bytes32 commitment;
  std::uint64_t given_ms = 0;
  std::uint64_t withdrawn_ms = 0;  ///< 0: it stands.
  friend bool operator==(const Consent&, const Consent&) = default;
};

}  // namespace oort::ledger
