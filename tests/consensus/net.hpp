// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "builders.hpp"
#include "oort/consensus/core.hpp"
#include "oort/consensus/mutants.hpp"
#include "sim/disk.hpp"
#include "sim/world.hpp"

namespace oort::consensus::test {

/// Engines, real logs on simulated disks, and a network that loses what a test says: the smallest
/// driver that does what outputs ask for.
class Net {
 public:
  struct Node {
    NodeId id;
    std::unique_ptr<env::Signer> signer;
    std::unique_ptr<sim::SimDisk> disk;
    std::unique_ptr<env::BlobStore> blobs;
    std::unique_ptr<Wal> wal;
    std::unique_ptr<Core> core;
    std::map<Timer, sim::EventId> timers;
    std::uint64_t life = 0;  ///< Events of an earlier life find nobody.
    std::vector<BlockRef> ledger;
    std::vector<Finalized> finals;
    std::vector<EvidenceFound> evidence;
    std::vector<VotingRefused> refusals;
    std::vector<Misbehaved> complaints;
    std::vector<Vote> votes;  ///< Sent, in all lives.
    bool boundary_at_next = false;
    bool has_payload = true;
  };
  /// Whether a frame arrives.
  std::function<bool(std::size_t from, std::size_t to, env::MessageType, ByteView)> passes =
      [](std::size_t, std::size_t, env::MessageType, ByteView) { return true; };
  /// Whether a payload is valid.
  std::function<bool(std::size_t node, const Block&)> accepts = [](std::size_t, const Block&) {
    return true;
  };

  explicit Net(EpochStart epoch = make_epoch(), std::uint64_t seed = 1, Config config = {})
      : epoch_(std::move(epoch)), config_(config), world_(seed) {
    for (std::size_t i = 0; i < epoch_.validators.count(); ++i) add_node(i);
  }

  [[nodiscard]] Node& operator[](std::size_t i) { return *nodes_[i]; }
  [[nodiscard]] std::size_t count() const { return nodes_.size(); }
  [[nodiscard]] sim::World& world() { return world_; }
  [[nodiscard]] const EpochStart& epoch() const { return epoch_; }

  /// Opens the log and starts; a key without a past gets the record that says so.
  void start(std::size_t i, bool is_fresh = true) {
    Node& node = *nodes_[i];
    ++node.life;
    auto opened = Wal::open(*node.blobs, "votes", 0x5a17 + i).value();
    node.wal = std::move(opened.wal);
    Config config = config_;
    config.jitter_seed = i;
    node.core = std::make_unique<Core>(config, epoch_, cheap_verifier(), node.signer.get());
    Start start{std::move(opened.recovered), std::nullopt, world_.random().next()};
    if (is_fresh && !start.recovered.record) start.recovered.record = SignerRecord{};
    if (!node.ledger.empty()) start.committed = node.ledger.back()->header;
    give(i, std::move(start));
    give(i, PayloadReady{node.has_payload});
  }
  void start_all() {
    for (std::size_t i = 0; i < count(); ++i) start(i);
  }
  /// Takes the process away, and of the disk what was not synced.
  void crash(std::size_t i) {
    Node& node = *nodes_[i];
    ++node.life;
    for (const auto& [timer, event] : node.timers) world_.cancel(event);
    node.timers.clear();
    node.core.reset();
    node.wal.reset();
    node.blobs.reset();
    node.disk->crash();
    node.blobs = node.disk->open_blobs("wal");
  }
  /// As a new machine, with nothing but the key and a copy of the ledger.
  void lose_disk(std::size_t i) {
    crash(i);
    nodes_[i]->disk->wipe();
    nodes_[i]->blobs = nodes_[i]->disk->open_blobs("wal");
  }
  void give(std::size_t i, decltype(Input::event) event) {
    Node& node = *nodes_[i];
    if (!node.core) return;
    const WallTime wall{2000 + static_cast<std::uint64_t>(world_.now().nanoseconds / 1'000'000)};
    const Outputs outputs = node.core->step({world_.now(), wall, std::move(event)});
    for (const Output& output : outputs) {
      std::visit([&](const auto& what) { carry_out(i, what); }, output);
    }
  }
  /// Gives `event` after `delay`, if the node still lives the same life.
  void later(std::size_t i, Duration delay, decltype(Input::event) event) {
    const std::uint64_t life = nodes_[i]->life;
    auto shared = std::make_shared<decltype(Input::event)>(std::move(event));
    world_.after(delay, [this, i, life, shared] {
      if (nodes_[i]->life == life) give(i, std::move(*shared));
    });
  }
  bool run_until(const std::function<bool()>& is_done, Duration limit = 60s) {
    return world_.run_until_holds(is_done, limit);
  }
  [[nodiscard]] bool all_reached(std::size_t height) const {
    for (const auto& node : nodes_) {
      if (node->core && node->ledger.size() < height) return false;
    }
    return true;
  }
  /// C1: of any two ledgers one is a prefix of the other.
  [[nodiscard]] bool agrees() const {
    for (const auto& a : nodes_) {
      for (const auto& b : nodes_) {
        const std::size_t common = std::min(a->ledger.size(), b->ledger.size());
        for (std::size_t i = 0; i < common; ++i) {
          if (a->ledger[i]->id != b->ledger[i]->id) return false;
        }
      }
    }
    return true;
  }

