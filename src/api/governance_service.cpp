// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/governance.grpc.pb.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "call.hpp"
#include "economy_messages.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/economy_view.hpp"
#include "oort/ledger/governance_records.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/storage_view.hpp"
#include "oort/ledger/view.hpp"
#include "services.hpp"
#include "state_call.hpp"

namespace oort::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using ledger::EconomyView;
using ledger::StateReader;

constexpr std::string_view service_name = "GovernanceService";
/// How many of all that leaves one page looks at.
constexpr std::size_t leavers_visits_max = 10'000;

tl::unexpected<Error> is_off(std::string_view module) {
  return fail(ErrorCode::Unimplemented, reason::not_supported,
              "this network has no " + std::string(module) + ": its genesis does not begin it");
}

Result<void> need_staking(const EconomyView& view) {
  if (view.staking_params()) return {};
  return is_off("staking");
}

tl::unexpected<Error> not_there(const std::string& what) {
  return fail(ErrorCode::NotFound, reason::not_found, what);
}

/// A page whose token is the identifier of its first element.
template <class Id>
struct Page {
  Id from;
  std::size_t count_max = 0;
};
template <class Id>
Result<Page<Id>> read_page(const v1::PageRequest& request) {
  Page<Id> page;
  OORT_TRY(page.count_max, read_page_size(request.page_size()));
  if (request.page_token().empty()) return page;
  const auto from = Id::from_hex(request.page_token());
  if (!from) return fail(bad_page_token());
  page.from = *from;
  return page;
}

Result<void> fill_staking(const StateReader& state, v1::GetStakingResponse* out) {
  const EconomyView view(state);
  OORT_TRY(need_staking(view));
  const ledger::View money(state);
  const auto staking = view.staking_state().value_or(ledger::StakingState{});
  out->set_epoch(staking.epoch);
  out->set_ends_ms(staking.ends_ms);
  out->set_weight(digits_of(staking.weight));
  out->set_witnesses_count(static_cast<std::uint32_t>(view.witnesses_count()));
  out->set_emission(digits_of(view.emission()));
  out->set_mining(digits_of(money.pot(ledger::Pot::Mining)));
  out->set_rewards(digits_of(money.pot(ledger::Pot::Rewards)));
  out->set_unbonding(digits_of(money.pot(ledger::Pot::Unbonding)));
  out->set_unbonding_epochs(money.params().unbonding_epochs);
  return {};
}

Result<void> fill_pools(const StateReader& state, const v1::PageRequest& request,
                        v1::ListPoolsResponse* out) {
  const EconomyView view(state);
  OORT_TRY(need_staking(view));
  OORT_TRY(const auto page, read_page<NodeId>(request));
  for (const ledger::Pool& pool : view.pools(page.from, page.count_max + 1)) {
    if (static_cast<std::size_t>(out->pools_size()) == page.count_max) {
      out->set_next_page_token(pool.node.hex());
      break;
    }
    write(pool, out->add_pools());
  }
  return {};
}

Result<void> fill_delegators(const EconomyView& view, const v1::ListDelegationsRequest& request,
                             v1::ListDelegationsResponse* out) {
  OORT_TRY(const NodeId node, read_id<NodeId>("pool", request.pool()));
  OORT_TRY(const auto page, read_page<AccountId>(request.page()));
  const auto pool = view.pool(node);
  if (!pool) return not_there("there is no pool of node " + node.hex());
  for (const auto& [account, delegation] :
       view.delegations_to(node, page.from, page.count_max + 1)) {
    if (static_cast<std::size_t>(out->delegations_size()) == page.count_max) {
      out->set_next_page_token(account.hex());
      break;
    }
    write(*pool, account, delegation, out->add_delegations());
  }
  return {};
}

