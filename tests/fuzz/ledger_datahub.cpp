// SPDX-License-Identifier: Apache-2.0
// First byte: which of the records of campaigns, datasets and models the rest is. What decodes has
// one encoding, and no path leads to a root of zeros.
#include <cstddef>
#include <cstdint>
#include <span>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "oort/ledger/datahub_operations.hpp"
#include "oort/ledger/dataset_records.hpp"
#include "oort/ledger/model_records.hpp"
#include "oort/ledger/operations.hpp"

namespace oort::ledger {
namespace {

template <class T>
void try_one(ByteView bytes) {
  const auto value = codec::from_bytes<T>(bytes);
  if (!value) return;
  OORT_ASSERT(codec::to_bytes(*value) == to_bytes(bytes), "one value has one encoding");
  if constexpr (requires { is_possible(*value); }) static_cast<void>(is_possible(*value));
}

template <class... Ts>
void try_chosen(std::size_t chosen, ByteView bytes) {
  std::size_t index = 0;
  const auto visit = [&]<class T>(const T*) {
    if (index++ == chosen) try_one<T>(bytes);
  };
  (visit(static_cast<const Ts*>(nullptr)), ...);
}

/// An operation with a path: it verifies for no root but its own.
void try_payout(ByteView bytes) {
  const auto operation = decode_operation(bytes);
  if (!operation) return;
  OORT_ASSERT(encode_operation(*operation) == to_bytes(bytes), "one value has one encoding");
  if (const auto* payout = std::get_if<PayoutPost>(&*operation)) {
    for (const PayoutLine& line : payout->lines) {
      const Bytes32 leaf = contribution_leaf(payout->campaign, payout->batch, line.contribution);
      OORT_ASSERT(!verify_contribution(Bytes32{}, line.path, leaf), "no hash is zero");
    }
  }
}

void try_record(std::size_t chosen, ByteView bytes) {
  constexpr std::size_t operations = 255;
  if (chosen == operations) return try_payout(bytes);
  try_chosen<CampaignsParams, CampaignsGenesis, Campaign, Batch, StageEnd, ContributorPay,
             PayAppeal, Consent, DatasetsParams, DatasetsGenesis, DatasetVersion, DatasetName,
             DatasetGrant, ModelsParams, ModelsGenesis, Training, ModelVersion, ModelName,
             Deployment, DatasetOpening>(chosen, bytes);
}

}  // namespace
}  // namespace oort::ledger

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  oort::ledger::try_record(data[0], std::as_bytes(std::span(data + 1, size - 1)));
  return 0;
}
