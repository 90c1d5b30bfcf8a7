// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "load/arguments.hpp"
#include "log_writer.hpp"
#include "oort/consensus/core.hpp"
#include "oort/host/blob_store.hpp"
#include "oort/host/clock.hpp"
#include "oort/host/random.hpp"
#include "oort/host/runtime.hpp"
#include "oort/net/transport.hpp"

/// Agreement alone: the engine of `consensus` with a real log, sockets and TLS, and payloads that
/// mean nothing.
namespace oort::bench {

/// A payload in an order: 32 bytes, of which the first 8 number it within its node.
inline constexpr std::size_t item_bytes = 32;

/// One validator. What is handed in waits for this node's turn to lead; nothing is gossiped.
/// Threads: everything runs on the node's strand, unless it says otherwise.
class OrderingNode {
 public:
  /// Items handed in here that became final: how long each took.
  using OnFinal = std::function<void(const std::vector<double>& milliseconds)>;

  struct Place {
    std::string folder;
    ValidatorIndex index;
    const std::vector<crypto::KeyPair>* keys = nullptr;
    std::uint64_t time_ms = 0;
  };
  OrderingNode(const Place& place, host::Runtime& runtime, OnFinal on_final);
  ~OrderingNode();
  OrderingNode(const OrderingNode&) = delete;
  OrderingNode& operator=(const OrderingNode&) = delete;

  [[nodiscard]] net::NodeTransport& transport() noexcept { return *transport_; }
  /// Whom FetchBlock asks; set before `start`. Threads: the owner's, before `start`.
  void know(std::vector<OrderingNode*> others) { others_ = std::move(others); }
  /// Threads: any.
  void start();
  /// Hands `count` items in. Threads: any.
  void hand_in(std::size_t count);
  /// No input reaches the engine any more. Threads: any.
  void stop();

  /// Of all final items in their order, and how many; for comparison after `stop`.
  struct Order {
    std::uint64_t height = 0;
    std::uint64_t items_count = 0;
    /// After each height, the hash of everything up to it.
    std::vector<Bytes32> hashes;
  };
  /// Threads: the owner's, after the runtime stopped.
  [[nodiscard]] const Order& order() const noexcept { return order_; }
  [[nodiscard]] std::uint64_t skipped_views() const noexcept { return skipped_views_; }

 private:
  struct Item {
    std::uint64_t number = 0;
    Clock::time_point handed_in;
  };
  /// What this node proposed and does not yet know the fate of.
  struct Mine {
    View view;
    std::vector<Item> items;
  };

  void step(decltype(consensus::Input::event) event);
  void receive(const NodeId& from, env::MessageType type, Bytes bytes);
  void say_ready();
  void handle(consensus::Persist& output);
  void handle(consensus::Broadcast& output);
  void handle(consensus::Send& output);
  void handle(consensus::SetTimer& output);
  void handle(consensus::CancelTimer& output);
  void handle(consensus::BuildPayload& output);
  void handle(consensus::Proposed& output);
  void handle(consensus::CheckPayload& output);
  void handle(consensus::FetchBlock& output);
  void handle(consensus::Finalized& output);
  void handle(consensus::ViewEntered& output);
  void handle(consensus::VotingRefused& output);
  void handle(consensus::EvidenceFound& output);
  void handle(consensus::Misbehaved& output);
  void handle(consensus::Notarized& /*output*/) {}
  void finish(const consensus::Block& block, std::vector<double>& milliseconds);
  void take_back(View final_view);

  host::SystemClock clock_;
  host::KernelRandom random_;
  crypto::KeyPair keys_;
  std::unique_ptr<host::Strand> strand_;
  std::unique_ptr<env::Executor> disk_;
  std::unique_ptr<env::BlobStore> blobs_;
  std::unique_ptr<env::Signer> signer_;
  std::unique_ptr<net::NodeTransport> transport_;
  std::shared_ptr<chain::LogWriter> log_;
  std::unique_ptr<consensus::Core> core_;
  std::vector<OrderingNode*> others_;
  OnFinal on_final_;

  std::optional<consensus::Start> start_;
  std::deque<decltype(consensus::Input::event)> inputs_;
  std::array<std::optional<env::TimerId>, consensus::timers_count> timers_;
  std::deque<Item> waiting_;
  std::vector<Item> built_;
  std::map<BlockId, Mine> mine_;
  std::uint64_t next_number_ = 0;
  bool said_ready_ = false;
  bool is_stepping_ = false;
  bool is_stopped_ = false;
  Order order_;
  std::uint64_t skipped_views_ = 0;
};

}  // namespace oort::bench
