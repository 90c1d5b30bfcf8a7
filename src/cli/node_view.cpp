// SPDX-License-Identifier: Apache-2.0
#include "node_view.hpp"

#include <oort/v1/node.grpc.pb.h>

#include "client.hpp"

namespace oort::cli {

Result<v1::GetStatusResponse> get_status(const std::string& endpoint) {
  const auto stub = v1::NodeService::NewStub(connect(endpoint));
  return call<v1::GetStatusResponse>(endpoint, 3s, *stub, &v1::NodeService::Stub::GetStatus,
                                     v1::GetStatusRequest());
}

Result<v1::ListPeersResponse> list_peers(const std::string& endpoint) {
  const auto stub = v1::NodeService::NewStub(connect(endpoint));
  return call<v1::ListPeersResponse>(endpoint, 10s, *stub, &v1::NodeService::Stub::ListPeers,
                                     v1::ListPeersRequest());
}

Json to_json(const v1::GetStatusResponse& status) {
  const v1::StorageStatus& storage = status.storage();
  return {{"name", status.name()},
          {"role", status.role()},
          {"is_light", status.is_light()},
          {"version", status.version()},
          {"node_id", hex_of(status.node_id())},
          {"chain_id", hex_of(status.chain_id())},
          {"height", status.height()},
          {"time_ms", status.time_ms()},
          {"epoch", status.epoch()},
          {"view", status.view()},
          {"is_ready", status.is_ready()},
          {"not_ready_reason", status.not_ready_reason()},
          {"has_quorum", status.has_quorum()},
          {"connected_peers_count", status.connected_peers_count()},
          {"uptime_ms", status.uptime_ms()},
          {"grpc_endpoint", status.grpc_endpoint()},
          {"s3_endpoint", status.s3_endpoint()},
          {"operator_endpoint", status.operator_endpoint()},
          {"storage",
           {{"shards_count", storage.shards_count()},
            {"shard_bytes", storage.shard_bytes()},
            {"dead_bytes", storage.dead_bytes()},
            {"free_bytes", storage.free_bytes()},
            {"is_read_only", storage.is_read_only()},
            {"missing_shards_count", storage.missing_shards_count()},
            {"degraded_segments_count", storage.degraded_segments_count()},
            {"open_segments_count", storage.open_segments_count()},
            {"is_repair_paused", storage.is_repair_paused()}}}};
}

std::string to_text(const v1::GetStatusResponse& status) {
  const v1::StorageStatus& storage = status.storage();
  std::vector<std::vector<std::string>> rows = {
      {"node", status.name() + " (" + status.role() + ", " + status.version() + ")"},
      {"id", hex_of(status.node_id())},
      {"chain", hex_of(status.chain_id())},
      {"ready", status.is_ready() ? "yes" : "no: " + status.not_ready_reason()},
      {"quorum", status.has_quorum() ? "yes" : "no"},
      {"height",
       std::to_string(status.height()) + (status.is_light() ? ", verified; a light node" : "")},
      {"view", std::to_string(status.epoch()) + "/" + std::to_string(status.view())},
      {"peers", std::to_string(status.connected_peers_count())},
      {"shards", std::to_string(storage.shards_count()) + ", " +
                     std::to_string(storage.shard_bytes()) + " bytes" +
                     (storage.is_read_only() ? ", read only" : "")},
      {"missing shards", std::to_string(storage.missing_shards_count())}};
  if (!status.grpc_endpoint().empty()) rows.push_back({"gRPC", status.grpc_endpoint()});
  if (!status.s3_endpoint().empty()) rows.push_back({"S3", status.s3_endpoint()});
  if (!status.operator_endpoint().empty()) rows.push_back({"operator", status.operator_endpoint()});
  return columns(rows);
}

std::vector<std::string> to_row(const v1::GetStatusResponse& status) {
  return {status.name(),
          status.role(),
          status.is_ready() ? "ready" : "not ready: " + status.not_ready_reason(),
          std::to_string(status.height()),
          std::to_string(status.connected_peers_count()),
          std::to_string(status.storage().missing_shards_count())};
}

}  // namespace oort::cli
