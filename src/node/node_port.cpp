// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>

#include "api_ports.hpp"
#include "api_views.hpp"
#include "oort/api/ports.hpp"
#include "oort/chain/chain.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/gateway.hpp"
#include "oort/object/volume_store.hpp"

namespace oort::node {
namespace {

constexpr Duration durable_poll = 200ms;
constexpr std::size_t peers_listed_max = 10'000;

tl::unexpected<Error> no_gateway() {
  return fail(ErrorCode::Unimplemented, reason::not_supported,
              "this node is no gateway; ask one that serves S3");
}

api::RepairReport report_of(const object::RepairStep& step) {
  api::RepairReport report;
  switch (step.kind) {
    case object::RepairStep::Kind::Nothing: report.kind = api::RepairReport::Kind::Nothing; break;
    case object::RepairStep::Kind::Sealed: report.kind = api::RepairReport::Kind::Sealed; break;
    case object::RepairStep::Kind::Repaired: report.kind = api::RepairReport::Kind::Repaired; break;
    case object::RepairStep::Kind::Failed: report.kind = api::RepairReport::Kind::Failed; break;
  }
  report.shard.segment = step.segment;
  report.shard.index = step.index;
  report.from = step.from;
  report.to = step.to;
  report.why = step.why;
  return report;
}

class StatusPort final : public api::NodePort {
 public:
  explicit StatusPort(NodeParts& parts) : parts_(parts) {}

  void get_status(Callback<Result<api::NodeStatus>> done) override {
    parts_.chain.diagnose(
        [this, done = std::move(done)](const chain::Diagnosis& diagnosis) mutable {
          api::NodeStatus status = status_of(diagnosis);
          add_storage(std::move(status), std::move(done));
        });
  }

  void list_peers(Callback<Result<std::vector<api::PeerView>>> done) override {
    const std::vector<NodeId> connected = parts_.transport.peers();
    std::vector<api::PeerView> peers;
    const chain::FinalViewRef view = parts_.chain.view();
    for (const ledger::Node& node : ledger::View(view->state()).nodes(NodeId(), peers_listed_max)) {
      if (node.id == parts_.keys.node_id()) continue;
      peers.push_back(peer_view(node, std::ranges::binary_search(connected, node.id)));
    }
    done(std::move(peers));
  }

 private:
  api::NodeStatus status_of(const chain::Diagnosis& diagnosis) const {
    const Readiness readiness = readiness_of(parts_, diagnosis);
    api::NodeStatus status;
    status.id = parts_.keys.node_id();
    status.name = parts_.config.node.data_folder.parent_path().filename().string();
    status.role = to_string(parts_.config.node.role);
    status.version = parts_.version;
    status.chain = parts_.chain.trust_root().chain;
    status.height = diagnosis.committed;
    status.time = {diagnosis.committed_time_ms};
    status.epoch = diagnosis.epoch;
    status.view = diagnosis.engine.view;
    status.is_ready = readiness.is_ready;
    status.not_ready_reason = readiness.why;
    status.has_quorum = parts_.ledger.has_quorum();
    status.connected_peers_count = static_cast<std::uint32_t>(parts_.transport.peers().size());
    status.uptime = parts_.clock.now_mono() - parts_.started;
    status.grpc_endpoint = parts_.grpc_endpoint;
    status.s3_endpoint = parts_.s3_endpoint;
    status.operator_endpoint = parts_.operator_endpoint;
    if (parts_.gateway != nullptr) {
      const object::DurabilityState durability = parts_.gateway->durability();
      status.storage.missing_shards_count = durability.missing_shards_count;
      status.storage.degraded_segments_count = durability.degraded_segments_count;
      status.storage.open_segments_count = durability.open_segments_count;
      status.storage.is_repair_paused = durability.is_paused;
    }
    return status;
  }

  void add_storage(api::NodeStatus status, Callback<Result<api::NodeStatus>> done) {
    if (parts_.shards == nullptr) {
      done(std::move(status));
      return;
    }
    parts_.strand.post([this, status = std::move(status), done = std::move(done)]() mutable {
      parts_.shards->usage([status = std::move(status), done = std::move(done)](
                               Result<object::ShardService::Usage> usage) mutable {
        if (usage) {
          status.storage.shards_count = usage->shards_count;
          status.storage.shard_bytes =
              usage->used_bytes - std::min(usage->used_bytes, usage->dead_bytes);
          status.storage.dead_bytes = usage->dead_bytes;
          status.storage.free_bytes = usage->free_bytes;
          status.storage.is_read_only = usage->state != object::VolumeState::Writable;
        }
        done(std::move(status));
      });
    });
  }

