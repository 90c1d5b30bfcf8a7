// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/model_records.hpp"
#include "oort/ledger/modules.hpp"

/// What can be asked of campaigns, datasets and models. *Sender* is the account that signed the
/// transaction.
namespace oort::ledger {

// Campaigns ---------------------------------------------------------------------------------------

/// The sender, as requester, sets `budget` aside. The id is `campaign_id_of(sender, nonce)`.
struct CampaignOpen {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 1);
  std::uint64_t nonce = 0;
  CampaignTerms terms;
  Currency currency = Currency::Oort;
  Units budget;
  friend bool operator==(const CampaignOpen&, const CampaignOpen&) = default;
};
/// Open to Paused and back. By the requester or the steward.
struct CampaignPause {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 2);
  CampaignId campaign;
  bool is_paused = true;
  friend bool operator==(const CampaignPause&, const CampaignPause&) = default;
};
/// No batch comes any more, and the stage that runs is over. By the requester or the steward.
struct CampaignClose {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 3);
  CampaignId campaign;
  friend bool operator==(const CampaignClose&, const CampaignClose&) = default;
};
/// Fixes the gold, before the first batch. By the steward, as all that follows up to the payouts.
struct GoldCommit {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 4);
  CampaignId campaign;
  Bytes32 commitment;  ///< `gold_commitment`.
  std::uint32_t count = 0;
  friend bool operator==(const GoldCommit&, const GoldCommit&) = default;
};
/// Commits to answers that nobody but their authors and the steward has seen. All answers that were
/// ever committed must be covered by what the escrow holds.
struct BatchCommit {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 5);
  CampaignId campaign;
  std::uint32_t number = 0;  ///< The one before plus 1.
  Bytes32 root;
  std::uint32_t contributors = 0;
  std::uint32_t answers = 0;
  Bytes32 consent;
  BlockId not_before;
  friend bool operator==(const BatchCommit&, const BatchCommit&) = default;
};
/// Ends the stage that runs, in a later block than its last batch: whoever sees answers from here
/// on comes too late to copy them.
struct StageOpen {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 6);
  CampaignId campaign;
  std::uint32_t stage = 0;
  Bytes32 answers;
  friend bool operator==(const StageOpen&, const StageOpen&) = default;
};
/// Once, within a window after the end: what the answers came to, and which were gold.
struct ResultPost {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 7);
  CampaignId campaign;
  Bytes32 result;
  Bytes32 gold_root;  ///< Zero without gold, as the salt.
  Bytes32 gold_salt;
  friend bool operator==(const ResultPost&, const ResultPost&) = default;
};
/// One contributor's pay for one batch: price × accepted.
struct PayoutLine {
  Contribution contribution;
  ContributionPath path;
  std::uint32_t accepted = 0;  ///< 1 to all of its answers.
  friend bool operator==(const PayoutLine&, const PayoutLine&) = default;
};
inline constexpr std::size_t payout_lines_max = 16;
struct PayoutPost {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 8);
  CampaignId campaign;
  std::uint32_t batch = 0;
  Bytes32 result;                 ///< As it was posted.
  std::vector<PayoutLine> lines;  ///< Ascending by pseudonym, at least one.
  friend bool operator==(const PayoutPost&, const PayoutPost&) = default;
};
/// By the contribution's account, in the window.
struct AppealOpen {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 9);
  CampaignId campaign;
  std::uint32_t batch = 0;
  Contribution contribution;
  ContributionPath path;
  std::uint32_t claimed = 0;  ///< Answers beyond those that were accepted.
  friend bool operator==(const AppealOpen&, const AppealOpen&) = default;
};
/// By the steward or the reviewer. When both say the same, that is paid.
struct AppealVote {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 10);
  CampaignId campaign;
  std::uint32_t batch = 0;
  Bytes32 pseudonym;
  std::uint32_t granted = 0;
  friend bool operator==(const AppealVote&, const AppealVote&) = default;
};
/// By anybody after the deadline: all that was claimed is paid.
struct AppealExpire {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 11);
  CampaignId campaign;
  std::uint32_t batch = 0;
  Bytes32 pseudonym;
  friend bool operator==(const AppealExpire&, const AppealExpire&) = default;
};
/// Pays what was held back, after the window. By anybody.
struct HoldbackRelease {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 12);
  CampaignId campaign;
  std::uint32_t batch = 0;
  std::vector<Bytes32> pseudonyms;  ///< Ascending, 1 to `payout_lines_max`.
  friend bool operator==(const HoldbackRelease&, const HoldbackRelease&) = default;
};
/// Returns the rest of the escrow when nobody is owed anything any more. By anybody.
struct CampaignSettle {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 13);
  CampaignId campaign;
  friend bool operator==(const CampaignSettle&, const CampaignSettle&) = default;
};
struct ConsentGive {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 14);
  CampaignId campaign;
  Bytes32 commitment;
  friend bool operator==(const ConsentGive&, const ConsentGive&) = default;
};
struct ConsentWithdraw {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 15);
  CampaignId campaign;
  friend bool operator==(const ConsentWithdraw&, const ConsentWithdraw&) = default;
};

