// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/admin.grpc.pb.h>

#include "call.hpp"
#include "oort/core/log.hpp"
#include "services.hpp"

namespace oort::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class AdminService final : public v1::AdminService::CallbackService {
 public:
  explicit AdminService(AdminPort* port) : port_(port) {}

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
  AdminPort* port_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_admin_service(AdminPort* port) {
  return std::make_unique<AdminService>(port);
}

}  // namespace oort::api