  NodeParts& parts_;
};

class GatewayObjectPort final : public api::ObjectPort {
 public:
  explicit GatewayObjectPort(NodeParts& parts) : parts_(parts) {}

  void list_buckets(const AccountId& owner, api::Consistency,
                    Callback<Result<api::BucketsView>> done) override {
    const chain::FinalViewRef view = parts_.chain.view();
    api::BucketsView out;
    out.state.height = view->height();
    out.state.time = {view->time_ms()};
    out.state.is_stale = !parts_.ledger.has_quorum();
    for (const ledger::Bucket& bucket :
         ledger::View(view->state()).buckets_of(owner, BucketId(0), buckets_listed_max)) {
      api::BucketView entry;
      entry.id = bucket.id;
      entry.name = bucket.name;
      entry.owner = bucket.owner;
      entry.versioning = versioning_word(bucket.versioning);
      entry.created = {bucket.created_ms};
      out.buckets.push_back(std::move(entry));
    }
    done(std::move(out));
  }

  void list_missing_shards(Callback<Result<std::vector<api::MissingShard>>> done) override {
    if (parts_.gateway == nullptr) {
      done(no_gateway());
      return;
    }
    parts_.gateway->missing_shards(
        shards_listed_max,
        [this, done = std::move(done)](Result<std::vector<object::MissingShard>> shards) mutable {
          if (!shards) {
            done(fail(std::move(shards).error()));
            return;
          }
          done(views_of(*shards));
        });
  }

  void seal_bucket_keys(std::string bucket, Callback<Result<api::BucketKeysView>> done) override {
    if (parts_.gateway == nullptr) {
      done(no_gateway());
      return;
    }
    parts_.gateway->seal_bucket_keys(
        std::move(bucket), [done = std::move(done)](Result<object::BucketKeySeals> keys) mutable {
          if (!keys) {
            done(fail(std::move(keys).error()));
            return;
          }
          api::BucketKeysView view{keys->bucket, keys->owner, keys->epoch, {}};
          for (ledger::KeySeal& seal : keys->seals) {
            view.seals.emplace_back(seal.gateway, std::move(seal.sealed));
          }
          done(std::move(view));
        });
  }

 private:
  static constexpr std::size_t buckets_listed_max = 10'000;
  static constexpr std::size_t shards_listed_max = 100'000;

  static std::string versioning_word(ledger::Versioning versioning) {
    switch (versioning) {
      case ledger::Versioning::Disabled: return "off";
      case ledger::Versioning::Enabled: return "enabled";
      case ledger::Versioning::Suspended: return "suspended";
    }
    return "off";
  }

  std::vector<api::MissingShard> views_of(const std::vector<object::MissingShard>& shards) const {
    const std::vector<NodeId> connected = parts_.transport.peers();
    std::vector<api::MissingShard> out;
    for (const object::MissingShard& shard : shards) {
      const bool is_up =
          shard.node == parts_.keys.node_id() || std::ranges::binary_search(connected, shard.node);
      api::MissingShard entry;
      entry.shard.segment = shard.segment;
      entry.shard.index = shard.index;
      entry.node = shard.node;
      entry.why = is_up ? "not held" : "node down";
      out.push_back(std::move(entry));
    }
    return out;
  }

  NodeParts& parts_;
};

class OperatorPort final : public api::AdminPort {
 public:
  explicit OperatorPort(NodeParts& parts) : parts_(parts) {}

  void dump_consensus(Callback<Result<std::string>> done) override {
    parts_.chain.diagnose([done = std::move(done)](const chain::Diagnosis& diagnosis) mutable {
      done(chain::to_text(diagnosis));
    });
  }

