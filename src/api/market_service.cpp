// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/market.grpc.pb.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "call.hpp"
#include "economy_messages.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/economy_view.hpp"
#include "oort/ledger/market_records.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/view.hpp"
#include "services.hpp"
#include "state_call.hpp"
#include "storage_messages.hpp"

namespace oort::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using ledger::StateReader;

Result<ledger::MarketParams> params_of(const StateReader& state) {
  auto params = ledger::View(state).market_params();
  if (params) return *std::move(params);
  return fail(ErrorCode::Unimplemented, reason::not_supported,
              "this network has no market: its genesis does not begin it");
}

/// `now_ms` is the header time of the state.
bool is_within(std::uint64_t time_ms, std::uint64_t now_ms, std::uint64_t span_ms) {
  return now_ms - std::min(now_ms, time_ms) <= span_ms;
}

void write_reporter(const StateReader& state, const ledger::MarketParams& params,
                    const AccountId& account, std::uint64_t now_ms, v1::Reporter* out) {
  const ledger::EconomyView view(state);
  const Oort bond = view.bond_of(account);
  const auto report = view.report_of(account);
  out->set_account(to_field(account.view()));
  out->set_bond(digits_of(bond));
  if (!report) return;
  write(ledger::RateSample{report->time_ms, report->rate}, out->mutable_report());
  out->set_counts(bond >= params.reporter_bond &&
                  is_within(report->time_ms, now_ms, params.report_lifetime_ms));
}

Result<void> fill_price(const StateReader& state, std::uint64_t now_ms, v1::GetPriceResponse* out) {
  OORT_TRY(const auto params, params_of(state));
  const auto rate = ledger::View(state).rate_state().value_or(ledger::RateState{});
  out->set_is_fixed(params.fixed_rate.has_value());
  out->set_rate(digits_of(params.fixed_rate.value_or(rate.average)));
  out->set_worst_rate(digits_of(params.fixed_rate.value_or(
      std::max({rate.average, rate.worst_today, rate.worst_yesterday}))));
  if (params.fixed_rate) return {};
  out->set_is_old(!rate.samples.empty() &&
                  !is_within(rate.samples.back().time_ms, now_ms, params.stale_ms));
  for (const ledger::RateSample& sample : rate.samples) write(sample, out->add_samples());
  for (const AccountId& reporter : params.reporters) {
    write_reporter(state, params, reporter, now_ms, out->add_reporters());
  }
  out->set_reporters_needed(params.reporters_needed);
  return {};
}

/// Escrows of the account that the request names, with number at least `from`.
Result<std::vector<ledger::Escrow>> escrows_for(const StateReader& state,
                                                const v1::ListEscrowsRequest& request,
                                                std::uint64_t from, std::size_t count_max) {
  const ledger::View view(state);
  switch (request.of_case()) {
    case v1::ListEscrowsRequest::kPayer: {
      OORT_TRY(const AccountId payer, read_id<AccountId>("payer", request.payer()));
      return view.escrows_of(payer, ledger::EscrowId(from), count_max);
    }
    case v1::ListEscrowsRequest::kEarner: {
      OORT_TRY(const AccountId earner, read_id<AccountId>("earner", request.earner()));
      return view.escrows_for(earner, ledger::EscrowId(from), count_max);
    }
    case v1::ListEscrowsRequest::OF_NOT_SET: break;
  }
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "name whose escrows are wanted: payer or earner");
}

Result<void> fill_escrows(const StateReader& state, std::uint64_t now_ms,
                          const v1::ListEscrowsRequest& request, v1::ListEscrowsResponse* out) {
  OORT_TRY(params_of(state));
  OORT_TRY(const std::size_t count_max, read_page_size(request.page().page_size()));
  std::uint64_t from = 0;
  if (!request.page().page_token().empty()) {
    OORT_TRY(from, read_number_token(request.page().page_token()));
  }
  OORT_TRY(const auto escrows, escrows_for(state, request, from, count_max + 1));
  for (const ledger::Escrow& escrow : escrows) {
    if (static_cast<std::size_t>(out->escrows_size()) == count_max) {
      out->set_next_page_token(std::to_string(escrow.id.value()));
      break;
    }
    write(escrow, now_ms, out->add_escrows());
  }
  return {};
}

class MarketService final : public v1::MarketService::CallbackService {
 public:
  explicit MarketService(StatePort* state) : state_(state) {}

  ServerUnaryReactor* GetPrice(CallbackServerContext* context, const v1::GetPriceRequest*,
                               v1::GetPriceResponse* response) override {
    return answered(*context, response, [&](const StateReader& state, std::uint64_t now_ms) {
      return fill_price(state, now_ms, response);
    });
  }
  ServerUnaryReactor* GetCredits(CallbackServerContext* context,
                                 const v1::GetCreditsRequest* request,
                                 v1::GetCreditsResponse* response) override {
    return answered(
        *context, response, [&](const StateReader& state, std::uint64_t) -> Result<void> {
          OORT_TRY(params_of(state));
          OORT_TRY(const AccountId account, read_id<AccountId>("account", request->account()));
          response->set_credits(digits_of(ledger::View(state).credits(account)));
          return {};
        });
  }
  ServerUnaryReactor* GetEscrow(CallbackServerContext* context, const v1::GetEscrowRequest* request,
                                v1::GetEscrowResponse* response) override {
    return answered(
        *context, response, [&](const StateReader& state, std::uint64_t now_ms) -> Result<void> {
          OORT_TRY(params_of(state));
          const auto escrow = ledger::View(state).escrow(ledger::EscrowId(request->id()));
          if (!escrow) {
            return fail(ErrorCode::NotFound, reason::not_found,
                        "there is no escrow " + std::to_string(request->id()));
          }
          write(*escrow, now_ms, response->mutable_escrow());
          return {};
        });
  }
  ServerUnaryReactor* ListEscrows(CallbackServerContext* context,
                                  const v1::ListEscrowsRequest* request,
                                  v1::ListEscrowsResponse* response) override {
    return answered(*context, response, [&](const StateReader& state, std::uint64_t now_ms) {
      return fill_escrows(state, now_ms, *request, response);
    });
  }
  ServerUnaryReactor* GetStoragePrice(CallbackServerContext* context,
                                      const v1::GetStoragePriceRequest*,
                                      v1::GetStoragePriceResponse* response) override {
    return answered(*context, response,
                    [&](const StateReader& state, std::uint64_t) { return fill(state, response); });
  }
  ServerUnaryReactor* GetStorageAccount(CallbackServerContext* context,
                                        const v1::GetStorageAccountRequest* request,
                                        v1::GetStorageAccountResponse* response) override {
    return answered(*context, response, [&](const StateReader& state, std::uint64_t now_ms) {
      return fill(state, now_ms, *request, response);
    });
  }
  ServerUnaryReactor* ListStorageHoldings(CallbackServerContext* context,
                                          const v1::ListStorageHoldingsRequest* request,
                                          v1::ListStorageHoldingsResponse* response) override {
    return answered(*context, response, [&](const StateReader& state, std::uint64_t) {
      return fill(state, *request, response);
    });
  }

 private:
  template <class Response, class Write>
  ServerUnaryReactor* answered(CallbackServerContext& context, Response* response,
                               const Write& write_rest) {
    return answer(state_, context, "MarketService",
                  [&](const StateMark& mark, const StateReader& state) {
                    write(mark, response->mutable_state());
                    return write_rest(state, mark.time.milliseconds);
                  });
  }

  StatePort* state_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_market_service(StatePort* state) {
  return std::make_unique<MarketService>(state);
}

}  // namespace oort::api
