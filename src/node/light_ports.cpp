// SPDX-License-Identifier: Apache-2.0
#include "light_ports.hpp"

#include <algorithm>
#include <set>

#include "api_views.hpp"
#include "oort/api/ports.hpp"
#include "oort/chain/certified.hpp"
#include "oort/chain/light_node.hpp"
#include "oort/chain/proof_bundle.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/ledger/records.hpp"

namespace oort::node {
namespace {

/// Several idle blocks and several questions long.
constexpr Duration quorum_patience = 4s;
constexpr Duration height_poll = 100ms;

bool has_quorum(const LightParts& parts) {
  const auto moved = parts.light.moved_at();
  return moved && parts.clock.now_mono() - *moved < quorum_patience;
}

api::StateMark mark_of(const chain::Verified& shown, bool is_stale) {
  api::StateMark mark;
  mark.height = shown.height;
  // The header that proves the state is the one after it; the state's own is not in the proof.
  mark.time = {shown.certified_time_ms};
  mark.root = shown.state_root;
  mark.is_stale = is_stale;
  return mark;
}

Result<api::AccountView> account_of(const chain::Proven& proven, bool is_stale) {
  api::AccountView out;
  out.state = mark_of(proven.shown, is_stale);
  if (proven.value() == nullptr) return out;
  OORT_TRY(const auto record, codec::from_bytes<ledger::Account>(*proven.value()));
  out.balance = record.balance;
  for (const ledger::Lane& lane : record.lanes) {
    out.lanes.emplace_back(lane.lane, lane.next_sequence);
  }
  return out;
}

api::BlockView view_of(const chain::BlockProof& block) {
  return block_view(block.headers.headers.front(), block.transactions);
}

class LightLedgerPort final : public api::LedgerPort {
 public:
  explicit LightLedgerPort(LightParts& parts) : parts_(parts) {}

  void submit(Bytes bytes, bool waits, Duration, Callback<Result<api::Submitted>> done) override {
    submit_to(parts_.light, bytes, waits, std::move(done));
  }

  void find_transaction(const TransactionId& id,
                        Callback<Result<api::TransactionOutcome>> done) override {
    parts_.light.find(id, [done = std::move(done)](Result<chain::Commit> commit) mutable {
      if (!commit) {
        done(fail(std::move(commit).error()));
      } else {
        done(accepted(*commit, nullptr));
      }
    });
  }

  void get_account(const AccountId& account, api::Consistency consistency,
                   Callback<Result<api::AccountView>> done) override {
    const Bytes key = ledger::keys::account(account);
    if (consistency == api::Consistency::Local) return read_local(key, false, std::move(done));
    parts_.light.read(key, chain::Freshness::Strong,
                      [this, key, done = std::move(done)](Result<chain::Proven> proven) mutable {
                        if (proven) return done(account_of(*proven, false));
                        // Without a quorum the last final state is served, and says that it may
                        // be old.
                        const std::string_view why = proven.error().reason();
                        if (why == reason::no_quorum || why == reason::not_ready) {
                          return read_local(key, true, std::move(done));
                        }
                        done(fail(std::move(proven).error()));
                      });
  }

  void get_block(Height height, Callback<Result<api::BlockView>> done) override {
    const Height newest = parts_.light.head().height;
    if (height.value() == 0 || height > newest) return done(fail(no_block(height, newest)));
    await_block(height, std::move(done));
  }

  void await_block(Height height, Callback<Result<api::BlockView>> done) override {
    parts_.light.block(std::max(height, Height(1)),
                       [done = std::move(done)](Result<chain::BlockProof> block) mutable {
                         if (block) return done(view_of(*block));
                         done(fail(std::move(block).error()));
                       });
  }

  void get_chain(Callback<Result<api::ChainView>> done) override {
    const chain::LightHead head = parts_.light.head();
    api::ChainView out;
    out.id = parts_.light.trust_root().chain;
    out.name = parts_.genesis.chain_name;
    out.state.height = head.height;
    out.state.time = {head.time_ms};
    out.state.is_stale = !has_quorum(parts_);
    out.genesis = ledger::genesis_to_file(parts_.genesis);
    done(std::move(out));
  }

  void prove(api::ProofTarget target, Callback<Result<api::Proof>> done) override {
    if (std::holds_alternative<api::ObjectName>(target)) {
      return done(fail(ErrorCode::PermissionDenied, reason::not_allowed,
                       "this node is no gateway of any bucket, and names are known to gateways "
                       "alone; ask a node that serves S3"));
    }
    Bytes key = std::holds_alternative<AccountId>(target)
                    ? ledger::keys::account(std::get<AccountId>(target))
                    : std::get<api::StateKey>(target).bytes;
    // Whoever asks for a proof of what was just written means the state with it; without a quorum
    // the older state serves.
    const auto freshness = has_quorum(parts_) ? chain::Freshness::Strong : chain::Freshness::Local;
    parts_.light.prove(std::move(key), freshness,
                       [done = std::move(done)](Result<chain::Proven> proven) mutable {
                         if (!proven) return done(fail(std::move(proven).error()));
                         api::Proof proof;
                         proof.height = proven->shown.height;
                         proof.is_present = proven->value() != nullptr;
                         proof.bundle = std::move(proven->bundle);
                         done(std::move(proof));
                       });
  }