Result<void> fill_delegated(const EconomyView& view, const v1::ListDelegationsRequest& request,
                            v1::ListDelegationsResponse* out) {
  OORT_TRY(const AccountId account, read_id<AccountId>("account", request.account()));
  OORT_TRY(const auto page, read_page<NodeId>(request.page()));
  for (const auto& [node, delegation] :
       view.delegations_of(account, page.from, page.count_max + 1)) {
    if (static_cast<std::size_t>(out->delegations_size()) == page.count_max) {
      out->set_next_page_token(node.hex());
      break;
    }
    if (const auto pool = view.pool(node)) {
      write(*pool, account, delegation, out->add_delegations());
    }
  }
  return {};
}

Result<void> fill_delegations(const StateReader& state, const v1::ListDelegationsRequest& request,
                              v1::ListDelegationsResponse* out) {
  const EconomyView view(state);
  OORT_TRY(need_staking(view));
  switch (request.of_case()) {
    case v1::ListDelegationsRequest::kPool: return fill_delegators(view, request, out);
    case v1::ListDelegationsRequest::kAccount: return fill_delegated(view, request, out);
    case v1::ListDelegationsRequest::OF_NOT_SET: break;
  }
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "name whose delegations are wanted: pool or account");
}

Result<void> fill_unbondings(const StateReader& state, const v1::ListUnbondingsRequest& request,
                             v1::ListUnbondingsResponse* out) {
  const EconomyView view(state);
  OORT_TRY(need_staking(view));
  OORT_TRY(const AccountId account, read_id<AccountId>("account", request.account()));
  OORT_TRY(const std::size_t count_max, read_page_size(request.page().page_size()));
  const auto from = from_hex(request.page().page_token());
  const auto page =
      from ? view.leavers(account, *from, count_max, leavers_visits_max) : std::nullopt;
  if (!page) return fail(bad_page_token());
  for (const ledger::Leaver& leaver : page->leavers) write(leaver, out->add_unbondings());
  out->set_next_page_token(to_hex(page->next));
  return {};
}

Result<void> fill_validators(const StateReader& state, std::uint64_t wanted,
                             v1::GetValidatorSetResponse* out) {
  const ledger::View view(state);
  const auto staking = EconomyView(state).staking_state();
  // The set of the epoch after the chain's is written at each turn of the ledger's own.
  const auto beacon = view.beacon();
  const std::uint64_t newest = beacon ? beacon->epoch.value() + (staking ? 1 : 0) : 0;
  auto set = view.validator_set(Epoch(std::min(wanted, newest)));
  if (!set && wanted >= newest && newest > 0) set = view.validator_set(Epoch(newest - 1));
  if (!set) return not_there("no validator set of epoch " + std::to_string(wanted) + " is known");
  out->set_epoch(set->epoch.value());
  for (const ledger::Validator& validator : set->validators) {
    v1::ValidatorWeight* to = out->add_validators();
    to->set_node(to_field(validator.node.view()));
    to->set_weight(validator.weight);
  }
  return {};
}

Result<void> fill_proposals(const StateReader& state, const v1::PageRequest& request,
                            v1::ListProposalsResponse* out) {
  const EconomyView view(state);
  if (!view.governance_params()) return is_off("governance");
  OORT_TRY(const std::size_t count_max, read_page_size(request.page_size()));
  std::uint64_t from = 0;
  if (!request.page_token().empty()) {
    OORT_TRY(from, read_number_token(request.page_token()));
  }
  for (const ledger::Proposal& proposal : view.proposals(from, count_max + 1)) {
    if (static_cast<std::size_t>(out->proposals_size()) == count_max) {
      out->set_next_page_token(std::to_string(proposal.id));
      break;
    }
    write(proposal, out->add_proposals());
  }
  return {};
}

Result<void> fill_proposal(const StateReader& state, std::uint64_t id,
                           v1::GetProposalResponse* out) {
  const EconomyView view(state);
  if (!view.governance_params()) return is_off("governance");
  const auto proposal = view.proposal(id);
  if (!proposal) return not_there("there is no proposal " + std::to_string(id));
  write(*proposal, out->mutable_proposal());
  // A ballot is of a pool, and pools are no more than super nodes.
  constexpr std::size_t ballots_max = 1'000;
  for (const auto& [pool, votes] : view.ballots(id, ballots_max)) {
    write(pool, votes, out->add_ballots());
  }
  return {};
}

