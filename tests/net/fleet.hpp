// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <vector>

#include "bytes.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/host/clock.hpp"
#include "oort/host/random.hpp"
#include "oort/host/runtime.hpp"
#include "oort/net/transport.hpp"

namespace oort::net::test {

inline constexpr env::MessageType type_echo = 0x0301;
inline constexpr env::MessageType type_refuse = 0x0302;
/// Kept and never answered.
inline constexpr env::MessageType type_hold = 0x0303;
/// Dropped without an answer.
inline constexpr env::MessageType type_drop = 0x0304;
inline constexpr env::MessageType type_note = 0x0305;
inline constexpr Duration patience = 60s;

/// Waits until `holds()`; the limit only ends a test that fails anyway.
inline bool eventually(const std::function<bool()>& holds) {
  const host::SystemClock clock;
  const MonoTime end = clock.now_mono() + patience;
  std::mutex mutex;
  std::condition_variable nobody_calls;
  while (!holds()) {
    if (clock.now_mono() > end) return false;
    std::unique_lock lock(mutex);
    nobody_calls.wait_for(lock, std::chrono::milliseconds(1));
  }
  return true;
}

inline crypto::SecretSeed seed_of(std::uint64_t number) {
  oort::test::SeededRandom random(number);
  return crypto::SecretSeed::generate(random);
}

inline NodeId id_of(std::uint64_t number) { return crypto::KeyPair(seed_of(number)).node_id(); }

inline ChainId chain_of(char letter) { return oort::test::fixed<ChainId>(std::string(64, letter)); }

/// For tests that are not about time: no machine is too slow for them.
inline Options patient_options() {
  Options options;
  options.handshake_timeout = patience;
  options.silence_timeout = patience;
  return options;
}

/// A transport with a strand of its own and handlers that do what the types above say.
class Node {
 public:
  explicit Node(const crypto::SecretSeed& seed, Options options = patient_options())
      : runtime_(host::Runtime::start({.threads_count = 1}).value()),
        strand_(runtime_->make_strand()),
        transport_(open_transport(seed, std::move(options), {clock_, random_, *strand_}).value()) {
    transport_->on_message(env::message_range::object,
                           [this](NodeId from, env::MessageType, Bytes payload) {
                             const std::lock_guard lock(mutex_);
                             notes_.emplace_back(from, std::move(payload));
                           });
    transport_->on_request(
        env::message_range::object,
        [this](NodeId, env::MessageType type, Bytes payload, Callback<Result<Bytes>> reply) {
          serve(type, std::move(payload), std::move(reply));
        });
  }
  ~Node() { stop(); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  Node& start() {
    transport_->start();
    return *this;
  }
  void stop() {
    transport_->stop();
    runtime_->stop();
  }

  NodeTransport& transport() { return *transport_; }
  env::Executor& strand() { return *strand_; }
  [[nodiscard]] NodeId id() const { return transport_->self(); }
  [[nodiscard]] PeerAddress address(Keep keep = Keep::Always) const {
    return {id(), "127.0.0.1", transport_->listen_port(), keep};
  }
  void knows(std::vector<PeerAddress> peers) { transport_->set_peers(std::move(peers)); }

  std::future<Result<Bytes>> ask(const NodeId& to, env::MessageType type, Bytes payload,
                                 Duration deadline = patience,
                                 env::TrafficClass traffic = env::TrafficClass::Bulk) {
    auto promise = std::make_shared<std::promise<Result<Bytes>>>();
    auto future = promise->get_future();
    transport_->request(to, traffic, type, std::move(payload), deadline,
                        [promise](Result<Bytes> result) { promise->set_value(std::move(result)); });
    return future;
  }
  /// Asks until the answer comes: the connection may still be under way.
  bool reaches(const NodeId& to, env::TrafficClass traffic = env::TrafficClass::Bulk) {
    return eventually(
        [&] { return ask(to, type_echo, to_bytes("?"), 1s, traffic).get() == to_bytes("?"); });
  }

  std::vector<std::pair<NodeId, Bytes>> notes() {
    const std::lock_guard lock(mutex_);
    return notes_;
  }
  std::size_t held_count() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  std::atomic<int> served_count{0};

 private:
  void serve(env::MessageType type, Bytes payload, Callback<Result<Bytes>> reply) {
    ++served_count;
    if (type == type_echo) return reply(std::move(payload));
    if (type == type_refuse) {
      return reply(fail(ErrorCode::FailedPrecondition, "NOT_READY", "still starting"));
    }
    if (type == type_hold) {
      const std::lock_guard lock(mutex_);
      held_.push_back(std::move(reply));
    }
  }

  host::SystemClock clock_;
  host::KernelRandom random_;
  std::mutex mutex_;
  std::vector<std::pair<NodeId, Bytes>> notes_;
  std::vector<Callback<Result<Bytes>>> held_;
  std::unique_ptr<host::Runtime> runtime_;
  std::unique_ptr<host::Strand> strand_;
  std::unique_ptr<NodeTransport> transport_;
};

/// Two nodes.
struct Pair {
  explicit Pair(const Options& options = patient_options())
      : a(seed_of(1), options), b(seed_of(2), options) {}

  /// Only `a` knows where the other listens.
  Pair& dial(Keep keep = Keep::Always) {
    a.start();
    b.start();
    a.knows({b.address(keep)});
    return *this;
  }

  Node a;
  Node b;
};

inline std::string_view reason_of(const Result<Bytes>& result) {
  return result ? std::string_view("success") : result.error().reason();
}

}  // namespace oort::net::test
