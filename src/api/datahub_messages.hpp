// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oort/v1/datahub.pb.h>
#include <oort/v1/model.pb.h>

#include <cstdint>
#include <optional>

#include "oort/core/bytes.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/model_records.hpp"

/// Records of campaigns, datasets and models as messages.
namespace oort::api {

void write(const ledger::Campaign& campaign, v1::Campaign* out);
void write(const ledger::Batch& batch, v1::Batch* out);
void write(const Bytes32& pseudonym, const ledger::ContributorPay& pay, v1::ContributorPay* out);
void write(const ledger::DatasetVersion& version, v1::Dataset* out);
/// As grant and opening stand at `now_ms`.
void write(const ledger::DatasetVersion& version, const ledger::DatasetGrant& grant,
           const std::optional<ledger::DatasetOpening>& opening, std::uint64_t now_ms,
           v1::DatasetGrant* out);
void write(const ledger::ModelVersion& model, v1::Model* out);
void write(const ledger::Training& training, v1::Training* out);
void write(const ledger::Deployment& deployment, v1::Deployment* out);

}  // namespace oort::api
