// SPDX-License-Identifier: Apache-2.0
#include "oort/api/server.hpp"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>
#include <vector>

#include "honesty_service.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "services.hpp"
#include "tls.hpp"

namespace oort::api {
namespace {

/// A unix socket's address holds 108 bytes with the closing zero.
constexpr std::size_t socket_path_bytes_max = 107;

/// gRPC's own remarks go where all logs go; they repeat what its callers learn by status.
void log_from_grpc(gpr_log_func_args* remark) { log::debug("api", remark->message); }

bool is_loopback(std::string_view listen) {
  const std::string_view host = listen.substr(0, listen.rfind(':'));
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

Result<std::shared_ptr<grpc::ServerCredentials>> credentials(const ServerOptions& options) {
  if (!options.tls) {
    if (!is_loopback(options.listen)) {
      return fail(
          ErrorCode::FailedPrecondition, reason::bad_config,
          "gRPC at " + options.listen +
              " needs a certificate, which `api.certificate` and `api.key` name: without TLS it "
              "listens on loopback alone");
    }
    return grpc::InsecureServerCredentials();
  }
  return tls_credentials(*options.tls);
}

void set_limits(grpc::ServerBuilder& builder, const ServerOptions& options) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.message_bytes_max));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1'000);
  // Two processes on one port would share its calls silently.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

}  // namespace

struct Server::Impl {
  std::vector<std::unique_ptr<grpc::Service>> services;
  std::mutex mutex;
  // Guarded by `mutex` once started.
  std::unique_ptr<grpc::Server> network;
  std::unique_ptr<grpc::Server> admin;
  std::string endpoint;
  std::string admin_socket;

  Result<void> open_network(const ServerOptions& options) {
    OORT_TRY(const auto security, credentials(options));
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(options.listen, security, &port);
    set_limits(builder, options);
    for (std::size_t i = 0; i + 1 < services.size(); ++i) {
      builder.RegisterService(services[i].get());
    }
    network = builder.BuildAndStart();
    if (network == nullptr || port == 0) {
      return fail(ErrorCode::FailedPrecondition, reason::port_in_use,
                  "gRPC cannot listen on " + options.listen + "; another process may use the port");
    }
    endpoint = options.listen.substr(0, options.listen.rfind(':') + 1) + std::to_string(port);
    return {};
  }

  Result<void> open_admin(const ServerOptions& options) {
    if (options.admin_socket.size() > socket_path_bytes_max) {
      return fail(ErrorCode::FailedPrecondition, reason::bad_config,
                  "the path of the admin socket has " +
                      std::to_string(options.admin_socket.size()) +
                      " bytes, at most 107 are possible: " + options.admin_socket);
    }
    ::unlink(options.admin_socket.c_str());
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + options.admin_socket, grpc::InsecureServerCredentials());
    set_limits(builder, options);
    for (const auto& service : services) builder.RegisterService(service.get());
    // Nobody else may connect between the creation of the socket and its mode.
    const mode_t before = ::umask(0177);
    admin = builder.BuildAndStart();
    ::umask(before);
    if (admin == nullptr) {
      return fail(ErrorCode::FailedPrecondition, reason::bad_config,
                  "the admin socket " + options.admin_socket +
                      " cannot be made; does its folder exist and is it writable?");
    }
    admin_socket = options.admin_socket;
    return {};
  }
};

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, const Ports& ports) {
  gpr_set_log_function(log_from_grpc);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto impl = std::make_unique<Impl>();
  impl->services.push_back(make_node_service(ports.node));
  impl->services.push_back(make_ledger_service(ports.ledger, ports.state));
  impl->services.push_back(make_governance_service(ports.state));
  impl->services.push_back(make_market_service(ports.state));
  impl->services.push_back(make_datahub_service(ports.state));
  impl->services.push_back(make_annotation_service(ports.annotation, ports.state));
  impl->services.push_back(make_model_service(ports.state));
  impl->services.push_back(make_honesty_service(ports.state));
  impl->services.push_back(make_object_service(ports.object));
  impl->services.push_back(make_compute_service(ports.ledger, ports.state, ports.broker));
  // Last: the network door takes all but this one.
  impl->services.push_back(make_admin_service(ports.admin, ports.state));
  if (!options.listen.empty()) OORT_TRY(impl->open_network(options));
  if (!options.admin_socket.empty()) OORT_TRY(impl->open_admin(options));
  auto server = std::make_unique<Server>(Passkey{}, std::move(impl));
  server->set_serving(false);
  return server;
}

Server::Server(Passkey, std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { stop(0s); }

const std::string& Server::endpoint() const noexcept { return impl_->endpoint; }

void Server::set_serving(bool is_serving) {
  const std::lock_guard lock(impl_->mutex);
  for (grpc::Server* server : {impl_->network.get(), impl_->admin.get()}) {
    if (server == nullptr) continue;
    server->GetHealthCheckService()->SetServingStatus(is_serving);
  }
}

void Server::stop(Duration grace) {
  const gpr_timespec deadline =
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_nanos(grace.count(), GPR_TIMESPAN));
  std::vector<std::unique_ptr<grpc::Server>> servers;
  {
    const std::lock_guard lock(impl_->mutex);
    servers.push_back(std::move(impl_->network));
    servers.push_back(std::move(impl_->admin));
  }
  for (const auto& server : servers) {
    if (server == nullptr) continue;
    server->Shutdown(deadline);
    server->Wait();
  }
  if (!impl_->admin_socket.empty()) ::unlink(impl_->admin_socket.c_str());
  impl_->admin_socket.clear();
}

}  // namespace oort::api
