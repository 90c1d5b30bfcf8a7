// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oort/v1/governance.grpc.pb.h>
#include <oort/v1/market.grpc.pb.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/strong.hpp"
#include "session.hpp"

namespace oort::cli {

/// GovernanceService and MarketService of one node. Lists are whole: all pages.
class EconomyClient {
 public:
  explicit EconomyClient(std::string endpoint);

  [[nodiscard]] Result<v1::GetStakingResponse> staking();
  [[nodiscard]] Result<std::vector<v1::Pool>> pools();
  [[nodiscard]] Result<v1::Pool> pool(const NodeId& node);
  [[nodiscard]] Result<std::vector<v1::Delegation>> delegations_to(const NodeId& pool);
  [[nodiscard]] Result<std::vector<v1::Delegation>> delegations_of(const AccountId& account);
  [[nodiscard]] Result<std::vector<v1::Unbonding>> unbondings(const AccountId& account);
  [[nodiscard]] Result<v1::GetValidatorSetResponse> validators(std::uint64_t epoch);
  [[nodiscard]] Result<std::vector<v1::Proposal>> proposals();
  [[nodiscard]] Result<v1::GetProposalResponse> proposal(std::uint64_t id);
  [[nodiscard]] Result<v1::GetParamsResponse> params();

  [[nodiscard]] Result<v1::GetPriceResponse> price();
  [[nodiscard]] Result<v1::GetCreditsResponse> credits(const AccountId& account);
  [[nodiscard]] Result<v1::Escrow> escrow(std::uint64_t id);
  /// Those that the account pays for, or earns from.
  [[nodiscard]] Result<std::vector<v1::Escrow>> escrows(const AccountId& account, bool is_payer);

  [[nodiscard]] Result<v1::GetStoragePriceResponse> storage_price();
  [[nodiscard]] Result<v1::GetStorageAccountResponse> storage_account(const AccountId& payer);
  [[nodiscard]] Result<std::vector<v1::StorageHolding>> storage_holdings(const NodeId& node);

 private:
  std::string endpoint_;
  std::unique_ptr<v1::GovernanceService::Stub> governance_;
  std::unique_ptr<v1::MarketService::Stub> market_;
};

[[nodiscard]] Result<EconomyClient> open_economy(const Session& session);

}  // namespace oort::cli