 private:
  void add_node(std::size_t i) {
    auto node = std::make_unique<Node>();
    const Validator& validator = epoch_.validators.validators()[i];
    node->id = validator.node;
    node->signer = sim::cheap_signer(validator.key);
    node->disk = std::make_unique<sim::SimDisk>(world_);
    node->blobs = node->disk->open_blobs("wal");
    nodes_.push_back(std::move(node));
  }
  std::size_t index_of(const NodeId& id) const { return epoch_.validators.index_of(id)->value(); }
  Duration delay() { return 1ms + Duration(world_.random().below(9'000'000)); }
  void deliver(std::size_t from, std::size_t to, env::MessageType type, const SharedBytes& bytes) {
    if (!passes(from, to, type, *bytes)) return;
    later(to, delay(), MessageReceived{nodes_[from]->id, type, bytes});
  }

  void carry_out(std::size_t i, const Persist& persist) {
    Node& node = *nodes_[i];
    if (!node.wal->append(persist.records)) return;
    if (!persist.is_sync || !node.wal->sync()) return;
    later(i, 100us, Persisted{persist.token});
  }
  void carry_out(std::size_t i, const Broadcast& message) {
    if (message.type == message::vote) {
      nodes_[i]->votes.push_back(codec::from_bytes<Vote>(*message.bytes).value());
    }
    for (std::size_t to = 0; to < count(); ++to) {
      if (to != i) deliver(i, to, message.type, message.bytes);
    }
  }
  void carry_out(std::size_t i, const Send& message) {
    deliver(i, index_of(message.to), message.type, message.bytes);
  }
  void carry_out(std::size_t i, const SetTimer& set) {
    Node& node = *nodes_[i];
    carry_out(i, CancelTimer{set.timer});
    const std::uint64_t life = node.life;
    const Timer timer = set.timer;
    node.timers[timer] = world_.at(set.at, [this, i, life, timer] {
      if (nodes_[i]->life == life) give(i, TimerFired{timer});
    });
  }
  void carry_out(std::size_t i, const CancelTimer& cancel) {
    Node& node = *nodes_[i];
    if (const auto at = node.timers.find(cancel.timer); at != node.timers.end()) {
      world_.cancel(at->second);
      node.timers.erase(at);
    }
  }
  void carry_out(std::size_t i, const BuildPayload& build) {
    PayloadBuilt built{build.view, {}, {}};
    const bool may_fill = !build.must_be_empty || is_mutant(Mutant::PayloadAfterBoundary);
    if (may_fill && nodes_[i]->has_payload) {
      built.payload = to_bytes("payload " + std::to_string(build.view.value()));
      built.fields.payload_bytes = static_cast<std::uint32_t>(built.payload.size());
      built.fields.payload_count = 1;
      if (nodes_[i]->boundary_at_next) {
        built.fields.next_validators_hash = filled<Bytes32>(0x99);
      }
    }
    later(i, 10us, std::move(built));
  }
  void carry_out(std::size_t, const Proposed&) {}
  void carry_out(std::size_t i, const CheckPayload& check) {
    later(i, 50us, PayloadChecked{check.block->id, accepts(i, *check.block)});
  }
  void carry_out(std::size_t i, const FetchBlock& fetch) {
    for (const NodeId& peer : fetch.peers) {
      const std::size_t at = index_of(peer);
      if (!nodes_[at]->core) continue;
      BlockRef block = nodes_[at]->core->find(fetch.block);
      for (const BlockRef& old : nodes_[at]->ledger) {
        if (old->id == fetch.block) block = old;
      }
      if (!block || !passes(at, i, message::proposal, *block->message)) continue;
      later(i, delay(), BlockFetched{peer, block->message});
      return;
    }
  }
  void carry_out(std::size_t i, const Finalized& finalized) {
    Node& node = *nodes_[i];
    node.ledger.insert(node.ledger.end(), finalized.blocks.begin(), finalized.blocks.end());
    node.finals.push_back(finalized);
  }
  void carry_out(std::size_t i, const EvidenceFound& found) {
    nodes_[i]->evidence.push_back(found);
  }
  void carry_out(std::size_t i, const VotingRefused& refused) {
    nodes_[i]->refusals.push_back(refused);
  }
  void carry_out(std::size_t i, const Misbehaved& complaint) {
    nodes_[i]->complaints.push_back(complaint);
  }
  void carry_out(std::size_t, const Notarized&) {}
  void carry_out(std::size_t, const ViewEntered&) {}

  EpochStart epoch_;
  Config config_;
  sim::World world_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

// X2, I9: whatever a correct key sent, in all its lives, contradicts nothing else it sent.
inline void expect_no_guilt(Net& net) {
  for (std::size_t i = 0; i < net.count(); ++i) {
    const auto& votes = net[i].votes;
    for (std::size_t a = 0; a < votes.size(); ++a) {
      for (std::size_t b = a + 1; b < votes.size(); ++b) {
        ASSERT_FALSE(contradiction(votes[a], votes[b]).has_value()) << "node " << i;
      }
    }
    EXPECT_TRUE(net[i].evidence.empty());
  }
}

}  // namespace oort::consensus::test
