// SPDX-License-Identifier: Apache-2.0
#include <google/rpc/status.pb.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <oort/v1/honesty.grpc.pb.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "oort/api/ports.hpp"
#include "oort/api/server.hpp"
#include "oort/codec/codec.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/honesty_case.hpp"
#include "oort/ledger/honesty_keys.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/state.hpp"

namespace oort::api {
namespace {

using Stub = v1::HonestyService::Stub;

constexpr std::uint64_t nodes_count = 5;

NodeId node_id(std::uint64_t number) {
  NodeId id;
  id.mutable_view()[0] = static_cast<std::byte>(number);
  return id;
}
std::string field(ByteView bytes) { return std::string(as_text(bytes)); }

/// Five nodes of 100 OORT each.
ledger::GenesisParams genesis_of(bool has_honesty) {
  ledger::GenesisParams genesis;
  genesis.chain_name = "honesty";
  genesis.time_ms = 1'000;
  ledger::StakingGenesis staking;
  for (std::uint64_t number = 1; number <= nodes_count; ++number) {
    ledger::Node node;
    node.id = node_id(number);
    node.roles = static_cast<std::uint8_t>(ledger::NodeRole::Super);
    node.bond = Oort(oort_base_units * 100);
    genesis.nodes.push_back(node);
    genesis.validators.push_back({node.id, number});
    staking.pools.push_back({node.id, staking.params.pool_stake_min, 50'000});
  }
  genesis.pots = {{ledger::Pot::Stake, *staking.params.pool_stake_min.times(nodes_count)}};
  genesis.modules = {{ledger::Module::Staking, codec::to_bytes(staking)}};
  if (has_honesty) {
    genesis.modules.push_back({ledger::Module::Honesty, codec::to_bytes(ledger::HonestyGenesis{})});
  }
  return genesis;
}

struct Door final : StatePort {
  explicit Door(bool has_honesty = true) {
    const auto genesis = genesis_of(has_honesty);
    const auto checked = ledger::check_genesis(genesis);
    EXPECT_TRUE(checked) << checked.error().to_string();
    state.apply(ledger::genesis_writes(genesis));
    Ports ports;
    ports.state = this;
    server = Server::start({}, ports).value();
    stub = v1::HonestyService::NewStub(
        grpc::CreateChannel(server->endpoint(), grpc::InsecureChannelCredentials()));
  }
  void read(const Use& use) override {
    StateMark mark;
    mark.height = Height(6);
    use(mark, state);
  }
  void put(const Bytes& key, const Bytes& value) {
    const ledger::StateWrite write{key, value};
    state.apply({&write, 1});
  }
  /// The code of a call that fails, OK for one that does not.
  template <class Response, class Method, class Request>
  grpc::StatusCode ask(Method method, const Request& request, Response& response) {
    grpc::ClientContext context;
    return (stub.get()->*method)(&context, request, &response).error_code();
  }

  ledger::MemoryState state;
  std::unique_ptr<Server> server;
  std::unique_ptr<Stub> stub;
};

TEST(HonestyService, PagesThroughStandingsEachOnce) {
  Door door;
  std::set<std::string> seen;
  std::vector<int> sizes;
  v1::ListStandingsRequest request;
  request.mutable_page()->set_page_size(2);
  do {
    v1::ListStandingsResponse response;
    ASSERT_EQ(door.ask(&Stub::ListStandings, request, response), grpc::StatusCode::OK);
    EXPECT_EQ(response.state().height(), 6U);
    sizes.push_back(response.standings_size());
    for (const v1::HonestyStanding& standing : response.standings()) {
      seen.insert(standing.node());
      EXPECT_EQ(standing.credibility(), 800'000'000U);
      EXPECT_EQ(standing.posted(), 0U);
    }
    request.mutable_page()->set_page_token(response.next_page_token());
  } while (!request.page().page_token().empty());
  EXPECT_EQ(sizes, (std::vector<int>{2, 2, 1}));
  EXPECT_EQ(seen.size(), nodes_count);
}

TEST(HonestyService, ShowsWhatWasProvenAgainstANode) {
  Door door;
  ledger::Standing standing;
  standing.verdicts_count = 1;
  standing.counters.failed_micro = ledger::micro_one;
  door.put(ledger::keys::standing(node_id(2)), codec::to_bytes(standing));
  ledger::HonestyVerdict verdict;
  verdict.node = node_id(2);
  verdict.burnt = Oort(70);
  door.put(ledger::keys::verdict(node_id(2), 0), codec::to_bytes(verdict));
  v1::GetStandingRequest request;
  request.set_node(field(node_id(2).view()));
  v1::GetStandingResponse response;
  ASSERT_EQ(door.ask(&Stub::GetStanding, request, response), grpc::StatusCode::OK);
  EXPECT_EQ(response.standing().failed_micro(), ledger::micro_one);
  ASSERT_EQ(response.verdicts_size(), 1);
  EXPECT_EQ(response.verdicts(0).offence(), "wrong result");
  EXPECT_EQ(response.verdicts(0).burnt(), "70");
}

TEST(HonestyService, ShowsACaseWithItsEvidence) {
  Door door;
  ledger::CaseRecord record;
  record.court.id.mutable_view()[0] = std::byte{9};
  record.reveal.officer = node_id(1);
  record.reveal.receipt.executor = node_id(2);
  record.court.phase = ledger::CasePhase::Committing;
  record.court.panel = {{node_id(3), {}, {}}};
  door.put(ledger::keys::fault_case(record.court.id), codec::to_bytes(record));
  v1::ListCasesResponse list;
  ASSERT_EQ(door.ask(&Stub::ListCases, v1::ListCasesRequest(), list), grpc::StatusCode::OK);
  ASSERT_EQ(list.cases_size(), 1);
  EXPECT_EQ(list.cases(0).phase(), "committing");
  EXPECT_EQ(list.cases(0).verdict(), "") << "nobody was heard yet";
  v1::GetCaseRequest request;
  request.set_case_(list.cases(0).case_());
  v1::GetCaseResponse response;
  ASSERT_EQ(door.ask(&Stub::GetCase, request, response), grpc::StatusCode::OK);
  EXPECT_EQ(response.case_().executor(), field(node_id(2).view()));
  const auto evidence = codec::from_bytes<ledger::EvidenceBundle>(as_bytes(response.evidence()));
  ASSERT_TRUE(evidence);
  EXPECT_EQ(evidence->reveal, record.reveal);
}

TEST(HonestyService, SaysWhatIsNotThereAndWhatIsMissing) {
  Door door;
  v1::GetStandingRequest request;
  v1::GetStandingResponse response;
  request.set_node("short");
  EXPECT_EQ(door.ask(&Stub::GetStanding, request, response), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_node(field(node_id(99).view()));
  EXPECT_EQ(door.ask(&Stub::GetStanding, request, response), grpc::StatusCode::NOT_FOUND);
  v1::GetCaseRequest fault;
  fault.set_case_(std::string(32, 'x'));
  v1::GetCaseResponse none;
  EXPECT_EQ(door.ask(&Stub::GetCase, fault, none), grpc::StatusCode::NOT_FOUND);
  v1::ListAuditsResponse audits;
  EXPECT_EQ(door.ask(&Stub::ListAudits, v1::ListAuditsRequest(), audits), grpc::StatusCode::OK);
  Door without(false);
  v1::GetHonestyRoundResponse round;
  EXPECT_EQ(without.ask(&Stub::GetRound, v1::GetHonestyRoundRequest(), round),
            grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace oort::api