template <class Record>
void add_params(v1::GetParamsResponse* out, const std::string& module, const Record& params) {
  v1::ModuleParams* to = out->add_modules();
  to->set_module(module);
  to->set_canonical(to_field(codec::to_bytes(params)));
}

void fill_params(const StateReader& state, v1::GetParamsResponse* out) {
  const ledger::View view(state);
  const EconomyView economy(state);
  add_params(out, "params", view.params());
  if (const auto params = economy.staking_params()) add_params(out, "staking", *params);
  if (const auto params = economy.governance_params()) add_params(out, "governance", *params);
  if (const auto params = view.market_params()) add_params(out, "market", *params);
  if (const auto params = ledger::StorageView(state).params()) add_params(out, "storage", *params);
}

class GovernanceService final : public v1::GovernanceService::CallbackService {
 public:
  explicit GovernanceService(StatePort* state) : state_(state) {}

  ServerUnaryReactor* GetStaking(CallbackServerContext* context, const v1::GetStakingRequest*,
                                 v1::GetStakingResponse* response) override {
    return answered(*context, response,
                    [&](const StateReader& state) { return fill_staking(state, response); });
  }
  ServerUnaryReactor* ListPools(CallbackServerContext* context, const v1::ListPoolsRequest* request,
                                v1::ListPoolsResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) {
      return fill_pools(state, request->page(), response);
    });
  }
  ServerUnaryReactor* GetPool(CallbackServerContext* context, const v1::GetPoolRequest* request,
                              v1::GetPoolResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) -> Result<void> {
      const EconomyView view(state);
      OORT_TRY(need_staking(view));
      OORT_TRY(const NodeId node, read_id<NodeId>("node", request->node()));
      const auto pool = view.pool(node);
      if (!pool) return not_there("there is no pool of node " + node.hex());
      write(*pool, response->mutable_pool());
      return {};
    });
  }
  ServerUnaryReactor* ListDelegations(CallbackServerContext* context,
                                      const v1::ListDelegationsRequest* request,
                                      v1::ListDelegationsResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) {
      return fill_delegations(state, *request, response);
    });
  }
  ServerUnaryReactor* ListUnbondings(CallbackServerContext* context,
                                     const v1::ListUnbondingsRequest* request,
                                     v1::ListUnbondingsResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) {
      return fill_unbondings(state, *request, response);
    });
  }
  ServerUnaryReactor* GetValidatorSet(CallbackServerContext* context,
                                      const v1::GetValidatorSetRequest* request,
                                      v1::GetValidatorSetResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) {
      return fill_validators(state, request->epoch(), response);
    });
  }
  ServerUnaryReactor* ListProposals(CallbackServerContext* context,
                                    const v1::ListProposalsRequest* request,
                                    v1::ListProposalsResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) {
      return fill_proposals(state, request->page(), response);
    });
  }
  ServerUnaryReactor* GetProposal(CallbackServerContext* context,
                                  const v1::GetProposalRequest* request,
                                  v1::GetProposalResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) {
      return fill_proposal(state, request->id(), response);
    });
  }
  ServerUnaryReactor* GetParams(CallbackServerContext* context, const v1::GetParamsRequest*,
                                v1::GetParamsResponse* response) override {
    return answered(*context, response, [&](const StateReader& state) {
      fill_params(state, response);
      return Result<void>();
    });
  }

 private:
  template <class Response, class Fill>
  ServerUnaryReactor* answered(CallbackServerContext& context, Response* response,
                               const Fill& fill) {
    return answer(state_, context, service_name,
                  [&](const StateMark& mark, const StateReader& state) {
                    write(mark, response->mutable_state());
                    return fill(state);
                  });
  }

  StatePort* state_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_governance_service(StatePort* state) {
  return std::make_unique<GovernanceService>(state);
}

}  // namespace oort::api
