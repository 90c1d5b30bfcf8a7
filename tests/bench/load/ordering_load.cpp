// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "load/ordering_node.hpp"

namespace oort::bench {
namespace {

std::vector<crypto::KeyPair> make_keys(std::uint64_t count) {
  host::KernelRandom random;
  std::vector<crypto::KeyPair> keys;
  for (std::uint64_t i = 0; i < count; ++i) {
    keys.emplace_back(crypto::SecretSeed::generate(random));
  }
  return keys;
}

/// Keeps `window` items of each node on their way, and counts.
class OrderingLoad {
 public:
  explicit OrderingLoad(const Arguments& arguments)
      : keys_(make_keys(arguments.number("validators", 4))),
        window_(arguments.number("window", 256)),
        seconds_(static_cast<double>(arguments.number("seconds", 10))),
        warm_up_(static_cast<double>(arguments.number("warm-up", 2))),
        runtime_(*host::Runtime::start({.threads_count = 2})) {
    const std::string folder = arguments.text("folder");
    const std::uint64_t time_ms = host::SystemClock().now_wall().milliseconds;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      const auto index = ValidatorIndex(static_cast<std::uint16_t>(i));
      nodes_.push_back(std::make_unique<OrderingNode>(
          OrderingNode::Place{.folder = folder + "/validator-" + std::to_string(i),
                              .index = index,
                              .keys = &keys_,
                              .time_ms = time_ms},
          *runtime_, [this, i](const std::vector<double>& waits) { on_final(i, waits); }));
    }
    introduce();
  }

  void run() {
    begin_ = Clock::now();
    for (const auto& node : nodes_) {
      node->start();
      node->hand_in(window_);
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds_));
    is_over_ = true;
    for (const auto& node : nodes_) node->stop();
    runtime_->stop();
  }

  void report() {
    check_order();
    Figures figures;
    const double measured = seconds_ - warm_up_;
    figures.set("per_second", static_cast<double>(waits_.size()) / measured);
    figures.set("p50_ms", percentile(waits_, 50));
    figures.set("p99_ms", percentile(waits_, 99));
    figures.set("blocks_per_second",
                static_cast<double>(nodes_.front()->order().height) / seconds_);
    figures.set("skipped_views", static_cast<double>(nodes_.front()->skipped_views()));
    figures.print();
  }

 private:
  void introduce() {
    std::vector<net::PeerAddress> peers;
    for (const auto& node : nodes_) {
      peers.push_back({node->transport().self(), "127.0.0.1", node->transport().listen_port()});
    }
    for (const auto& node : nodes_) {
      node->transport().set_peers(peers);
      std::vector<OrderingNode*> others;
      for (const auto& other : nodes_) {
        if (other != node) others.push_back(other.get());
      }
      node->know(std::move(others));
    }
  }

  void on_final(std::size_t node, const std::vector<double>& waits) {
    const double at = seconds_between(begin_, Clock::now());
    if (at >= warm_up_ && at <= seconds_) {
      const std::lock_guard lock(mutex_);
      waits_.insert(waits_.end(), waits.begin(), waits.end());
    }
    if (!is_over_) nodes_[node]->hand_in(waits.size());
  }

  /// All nodes have the same blocks as far as both got.
  void check_order() {
    const auto& first = nodes_.front()->order();
    if (first.items_count == 0) die("nothing became final");
    for (const auto& node : nodes_) {
      const std::size_t both = std::min(node->order().hashes.size(), first.hashes.size());
      if (both == 0 || node->order().hashes[both - 1] != first.hashes[both - 1]) {
        die("two validators differ in what is final");
      }
    }
  }

  std::vector<crypto::KeyPair> keys_;
  std::size_t window_;
  double seconds_;
  double warm_up_;
  std::unique_ptr<host::Runtime> runtime_;
  std::vector<std::unique_ptr<OrderingNode>> nodes_;
  Clock::time_point begin_;
  std::atomic<bool> is_over_ = false;
  std::mutex mutex_;
  std::vector<double> waits_;
};

}  // namespace

/// Four validators in this process, over loopback TLS with a log of their own each, order payloads
/// that mean nothing.
void run_ordering_load(const Arguments& arguments) {
  OrderingLoad load(arguments);
  load.run();
  load.report();
}

}  // namespace oort::bench
