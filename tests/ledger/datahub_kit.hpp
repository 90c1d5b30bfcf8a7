// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kit.hpp"
#include "oort/ledger/datahub_operations.hpp"
#include "oort/ledger/datahub_view.hpp"

/// Campaigns, datasets and models for tests.
namespace oort::ledger::test {

/// `market_genesis` with all three modules: a window for appeals has 1 ms or more.
[[nodiscard]] GenesisParams datahub_genesis();

[[nodiscard]] Bytes32 digest(std::string_view text);
/// The keys of the account, from 1 on, that one contributor uses.
[[nodiscard]] crypto::KeyPair contributor(std::uint8_t number);

/// A batch with its tree: contributor n of `answers.size()` gave answers[n].
class TestBatch {
 public:
  TestBatch(const CampaignId& campaign, std::uint32_t number, std::vector<std::uint32_t> answers);

  [[nodiscard]] BatchCommit commit() const;
  [[nodiscard]] const Contribution& contribution(std::size_t place) const {
    return contributions_.at(place);
  }
  [[nodiscard]] ContributionPath path(std::size_t place) const;
  [[nodiscard]] PayoutLine line(std::size_t place, std::uint32_t accepted) const;
  /// One contributor for each place, a count of zero left out, ascending by pseudonym.
  [[nodiscard]] PayoutPost payout(const std::vector<std::uint32_t>& accepted) const;
  [[nodiscard]] AppealOpen appeal(std::size_t place, std::uint32_t claimed) const;
  [[nodiscard]] HoldbackRelease release(const std::vector<std::size_t>& places) const;

 private:
  CampaignId campaign_;
  std::uint32_t number_;
  std::vector<Contribution> contributions_;
  std::vector<Bytes32> leaves_;
};

inline constexpr std::uint64_t appeal_ms = 1'000;

/// A ledger with a campaign of `owner` (requester and steward) whose reviewer is `stranger`.
class TestCampaign {
 public:
  explicit TestCampaign(const SignatureVerifier& signatures = ed25519_verifier())
      : ledger(datahub_genesis(), signatures) {}

  [[nodiscard]] CampaignOpen open_operation(std::uint64_t nonce = 1) const;
  /// Expects success.
  CampaignId open(std::uint64_t nonce = 1);
  [[nodiscard]] DataHubView view() const { return DataHubView(ledger.state()); }
  [[nodiscard]] Campaign campaign(const CampaignId& id) const { return *view().campaign(id); }
  [[nodiscard]] ResultPost result(const CampaignId& id) const {
    return {id, digest("result"), {}, {}};
  }
  /// Open, one batch, closed and with its result. Expects success.
  CampaignId with_result(const TestBatch& batch, std::uint64_t nonce = 1);
  void wait(std::uint64_t ms) { ledger.time_ms += ms; }

  TestLedger ledger;
};

/// Fails the test where a campaign owes more than its escrow holds, a count is not what its parts
/// say, or more was accepted than was committed (D1 to D3).
void expect_campaigns(const StateReader& state);

/// Version 1.0.0 of a dataset whose root is the digest of its name.
[[nodiscard]] DatasetSeal seal_of(std::string_view name);
[[nodiscard]] inline DatasetId dataset_named(std::string_view name) {
  return DatasetId(digest(name).array());
}
[[nodiscard]] inline ModelId model_named(std::string_view name) {
  return ModelId(digest(name).array());
}

}  // namespace oort::ledger::test