  void list_faults(const Bytes32&, std::size_t, Callback<Result<api::FaultsView>> done) override {
    done(fail(ErrorCode::Unimplemented, reason::not_supported,
              "a light node holds no state to list from; ask a super or archive node"));
  }

  void list_statement(const AccountId&, api::StatementPlace, std::size_t,
                      Callback<Result<api::StatementView>> done) override {
    done(fail(ErrorCode::Unimplemented, reason::not_supported,
              "a light node writes no statements; ask a super or archive node"));
  }

 private:
  void read_local(const Bytes& key, bool is_old, Callback<Result<api::AccountView>> done) {
    parts_.light.read(key, chain::Freshness::Local,
                      [this, is_old, done = std::move(done)](Result<chain::Proven> proven) mutable {
                        if (proven) return done(account_of(*proven, is_old || !has_quorum(parts_)));
                        done(fail(std::move(proven).error()));
                      });
  }

  LightParts& parts_;
};

class LightNodePort final : public api::NodePort {
 public:
  explicit LightNodePort(LightParts& parts) : parts_(parts) {}

  void get_status(Callback<Result<api::NodeStatus>> done) override {
    const Readiness readiness = readiness_of(parts_);
    const chain::LightHead head = parts_.light.head();
    api::NodeStatus status;
    status.id = parts_.self;
    status.name = parts_.config.node.data_folder.parent_path().filename().string();
    status.role = to_string(parts_.config.node.role);
    status.is_light = true;
    status.version = parts_.version;
    status.chain = parts_.light.trust_root().chain;
    status.height = head.height;
    status.time = {head.time_ms};
    status.epoch = head.turn.epoch;
    status.view = head.view;
    status.is_ready = readiness.is_ready;
    status.not_ready_reason = readiness.why;
    status.has_quorum = has_quorum(parts_);
    status.connected_peers_count = static_cast<std::uint32_t>(parts_.transport.peers().size());
    status.uptime = parts_.clock.now_mono() - parts_.started;
    status.grpc_endpoint = to_text(parts_.config.api.listen);
    status.operator_endpoint = parts_.operator_endpoint;
    done(std::move(status));
  }

  /// The nodes of the genesis, and whoever else is connected: the registry is in the state.
  void list_peers(Callback<Result<std::vector<api::PeerView>>> done) override {
    const std::vector<NodeId> connected = parts_.transport.peers();
    std::set<NodeId> known = {parts_.self};
    std::vector<api::PeerView> peers;
    for (const ledger::Node& node : parts_.genesis.nodes) {
      if (!known.insert(node.id).second) continue;
      peers.push_back(peer_view(node, std::ranges::binary_search(connected, node.id)));
    }
    for (const NodeId& id : connected) {
      if (known.contains(id)) continue;
      api::PeerView peer;
      peer.id = id;
      peer.is_connected = true;
      peers.push_back(std::move(peer));
    }
    done(std::move(peers));
  }

 private:
  LightParts& parts_;
};

class LightAdminPort final : public api::AdminPort {
 public:
  explicit LightAdminPort(LightParts& parts) : parts_(parts) {}

  void dump_consensus(Callback<Result<std::string>> done) override {
    parts_.light.diagnose([done = std::move(done)](const chain::LightDiagnosis& diagnosis) mutable {
      done(chain::to_text(diagnosis));
    });
  }

  void await_height(Height height, Duration left, Callback<Result<Height>> done) override {
    const Height reached = parts_.light.head().height;
    if (reached >= height) return done(reached);
    if (left <= 2 * height_poll) {
      return done(fail(
          ErrorCode::DeadlineExceeded, reason::deadline_exceeded,
          "height " + std::to_string(reached.value()) + " of " + std::to_string(height.value())));
    }
    parts_.timers.after(height_poll, [this, height, left, done = std::move(done)]() mutable {
      await_height(height, left - height_poll, std::move(done));
    });
  }

  /// It holds nothing for anybody.
  void await_durable(Duration, Callback<Result<Height>> done) override {
    done(parts_.light.head().height);
  }

  void seal_open_segments(Callback<Result<api::SealReport>> done) override { done(no_storage()); }
  void pause_repair(bool, Callback<Result<void>> done) override { done(no_storage()); }
  void step_repair(Callback<Result<api::RepairReport>> done) override { done(no_storage()); }
  void scrub(Callback<Result<api::ScrubReport>> done) override { done(no_storage()); }

  void shut_down() override { parts_.shut_down(); }

 private:
  static tl::unexpected<Error> no_storage() {
    return fail(ErrorCode::Unimplemented, reason::not_supported,
                "a light node stores nothing; ask a gateway or a storage node");
  }

  LightParts& parts_;
};

}  // namespace

Readiness readiness_of(const LightParts& parts) {
  if (has_quorum(parts)) return {true, ""};
  const std::string height = std::to_string(parts.light.head().height.value());
  if (!parts.light.moved_at()) return {false, "no super node has proven a header above " + height};
  return {false, "no new header is proven; the verified height is " + height};
}

std::unique_ptr<api::LedgerPort> make_light_ledger_port(LightParts& parts) {
  return std::make_unique<LightLedgerPort>(parts);
}
std::unique_ptr<api::NodePort> make_light_node_port(LightParts& parts) {
  return std::make_unique<LightNodePort>(parts);
}
std::unique_ptr<api::AdminPort> make_light_admin_port(LightParts& parts) {
  return std::make_unique<LightAdminPort>(parts);
}

}  // namespace oort::node
