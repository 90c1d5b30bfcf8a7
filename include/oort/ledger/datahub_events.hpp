// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/model_records.hpp"
#include "oort/ledger/modules.hpp"

namespace oort::ledger {

struct CampaignChanged {
  static constexpr std::uint16_t code = code_of(Module::Campaigns, 1);
  enum class Kind : std::uint8_t {
    Opened = 0,
    Paused = 1,
    Resumed = 2,
    Closed = 3,
    GoldFixed = 4,
    BatchCommitted = 5,
    StageEnded = 6,
    ResultPosted = 7,
    PaidOut = 8,  ///< `amount` was earned, the held-back part included.
    AppealOpened = 9,
    AppealResolved = 10,  ///< `amount` was granted.
    AppealTimedOut = 11,
    HoldbackReleased = 12,
    Settled = 13,
    ConsentGiven = 14,
    ConsentWithdrawn = 15,
  };
  Kind kind = Kind::Opened;
  CampaignId campaign;
  std::uint32_t number = 0;  ///< Of the batch or stage; else zero.
  Units amount;
  Bytes32 subject;  ///< The root, digest or pseudonym that it is about; else zero.
  friend bool operator==(const CampaignChanged&, const CampaignChanged&) = default;
};

struct DatasetChanged {
  static constexpr std::uint16_t code = code_of(Module::Datasets, 1);
  enum class Kind : std::uint8_t {
    Sealed = 0,
    Offered = 1,
    Requested = 2,
    Granted = 3,
    Refused = 4,
    Revoked = 5,
    Used = 6,
    TakenDown = 7,
  };
  Kind kind = Kind::Sealed;
  DatasetId dataset;
  AccountId account;  ///< The owner, or whose grant it is.
  friend bool operator==(const DatasetChanged&, const DatasetChanged&) = default;
};

struct ModelChanged {
  static constexpr std::uint16_t code = code_of(Module::Models, 1);
  enum class Kind : std::uint8_t {
    TrainingBegan = 0,
    TrainingRecorded = 1,
    TrainingWitnessed = 2,
    TrainingReplayed = 3,
    Registered = 4,
    Deployed = 5,
    Removed = 6,
  };
  Kind kind = Kind::TrainingBegan;
  Bytes32 training;  ///< Zero where there is none.
  ModelId model;     ///< Zero before there is one.
  NodeId node;       ///< Who trains, attests or holds it; else zero.
  friend bool operator==(const ModelChanged&, const ModelChanged&) = default;
};

}  // namespace oort::ledger
