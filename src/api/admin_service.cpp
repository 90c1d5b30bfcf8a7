// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/admin.grpc.pb.h>

#include <algorithm>

#include "call.hpp"
#include "oort/core/log.hpp"
#include "oort/ledger/economy_view.hpp"
#include "services.hpp"
#include "state_call.hpp"

namespace oort::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

v1::StepRepairResponse::Kind kind_of(RepairReport::Kind kind) {
  switch (kind) {
    case RepairReport::Kind::Nothing: return v1::StepRepairResponse::KIND_NOTHING;
    case RepairReport::Kind::Sealed: return v1::StepRepairResponse::KIND_SEALED;
    case RepairReport::Kind::Repaired: return v1::StepRepairResponse::KIND_REPAIRED;
    case RepairReport::Kind::Failed: return v1::StepRepairResponse::KIND_FAILED;
  }
  return v1::StepRepairResponse::KIND_UNSPECIFIED;
}

void write(const RepairReport& report, v1::StepRepairResponse& out) {
  out.set_kind(kind_of(report.kind));
  out.set_why(report.why);
  if (report.kind == RepairReport::Kind::Nothing) return;
  out.set_segment(to_field(report.shard.segment.view()));
  out.set_index(report.shard.index);
  if (!report.from.is_zero()) out.set_from(to_field(report.from.view()));
  if (!report.to.is_zero()) out.set_to(to_field(report.to.view()));
}

void write(const ScrubReport& report, v1::ScrubNowResponse& out) {
  constexpr std::size_t listed_max = 1000;
  out.set_shards_count(report.shards_count);
  out.set_bytes(report.bytes);
  out.set_unreadable_count(report.unreadable_count);
  out.set_damaged_count(report.damaged_count);
  for (std::size_t i = 0; i < std::min(report.damaged.size(), listed_max); ++i) {
    v1::DamagedShard* shard = out.add_damaged();
    shard->set_segment(to_field(report.damaged[i].segment.view()));
    shard->set_index(report.damaged[i].index);
    shard->set_generation(report.damaged[i].generation);
  }
}

class AdminService final : public v1::AdminService::CallbackService {
 public:
  AdminService(AdminPort* port, StatePort* state) : port_(port), state_(state) {}

  ServerUnaryReactor* DumpConsensus(CallbackServerContext* context, const v1::DumpConsensusRequest*,
                                    v1::DumpConsensusResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("AdminService"));
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->dump_consensus(finish_with<std::string>(
        reactor, [response](std::string text) { response->set_text(std::move(text)); }));
    return reactor;
  }

  ServerUnaryReactor* AwaitHeight(CallbackServerContext* context,
                                  const v1::AwaitHeightRequest* request,
                                  v1::AwaitHeightResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("AdminService"));
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->await_height(Height(request->height()), remaining(*context),
                        finish_with<Height>(reactor, [response](Height height) {
                          response->set_height(height.value());
                        }));
    return reactor;
  }

  ServerUnaryReactor* AwaitDurable(CallbackServerContext* context, const v1::AwaitDurableRequest*,
                                   v1::AwaitDurableResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("AdminService"));
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->await_durable(remaining(*context),
                         finish_with<Height>(reactor, [response](Height height) {
                           response->set_height(height.value());
                         }));
    return reactor;
  }

  ServerUnaryReactor* SealOpenSegments(CallbackServerContext* context,
                                       const v1::SealOpenSegmentsRequest*,
                                       v1::SealOpenSegmentsResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("AdminService"));
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->seal_open_segments(
        finish_with<SealReport>(reactor, [response](const SealReport& report) {
          response->set_sealed_count(report.sealed_count);
          response->set_failed_count(report.failed_count);
          response->set_left_count(report.left_count);
          response->set_why(report.why);
        }));
    return reactor;
  }

  ServerUnaryReactor* PauseRepair(CallbackServerContext* context, const v1::PauseRepairRequest*,
                                  v1::PauseRepairResponse*) override {
    return set_paused(*context, true);
  }

  ServerUnaryReactor* ResumeRepair(CallbackServerContext* context, const v1::ResumeRepairRequest*,
                                   v1::ResumeRepairResponse*) override {
    return set_paused(*context, false);
  }

  ServerUnaryReactor* StepRepair(CallbackServerContext* context, const v1::StepRepairRequest*,
                                 v1::StepRepairResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("AdminService"));
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->step_repair(finish_with<RepairReport>(
        reactor, [response](const RepairReport& report) { write(report, *response); }));
    return reactor;
  }

  ServerUnaryReactor* ScrubNow(CallbackServerContext* context, const v1::ScrubNowRequest*,
                               v1::ScrubNowResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("AdminService"));
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->scrub(finish_with<ScrubReport>(
        reactor, [response](const ScrubReport& report) { write(report, *response); }));
    return reactor;
  }

  ServerUnaryReactor* AuditSupply(CallbackServerContext* context, const v1::AuditSupplyRequest*,
                                  v1::AuditSupplyResponse* response) override {
    return answer(state_, *context, "AuditSupply", [response](const StateMark& mark, auto& state) {
      const ledger::SupplyAudit audit = ledger::EconomyView(state).audit();
      response->set_height(mark.height.value());
      response->set_accounts_count(audit.accounts_count);
      response->set_accounts(to_decimal(audit.accounts.units()));
      response->set_bonds(to_decimal(audit.bonds.units()));
      response->set_pots(to_decimal(audit.pots.units()));
      response->set_fees(to_decimal(audit.fees.units()));
      response->set_total(to_decimal(audit.total.units()));
      response->set_is_conserved(audit.is_conserved());
      return Result<void>();
    });
  }

  ServerUnaryReactor* SetLogLevel(CallbackServerContext* context,
                                  const v1::SetLogLevelRequest* request,
                                  v1::SetLogLevelResponse*) override {
    const auto level = log::parse_level(request->level());
    if (!level) return refuse(*context, level.error());
    log::set_level(*level);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  ServerUnaryReactor* Shutdown(CallbackServerContext* context, const v1::ShutdownRequest*,
                               v1::ShutdownResponse*) override {
    if (port_ == nullptr) return refuse(*context, not_offered("AdminService"));
    ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    port_->shut_down();
    return reactor;
  }

 private:
  ServerUnaryReactor* set_paused(CallbackServerContext& context, bool is_paused) {
    if (port_ == nullptr) return refuse(context, not_offered("AdminService"));
    ServerUnaryReactor* reactor = context.DefaultReactor();
    port_->pause_repair(is_paused, finish_with<void>(reactor, [] {}));
    return reactor;
  }

  AdminPort* port_;
  StatePort* state_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_admin_service(AdminPort* port, StatePort* state) {
  return std::make_unique<AdminService>(port, state);
}

}  // namespace oort::api
