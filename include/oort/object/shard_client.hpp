// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/env/transport.hpp"
#include "oort/object/shard_messages.hpp"
#include "oort/object/shard_service.hpp"

namespace oort::object {

/// Asks nodes about shards. Answers are decoded but not believed: the caller checks roots,
/// receipts and proofs. Threads: the strand, callbacks too.
class ShardClient {
 public:
  virtual ~ShardClient() = default;
  /// All fail with what the node answered, PEER_UNREACHABLE, DEADLINE_EXCEEDED, QUEUE_FULL or, for
  /// an answer that cannot be read, PEER_MISBEHAVED.
  virtual void append(const NodeId& node, AppendShard request, Duration deadline,
                      Callback<Result<AppendShardReply>> done) = 0;
  virtual void read(const NodeId& node, ReadShard request, Duration deadline,
                    Callback<Result<ReadShardReply>> done) = 0;
  virtual void stat(const NodeId& node, StatShard request, Duration deadline,
                    Callback<Result<StatShardReply>> done) = 0;
  virtual void remove(const NodeId& node, RemoveShard request, Duration deadline,
                      Callback<Result<RemoveShardReply>> done) = 0;
};

/// Over a transport; requests to this node itself go straight to its own service, if it has one.
class TransportShardClient final : public ShardClient {
 public:
  /// Borrows both. Requires: the transport's callbacks run on the service's strand.
  TransportShardClient(env::Transport& transport, ShardService* local) noexcept
      : transport_(transport), local_(local) {}

  void append(const NodeId& node, AppendShard request, Duration deadline,
              Callback<Result<AppendShardReply>> done) override;
  void read(const NodeId& node, ReadShard request, Duration deadline,
            Callback<Result<ReadShardReply>> done) override;
  void stat(const NodeId& node, StatShard request, Duration deadline,
            Callback<Result<StatShardReply>> done) override;
  void remove(const NodeId& node, RemoveShard request, Duration deadline,
              Callback<Result<RemoveShardReply>> done) override;

 private:
  void ask(const NodeId& node, env::MessageType type, Bytes payload, Duration deadline,
           Callback<Result<Bytes>> done);
  env::Transport& transport_;
  ShardService* local_;
};

}  // namespace oort::object
