// SPDX-License-Identifier: Apache-2.0
#include "oort/object/shard_client.hpp"

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/transport.hpp"

namespace oort::object {
namespace {

template <class Reply>
Callback<Result<Bytes>> decoding(const NodeId& node, Callback<Result<Reply>> done) {
  return [node, done = std::move(done)](Result<Bytes> bytes) mutable {
    if (!bytes) {
      done(fail(std::move(bytes).error()));
      return;
    }
    auto reply = codec::from_bytes<Reply>(*bytes);
    if (!reply) {
      done(fail(ErrorCode::DataLoss, reason::peer_misbehaved,
                "node " + node.short_hex() + " answered " + reply.error().to_string()));
      return;
    }
    done(std::move(reply));
  };
}

}  // namespace

void TransportShardClient::ask(const NodeId& node, env::MessageType type, Bytes payload,
                               Duration deadline, Callback<Result<Bytes>> done) {
  if (node == transport_.self() && local_ != nullptr) {
    local_->handle(node, type, std::move(payload), std::move(done));
    return;
  }
  transport_.request(node, env::TrafficClass::Bulk, type, std::move(payload), deadline,
                     std::move(done));
}

void TransportShardClient::append(const NodeId& node, AppendShard request, Duration deadline,
                                  Callback<Result<AppendShardReply>> done) {
  ask(node, AppendShard::type, codec::to_bytes(request), deadline,
      decoding<AppendShardReply>(node, std::move(done)));
}

void TransportShardClient::read(const NodeId& node, ReadShard request, Duration deadline,
                                Callback<Result<ReadShardReply>> done) {
  ask(node, ReadShard::type, codec::to_bytes(request), deadline,
      decoding<ReadShardReply>(node, std::move(done)));
}

void TransportShardClient::stat(const NodeId& node, StatShard request, Duration deadline,
                                Callback<Result<StatShardReply>> done) {
  ask(node, StatShard::type, codec::to_bytes(request), deadline,
      decoding<StatShardReply>(node, std::move(done)));
}

void TransportShardClient::remove(const NodeId& node, RemoveShard request, Duration deadline,
                                  Callback<Result<RemoveShardReply>> done) {
  ask(node, RemoveShard::type, codec::to_bytes(request), deadline,
      decoding<RemoveShardReply>(node, std::move(done)));
}

}  // namespace oort::object
