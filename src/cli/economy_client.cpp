// SPDX-License-Identifier: Apache-2.0
#include "economy_client.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"

namespace oort::cli {
namespace {

constexpr Duration read_deadline = 10s;
constexpr std::int32_t page_size = 1'000;

template <class Id>
std::string field(const Id& id) {
  return std::string(as_text(id.view()));
}

using Governance = v1::GovernanceService::Stub;
using Market = v1::MarketService::Stub;

/// All pages of a listing; `list` takes the elements out of a response.
template <class Element, class Response, class Stub, class Method, class Request, class List>
Result<std::vector<Element>> all_pages(const std::string& endpoint, Stub& stub, Method method,
                                       Request request, const List& list) {
  std::vector<Element> all;
  request.mutable_page()->set_page_size(page_size);
  do {
    OORT_TRY(const auto page, call<Response>(endpoint, read_deadline, stub, method, request));
    const auto& elements = list(page);
    all.insert(all.end(), elements.begin(), elements.end());
    request.mutable_page()->set_page_token(page.next_page_token());
  } while (!request.page().page_token().empty());
  return all;
}

const auto& delegations_in(const v1::ListDelegationsResponse& page) { return page.delegations(); }

}  // namespace

EconomyClient::EconomyClient(std::string endpoint)
    : endpoint_(std::move(endpoint)),
      governance_(v1::GovernanceService::NewStub(connect(endpoint_))),
      market_(v1::MarketService::NewStub(connect(endpoint_))) {}

Result<v1::GetStakingResponse> EconomyClient::staking() {
  return call<v1::GetStakingResponse>(endpoint_, read_deadline, *governance_,
                                      &Governance::GetStaking, v1::GetStakingRequest());
}

Result<std::vector<v1::Pool>> EconomyClient::pools() {
  return all_pages<v1::Pool, v1::ListPoolsResponse>(
      endpoint_, *governance_, &Governance::ListPools, v1::ListPoolsRequest(),
      [](const v1::ListPoolsResponse& page) -> const auto& { return page.pools(); });
}

Result<v1::Pool> EconomyClient::pool(const NodeId& node) {
  v1::GetPoolRequest request;
  request.set_node(field(node));
  OORT_TRY(const auto response, call<v1::GetPoolResponse>(endpoint_, read_deadline, *governance_,
                                                          &Governance::GetPool, request));
  return response.pool();
}

Result<std::vector<v1::Delegation>> EconomyClient::delegations_to(const NodeId& pool) {
  v1::ListDelegationsRequest request;
  request.set_pool(field(pool));
  return all_pages<v1::Delegation, v1::ListDelegationsResponse>(
      endpoint_, *governance_, &Governance::ListDelegations, request, delegations_in);
}

Result<std::vector<v1::Delegation>> EconomyClient::delegations_of(const AccountId& account) {
  v1::ListDelegationsRequest request;
  request.set_account(field(account));
  return all_pages<v1::Delegation, v1::ListDelegationsResponse>(
      endpoint_, *governance_, &Governance::ListDelegations, request, delegations_in);
}

Result<std::vector<v1::Unbonding>> EconomyClient::unbondings(const AccountId& account) {
  v1::ListUnbondingsRequest request;
  request.set_account(field(account));
  return all_pages<v1::Unbonding, v1::ListUnbondingsResponse>(
      endpoint_, *governance_, &Governance::ListUnbondings, request,
      [](const v1::ListUnbondingsResponse& page) -> const auto& { return page.unbondings(); });
}

Result<v1::GetValidatorSetResponse> EconomyClient::validators(std::uint64_t epoch) {
  v1::GetValidatorSetRequest request;
  request.set_epoch(epoch);
  return call<v1::GetValidatorSetResponse>(endpoint_, read_deadline, *governance_,
                                           &Governance::GetValidatorSet, request);
}

Result<std::vector<v1::Proposal>> EconomyClient::proposals() {
  return all_pages<v1::Proposal, v1::ListProposalsResponse>(
      endpoint_, *governance_, &Governance::ListProposals, v1::ListProposalsRequest(),
      [](const v1::ListProposalsResponse& page) -> const auto& { return page.proposals(); });
}

Result<v1::GetProposalResponse> EconomyClient::proposal(std::uint64_t id) {
  v1::GetProposalRequest request;
  request.set_id(id);
  return call<v1::GetProposalResponse>(endpoint_, read_deadline, *governance_,
                                       &Governance::GetProposal, request);
}

Result<v1::GetParamsResponse> EconomyClient::params() {
  return call<v1::GetParamsResponse>(endpoint_, read_deadline, *governance_, &Governance::GetParams,
                                     v1::GetParamsRequest());
}

Result<v1::GetPriceResponse> EconomyClient::price() {
  return call<v1::GetPriceResponse>(endpoint_, read_deadline, *market_, &Market::GetPrice,
                                    v1::GetPriceRequest());
}

Result<v1::GetCreditsResponse> EconomyClient::credits(const AccountId& account) {
  v1::GetCreditsRequest request;
  request.set_account(field(account));
  return call<v1::GetCreditsResponse>(endpoint_, read_deadline, *market_, &Market::GetCredits,
                                      request);
}

Result<v1::Escrow> EconomyClient::escrow(std::uint64_t id) {
  v1::GetEscrowRequest request;
  request.set_id(id);
  OORT_TRY(const auto response, call<v1::GetEscrowResponse>(endpoint_, read_deadline, *market_,
                                                            &Market::GetEscrow, request));
  return response.escrow();
}

Result<std::vector<v1::Escrow>> EconomyClient::escrows(const AccountId& account, bool is_payer) {
  v1::ListEscrowsRequest request;
  if (is_payer) {
    request.set_payer(field(account));
  } else {
    request.set_earner(field(account));
  }
  return all_pages<v1::Escrow, v1::ListEscrowsResponse>(
      endpoint_, *market_, &Market::ListEscrows, request,
      [](const v1::ListEscrowsResponse& page) -> const auto& { return page.escrows(); });
}

Result<v1::GetStoragePriceResponse> EconomyClient::storage_price() {
  return call<v1::GetStoragePriceResponse>(endpoint_, read_deadline, *market_,
                                           &Market::GetStoragePrice, v1::GetStoragePriceRequest());
}

Result<v1::GetStorageAccountResponse> EconomyClient::storage_account(const AccountId& payer) {
  v1::GetStorageAccountRequest request;
  request.set_payer(field(payer));
  return call<v1::GetStorageAccountResponse>(endpoint_, read_deadline, *market_,
                                             &Market::GetStorageAccount, request);
}

Result<std::vector<v1::StorageHolding>> EconomyClient::storage_holdings(const NodeId& node) {
  v1::ListStorageHoldingsRequest request;
  request.set_node(field(node));
  return all_pages<v1::StorageHolding, v1::ListStorageHoldingsResponse>(
      endpoint_, *market_, &Market::ListStorageHoldings, request,
      [](const v1::ListStorageHoldingsResponse& page) -> const auto& { return page.holdings(); });
}

Result<EconomyClient> open_economy(const Session& session) {
  OORT_TRY(std::string endpoint, session.endpoint());
  return EconomyClient(std::move(endpoint));
}

}  // namespace oort::cli