  void await_height(Height height, Duration deadline, Callback<Result<Height>> done) override {
    poll(deadline, parts_.calls.keep(std::move(done)), [this, height]() -> Result<Height> {
      const Height reached = parts_.chain.view()->height();
      if (reached >= height) return reached;
      return fail(
          ErrorCode::DeadlineExceeded, reason::deadline_exceeded,
          "height " + std::to_string(reached.value()) + " of " + std::to_string(height.value()));
    });
  }

  void await_durable(Duration deadline, Callback<Result<Height>> done) override {
    const Height from = parts_.chain.view()->height();
    poll(deadline, parts_.calls.keep(std::move(done)), [this, from]() -> Result<Height> {
      if (parts_.gateway == nullptr) return parts_.chain.view()->height();
      const object::DurabilityState state = parts_.gateway->durability();
      const bool is_whole = state.missing_shards_count == 0 && state.degraded_segments_count == 0;
      if (is_whole && state.height >= from) return state.height;
      return fail(ErrorCode::DeadlineExceeded, reason::deadline_exceeded,
                  std::to_string(state.missing_shards_count) + " shards are missing and " +
                      std::to_string(state.degraded_segments_count) +
                      " segments are below their tolerance");
    });
  }

  void seal_open_segments(Callback<Result<api::SealReport>> done) override {
    if (parts_.gateway == nullptr) {
      done(no_gateway());
      return;
    }
    parts_.gateway->seal_open_segments(
        [done = parts_.calls.keep(std::move(done))](Result<object::SealSummary> summary) mutable {
          if (!summary) {
            done(fail(std::move(summary).error()));
            return;
          }
          done(api::SealReport{summary->sealed_count, summary->failed_count, summary->left_count,
                               summary->why});
        });
  }

  void pause_repair(bool is_paused, Callback<Result<void>> done) override {
    if (parts_.gateway == nullptr) {
      done(no_gateway());
      return;
    }
    parts_.gateway->pause_repair(is_paused);
    done({});
  }

  void step_repair(Callback<Result<api::RepairReport>> done) override {
    if (parts_.gateway == nullptr) {
      done(no_gateway());
      return;
    }
    parts_.gateway->step_repair(
        [done = parts_.calls.keep(std::move(done))](Result<object::RepairStep> step) mutable {
          if (step) {
            done(report_of(*step));
          } else {
            done(fail(std::move(step).error()));
          }
        });
  }

  void scrub(Callback<Result<api::ScrubReport>> done) override {
    if (parts_.shards == nullptr) {
      done(fail(ErrorCode::Unimplemented, reason::not_supported, "this node holds no shards"));
      return;
    }
    parts_.shards->scrub([done = parts_.calls.keep(std::move(done))](
                             Result<object::ShardService::ScrubSummary> summary) mutable {
      if (!summary) {
        done(fail(std::move(summary).error()));
        return;
      }
      done(api::ScrubReport{summary->shards_count, summary->bytes, summary->unreadable_count,
                            summary->damaged_count, std::move(summary->damaged)});
    });
  }

  void shut_down() override { parts_.shut_down(); }

 private:
  using Look = std::function<Result<Height>()>;

  /// Looks again and again until there is a value, or the deadline is near.
  void poll(Duration left, Callback<Result<Height>> done, Look look) {
    auto result = look();
    if (result || left <= 2 * durable_poll) {
      done(std::move(result));
      return;
    }
    parts_.strand.post([this, left, done = std::move(done), look = std::move(look)]() mutable {
      parts_.timers.after(durable_poll,
                          [this, left, done = std::move(done), look = std::move(look)]() mutable {
                            poll(left - durable_poll, std::move(done), std::move(look));
                          });
    });
  }

  NodeParts& parts_;
};

}  // namespace

Readiness readiness_of(const NodeParts& parts, const chain::Diagnosis& diagnosis) {
  return readiness_of(*parts.chain.validators(), parts.keys.node_id(), parts.ledger.has_quorum(),
                      diagnosis);
}

std::unique_ptr<api::NodePort> make_node_port(NodeParts& parts) {
  return std::make_unique<StatusPort>(parts);
}
std::unique_ptr<api::ObjectPort> make_object_port(NodeParts& parts) {
  return std::make_unique<GatewayObjectPort>(parts);
}
std::unique_ptr<api::AdminPort> make_admin_port(NodeParts& parts) {
  return std::make_unique<OperatorPort>(parts);
}

}  // namespace oort::node
