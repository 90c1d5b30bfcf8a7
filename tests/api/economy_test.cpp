// SPDX-License-Identifier: Apache-2.0
#include <google/rpc/status.pb.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <oort/v1/governance.grpc.pb.h>
#include <oort/v1/ledger.grpc.pb.h>
#include <oort/v1/market.grpc.pb.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "oort/api/ports.hpp"
#include "oort/api/server.hpp"
#include "oort/codec/codec.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/governance_records.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/storage_records.hpp"

namespace oort::api {
namespace {

constexpr std::uint64_t pools_count = 5;

NodeId node_id(std::uint64_t number) {
  NodeId id;
  id.mutable_view()[0] = static_cast<std::byte>(number);
  return id;
}
constexpr Oort storage_fund(oort_base_units / 4);

AccountId reporter() { return *AccountId::from_hex(std::string(40, 'a')); }

/// Five pools, a market with one reporter and two credits, 100 OORT in the treasury.
ledger::GenesisParams genesis_with_an_economy() {
  ledger::GenesisParams genesis;
  genesis.chain_name = "economy";
  genesis.time_ms = 1'000;
  genesis.accounts = {{reporter(), Oort(oort_base_units * 10)}};
  ledger::StakingGenesis staking;
  staking.params.emission = Oort(7);
  for (std::uint64_t number = 1; number <= pools_count; ++number) {
    ledger::Node node;
    node.id = node_id(number);
    node.roles = static_cast<std::uint8_t>(ledger::NodeRole::Super);
    genesis.nodes.push_back(node);
    genesis.validators.push_back({node.id, number});
    staking.pools.push_back({node.id, staking.params.pool_stake_min, 50'000});
  }
  ledger::MarketGenesis market;
  market.params.classes = {{ledger::StorageClass::StandardIa, Credits(3'000'000)}};
  market.first_rate = ledger::Rate(oort_base_units / 5);
  market.params.reporters = {reporter()};
  market.params.reporters_needed = 1;
  market.params.reporter_bond = Oort(oort_base_units);
  market.credits = {{reporter(), Credits(2'000'000)}};
  market.bonds = {{reporter(), Oort(oort_base_units)}};
  genesis.pots = {{ledger::Pot::Reserve, Oort(oort_base_units)},
                  {ledger::Pot::Stake, *staking.params.pool_stake_min.times(pools_count)},
                  {ledger::Pot::Mining, Oort(100)},
                  {ledger::Pot::Treasury, Oort(oort_base_units * 100)}};
  genesis.modules = {{ledger::Module::Staking, codec::to_bytes(staking)},
                     {ledger::Module::Governance, codec::to_bytes(ledger::GovernanceParams())},
                     {ledger::Module::Market, codec::to_bytes(market)},
                     {ledger::Module::Storage,
                      codec::to_bytes(ledger::StorageGenesis{{}, {{reporter(), storage_fund}}})}};
  return genesis;
}

/// The state that a network begins with.
class FakeState final : public StatePort {
 public:
  explicit FakeState(const ledger::GenesisParams& genesis) {
    const auto checked = ledger::check_genesis(genesis);
    EXPECT_TRUE(checked) << checked.error().to_string();
    state_.apply(ledger::genesis_writes(genesis));
  }
  void read(const Use& use) override {
    StateMark mark;
    mark.height = Height(6);
    mark.time = {1'000};
    use(mark, state_);
  }

 private:
  ledger::MemoryState state_;
};

struct Door {
  explicit Door(const ledger::GenesisParams& genesis = genesis_with_an_economy()) : state(genesis) {
    Ports ports;
    ports.state = &state;
    server = Server::start({}, ports).value();
    const auto channel =
        grpc::CreateChannel(server->endpoint(), grpc::InsecureChannelCredentials());
    governance = v1::GovernanceService::NewStub(channel);
    market = v1::MarketService::NewStub(channel);
    ledger = v1::LedgerService::NewStub(channel);
  }
  FakeState state;
  std::unique_ptr<Server> server;
  std::unique_ptr<v1::GovernanceService::Stub> governance;
  std::unique_ptr<v1::MarketService::Stub> market;
  std::unique_ptr<v1::LedgerService::Stub> ledger;
};

/// The reason of a call that fails, empty for one that does not.
template <class Response, class Stub, class Method, class Request>
std::string ask(Stub& stub, Method method, const Request& request, Response& response) {
  grpc::ClientContext context;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (status.ok()) return "";
  google::rpc::Status rich;
  google::rpc::ErrorInfo info;
  if (!rich.ParseFromString(status.error_details()) || rich.details_size() != 1 ||
      !rich.details(0).UnpackTo(&info)) {
    return "no ErrorInfo";
  }
  return info.reason();
}

std::string field(const NodeId& id) { return std::string(as_text(id.view())); }
std::string field(const AccountId& id) { return std::string(as_text(id.view())); }

TEST(GovernanceService, PagesThroughPoolsEachOnce) {
  Door door;
  std::vector<std::string> seen;
  std::vector<int> sizes;
  v1::ListPoolsRequest request;
  request.mutable_page()->set_page_size(2);
  do {
    v1::ListPoolsResponse response;
    ASSERT_EQ(ask(*door.governance, &v1::GovernanceService::Stub::ListPools, request, response),
              "");
    EXPECT_EQ(response.state().height(), 6U);
    sizes.push_back(response.pools_size());
    for (const v1::Pool& pool : response.pools()) {
      seen.push_back(pool.node());
      EXPECT_EQ(pool.pool_state(), "witnessing");
      EXPECT_EQ(pool.commission(), 50'000U);
    }
    request.mutable_page()->set_page_token(response.next_page_token());
  } while (!request.page().page_token().empty());
  EXPECT_EQ(sizes, (std::vector<int>{2, 2, 1}));
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), pools_count);

  v1::ListPoolsResponse response;
  request.mutable_page()->set_page_token("17");
  EXPECT_EQ(ask(*door.governance, &v1::GovernanceService::Stub::ListPools, request, response),
            "BAD_ARGUMENT");
}

TEST(GovernanceService, ShowsWhereStakingStands) {
  Door door;
  v1::GetStakingResponse response;
  ASSERT_EQ(ask(*door.governance, &v1::GovernanceService::Stub::GetStaking, v1::GetStakingRequest(),
                response),
            "");
  EXPECT_EQ(response.witnesses_count(), pools_count);
  EXPECT_EQ(response.emission(), "7");
  EXPECT_EQ(response.mining(), "100");
  EXPECT_EQ(response.weight(), "2500000000000000000000000");
}

TEST(GovernanceService, SaysWhatIsNotThereAndWhatIsMissing) {
  Door door;
  v1::GetPoolRequest pool;
  v1::GetPoolResponse pool_response;
  pool.set_node("short");
  EXPECT_EQ(ask(*door.governance, &v1::GovernanceService::Stub::GetPool, pool, pool_response),
            "BAD_ARGUMENT");
  pool.set_node(field(node_id(99)));
  EXPECT_EQ(ask(*door.governance, &v1::GovernanceService::Stub::GetPool, pool, pool_response),
            "NOT_FOUND");
  v1::ListDelegationsResponse delegations;
  EXPECT_EQ(ask(*door.governance, &v1::GovernanceService::Stub::ListDelegations,
                v1::ListDelegationsRequest(), delegations),
            "BAD_ARGUMENT");
  v1::ListUnbondingsRequest unbonding;
  v1::ListUnbondingsResponse unbondings;
  unbonding.set_account(field(reporter()));
  EXPECT_EQ(
      ask(*door.governance, &v1::GovernanceService::Stub::ListUnbondings, unbonding, unbondings),
      "");
  for (const std::string& token : {std::string("xyz"), std::string(300, '0')}) {
    unbonding.mutable_page()->set_page_token(token);
    EXPECT_EQ(
        ask(*door.governance, &v1::GovernanceService::Stub::ListUnbondings, unbonding, unbondings),
        "BAD_ARGUMENT");
  }
  v1::GetProposalRequest proposal;
  v1::GetProposalResponse proposal_response;
  proposal.set_id(1);
  EXPECT_EQ(
      ask(*door.governance, &v1::GovernanceService::Stub::GetProposal, proposal, proposal_response),
      "NOT_FOUND");
}

TEST(GovernanceService, ShowsWhoVotes) {
  Door door;
  for (const std::uint64_t epoch : {std::uint64_t{0}, std::uint64_t{1'000}}) {
    v1::GetValidatorSetRequest request;
    v1::GetValidatorSetResponse response;
    request.set_epoch(epoch);
    ASSERT_EQ(
        ask(*door.governance, &v1::GovernanceService::Stub::GetValidatorSet, request, response),
        "");
    EXPECT_EQ(response.epoch(), 0U);
    ASSERT_EQ(response.validators_size(), static_cast<int>(pools_count));
    EXPECT_EQ(response.validators(2).weight(), 3U);
  }
}

TEST(GovernanceService, GivesTheParametersAsTheLedgerKeepsThem) {
  Door door;
  v1::GetParamsResponse response;
  ASSERT_EQ(ask(*door.governance, &v1::GovernanceService::Stub::GetParams, v1::GetParamsRequest(),
                response),
            "");
  ASSERT_EQ(response.modules_size(), 5);
  EXPECT_EQ(response.modules(0).module(), "params");
  EXPECT_EQ(response.modules(1).module(), "staking");
  const auto staking =
      codec::from_bytes<ledger::StakingParams>(as_bytes(response.modules(1).canonical()));
  ASSERT_TRUE(staking);
  EXPECT_EQ(staking->emission, Oort(7));
}

TEST(MarketService, ShowsPriceCreditsAndEscrows) {
  Door door;
  v1::GetPriceResponse price;
  ASSERT_EQ(ask(*door.market, &v1::MarketService::Stub::GetPrice, v1::GetPriceRequest(), price),
            "");
  EXPECT_EQ(price.rate(), "200000000000000000");
  EXPECT_FALSE(price.is_old());
  ASSERT_EQ(price.reporters_size(), 1);
  EXPECT_EQ(price.reporters(0).bond(), "1000000000000000000");
  EXPECT_FALSE(price.reporters(0).has_report());
  EXPECT_FALSE(price.reporters(0).counts());

  v1::GetCreditsRequest account;
  v1::GetCreditsResponse credits;
  account.set_account(field(reporter()));
  ASSERT_EQ(ask(*door.market, &v1::MarketService::Stub::GetCredits, account, credits), "");
  EXPECT_EQ(credits.credits(), "2000000");

  v1::GetEscrowRequest escrow;
  v1::GetEscrowResponse escrow_response;
  escrow.set_id(2);
  EXPECT_EQ(ask(*door.market, &v1::MarketService::Stub::GetEscrow, escrow, escrow_response),
            "NOT_FOUND");
  // The one that the genesis opened, for storage.
  escrow.set_id(1);
  ASSERT_EQ(ask(*door.market, &v1::MarketService::Stub::GetEscrow, escrow, escrow_response), "");
  EXPECT_EQ(escrow_response.escrow().kind(), "storage");
  v1::ListEscrowsRequest escrows;
  v1::ListEscrowsResponse list;
  EXPECT_EQ(ask(*door.market, &v1::MarketService::Stub::ListEscrows, escrows, list),
            "BAD_ARGUMENT");
  escrows.set_payer(field(reporter()));
  EXPECT_EQ(ask(*door.market, &v1::MarketService::Stub::ListEscrows, escrows, list), "");
  EXPECT_EQ(list.escrows_size(), 1);
}

TEST(MarketService, ShowsWhatStorageCostsAndWhoPays) {
  using Stub = v1::MarketService::Stub;
  Door door;
  v1::GetStoragePriceResponse price;
  ASSERT_EQ(ask(*door.market, &Stub::GetStoragePrice, v1::GetStoragePriceRequest(), price), "");
  EXPECT_EQ(price.month_ms(), 30 * ledger::day_ms);
  ASSERT_EQ(price.prices_size(), 1);
  EXPECT_EQ(price.prices(0).storage_class(), "STANDARD_IA");
  EXPECT_EQ(price.prices(0).credits(), "3000000");
  // Three credits at 0.2 OORT each.
  EXPECT_EQ(price.prices(0).oort(), "600000000000000000");

  v1::GetStorageAccountRequest request;
  v1::GetStorageAccountResponse account;
  EXPECT_EQ(ask(*door.market, &Stub::GetStorageAccount, request, account), "BAD_ARGUMENT");
  request.set_payer(field(AccountId()));
  EXPECT_EQ(ask(*door.market, &Stub::GetStorageAccount, request, account), "NOT_FOUND");
  request.set_payer(field(reporter()));
  ASSERT_EQ(ask(*door.market, &Stub::GetStorageAccount, request, account), "");
  EXPECT_EQ(account.held(), to_decimal(storage_fund.units()));
  EXPECT_EQ(account.earned(), "0");
  EXPECT_EQ(account.month_cost(), "0");
  EXPECT_EQ(account.stored_size(), 0);
  EXPECT_FALSE(account.is_in_arrears());

  v1::ListStorageHoldingsRequest holdings;
  v1::ListStorageHoldingsResponse list;
  holdings.set_node(field(node_id(1)));
  EXPECT_EQ(ask(*door.market, &Stub::ListStorageHoldings, holdings, list), "");
  EXPECT_EQ(list.holdings_size(), 0);
  holdings.mutable_page()->set_page_token("7");
  EXPECT_EQ(ask(*door.market, &Stub::ListStorageHoldings, holdings, list), "BAD_ARGUMENT");
}

TEST(LedgerService, TellsTheSupplyByItsParts) {
  Door door;
  v1::GetSupplyResponse supply;
  ASSERT_EQ(ask(*door.ledger, &v1::LedgerService::Stub::GetSupply, v1::GetSupplyRequest(), supply),
            "");
  Uint128 pots = 0;
  for (const v1::PotBalance& pot : supply.pots()) pots += *from_decimal(pot.balance());
  // The one account has 10 OORT less its bond and its fund for storage, which are in pots.
  EXPECT_EQ(pots + 9 * oort_base_units - storage_fund.units(), *from_decimal(supply.total()));
  EXPECT_EQ(supply.credits(), "2000000");
}

TEST(GovernanceService, RefusesWhereTheModulesAreOff) {
  ledger::GenesisParams genesis = genesis_with_an_economy();
  genesis.modules.clear();
  genesis.pots.clear();
  Door door(genesis);
  v1::GetStakingResponse staking;
  EXPECT_EQ(ask(*door.governance, &v1::GovernanceService::Stub::GetStaking, v1::GetStakingRequest(),
                staking),
            "NOT_SUPPORTED");
  v1::ListProposalsResponse proposals;
  EXPECT_EQ(ask(*door.governance, &v1::GovernanceService::Stub::ListProposals,
                v1::ListProposalsRequest(), proposals),
            "NOT_SUPPORTED");
  v1::GetPriceResponse price;
  EXPECT_EQ(ask(*door.market, &v1::MarketService::Stub::GetPrice, v1::GetPriceRequest(), price),
            "NOT_SUPPORTED");
  v1::GetStoragePriceResponse storage;
  EXPECT_EQ(ask(*door.market, &v1::MarketService::Stub::GetStoragePrice,
                v1::GetStoragePriceRequest(), storage),
            "NOT_SUPPORTED");
  v1::GetParamsResponse params;
  ASSERT_EQ(ask(*door.governance, &v1::GovernanceService::Stub::GetParams, v1::GetParamsRequest(),
                params),
            "");
  EXPECT_EQ(params.modules_size(), 1);
}

}  // namespace
}  // namespace oort::api