// Datasets ----------------------------------------------------------------------------------------

/// Records a version for ever; see DatasetVersion. Campaigns are over, and the sender's as
/// requester or steward; parents are on the ledger. The version is above the name's newest.
struct DatasetSeal {
  static constexpr std::uint16_t code = code_of(Module::Datasets, 1);
  DatasetId root;
  std::string name;
  ArtefactVersion version;
  Bytes32 manifest;
  Bytes32 splits;
  Bytes32 card;
  Bytes32 samples;
  std::uint64_t samples_count = 0;
  std::uint64_t bytes = 0;
  std::string licence;
  std::vector<CampaignId> campaigns;
  std::vector<DatasetId> parents;
  BlockId not_before;
  friend bool operator==(const DatasetSeal&, const DatasetSeal&) = default;
};
/// On what terms others get in, from now on. By the owner.
struct DatasetOffer {
  static constexpr std::uint16_t code = code_of(Module::Datasets, 2);
  DatasetId dataset;
  DatasetAccess access = DatasetAccess::Open;
  Oort price;                  ///< Over zero exactly where it is sold.
  std::uint64_t grant_ms = 0;  ///< 0: for ever.
  friend bool operator==(const DatasetOffer&, const DatasetOffer&) = default;
};
/// The sender wants in: at once where it is open, for the price where it is sold, else when the
/// owner says so. A grant that ended or ran out of uses may be asked for again.
struct DatasetRequest {
  static constexpr std::uint16_t code = code_of(Module::Datasets, 3);
  DatasetId dataset;
  Oort price_max;  ///< The sender pays no more.
  friend bool operator==(const DatasetRequest&, const DatasetRequest&) = default;
};
/// The owner grants, refuses or revokes. Without a request, an account that has none is granted.
struct DatasetDecide {
  static constexpr std::uint16_t code = code_of(Module::Datasets, 4);
  DatasetId dataset;
  AccountId account;
  bool is_granted = false;
  std::uint64_t uses_max = 0;
  friend bool operator==(const DatasetDecide&, const DatasetDecide&) = default;
};
/// The holder of a grant counts what it used.
struct DatasetUse {
  static constexpr std::uint16_t code = code_of(Module::Datasets, 5);
  DatasetId dataset;
  std::uint64_t uses = 1;
  friend bool operator==(const DatasetUse&, const DatasetUse&) = default;
};
/// Ends every grant, for ever. By the owner.
struct DatasetTakeDown {
  static constexpr std::uint16_t code = code_of(Module::Datasets, 6);
  DatasetId dataset;
  Bytes32 why;  ///< Digest of the notice.
  friend bool operator==(const DatasetTakeDown&, const DatasetTakeDown&) = default;
};
/// Counts one use, as DatasetUse, and lets the sender read the dataset's objects through gateways
/// for `dataset_opening_ms`, or until its grant ends. Again: from now on for as long.
struct DatasetOpen {
  static constexpr std::uint16_t code = code_of(Module::Datasets, 7);
  DatasetId dataset;
  friend bool operator==(const DatasetOpen&, const DatasetOpen&) = default;
};

// Models ------------------------------------------------------------------------------------------

/// Before anything runs. By the trainer's node or its operator, who holds a grant for each dataset
/// or owns it; each counts one use.
struct TrainingBegin {
  static constexpr std::uint16_t code = code_of(Module::Models, 1);
  Bytes32 id;
  TrainingTerms terms;
  friend bool operator==(const TrainingBegin&, const TrainingBegin&) = default;
};
/// By who began it, in a later block.
struct TrainingRecord {
  static constexpr std::uint16_t code = code_of(Module::Models, 2);
  Bytes32 training;
  ModelId model;
  Bytes32 statement;
  friend bool operator==(const TrainingRecord&, const TrainingRecord&) = default;
};
/// A node that is active says what it saw, by its own account or its operator's. It is of another
/// operator than the trainer, and a replayer of another one than the witness.
struct TrainingAttest {
  static constexpr std::uint16_t code = code_of(Module::Models, 3);
  Bytes32 training;
  NodeId node;
  ModelId model;  ///< What came out, as the node says.
  TrainingGrade grade = TrainingGrade::Witnessed;
  friend bool operator==(const TrainingAttest&, const TrainingAttest&) = default;
};
/// With a training, it is the sender's and came to this root.
struct ModelRegister {
  static constexpr std::uint16_t code = code_of(Module::Models, 4);
  ModelId root;
  std::string name;
  ArtefactVersion version;
  Bytes32 card;
  std::string licence;
  Bytes32 training;
  friend bool operator==(const ModelRegister&, const ModelRegister&) = default;
};
/// That a model stands on a node, or no longer does. By the node's account or its operator.
struct ModelDeploy {
  static constexpr std::uint16_t code = code_of(Module::Models, 5);
  ModelId model;
  NodeId node;
  bool is_removed = false;
  friend bool operator==(const ModelDeploy&, const ModelDeploy&) = default;
};

}  // namespace oort::ledger
