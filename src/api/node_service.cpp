// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/node.grpc.pb.h>

#include <chrono>

#include "call.hpp"
#include "services.hpp"

namespace oort::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

void write(const StorageStatus& storage, v1::StorageStatus* out) {
  out->set_shards_count(storage.shards_count);
  out->set_shard_bytes(storage.shard_bytes);
  out->set_dead_bytes(storage.dead_bytes);
  out->set_free_bytes(storage.free_bytes);
  out->set_is_read_only(storage.is_read_only);
  out->set_missing_shards_count(storage.missing_shards_count);
  out->set_degraded_segments_count(storage.degraded_segments_count);
  out->set_open_segments_count(storage.open_segments_count);
  out->set_is_repair_paused(storage.is_repair_paused);
}

void write(const NodeStatus& status, v1::GetStatusResponse* out) {
  out->set_node_id(to_field(status.id.view()));
  out->set_name(status.name);
  out->set_role(status.role);
  out->set_is_light(status.is_light);
  out->set_version(status.version);
  out->set_chain_id(to_field(status.chain.view()));
  out->set_height(status.height.value());
  out->set_time_ms(status.time.milliseconds);
  out->set_epoch(status.epoch.value());
  out->set_view(status.view.value());
  out->set_is_ready(status.is_ready);
  out->set_not_ready_reason(status.not_ready_reason);
  out->set_has_quorum(status.has_quorum);
  out->set_connected_peers_count(status.connected_peers_count);
  out->set_uptime_ms(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(status.uptime).count()));
  out->set_grpc_endpoint(status.grpc_endpoint);
  out->set_s3_endpoint(status.s3_endpoint);
  out->set_operator_endpoint(status.operator_endpoint);
  write(status.storage, out->mutable_storage());
}

void write(const PeerView& peer, v1::Peer* out) {
  out->set_node_id(to_field(peer.id.view()));
  out->set_name(peer.name);
  for (const std::string& role : peer.roles) out->add_roles(role);
  out->set_address(peer.address);
  out->set_is_connected(peer.is_connected);
  out->set_grpc_endpoint(peer.grpc_endpoint);
}

class NodeService final : public v1::NodeService::CallbackService {
 public:
  explicit NodeService(NodePort* port) : port_(port) {}

  ServerUnaryReactor* GetStatus(CallbackServerContext* context, const v1::GetStatusRequest*,
                                v1::GetStatusResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("NodeService"));
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->get_status(finish_with<NodeStatus>(
        reactor, [response](const NodeStatus& status) { write(status, response); }));
    return reactor;
  }

  ServerUnaryReactor* ListPeers(CallbackServerContext* context, const v1::ListPeersRequest*,
                                v1::ListPeersResponse* response) override {
    if (port_ == nullptr) return refuse(*context, not_offered("NodeService"));
    tag_request(*context);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    port_->list_peers(
        finish_with<std::vector<PeerView>>(reactor, [response](const std::vector<PeerView>& peers) {
          for (const PeerView& peer : peers) write(peer, response->add_peers());
        }));
    return reactor;
  }

 private:
  NodePort* port_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_node_service(NodePort* port) {
  return std::make_unique<NodeService>(port);
}

}  // namespace oort::api
