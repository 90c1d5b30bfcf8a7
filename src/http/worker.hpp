// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>

#include "certificate.hpp"
#include "oort/core/metrics.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/random.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/server.hpp"

namespace oort::http {

namespace asio = boost::asio;
using asio::ip::tcp;

class Connection;

/// What the workers of one server share; handles of metrics are lock-free.
struct Shared {
  ServerOptions options;
  Handler& handler;
  env::Clock& clock;
  /// Nothing in the clear.
  std::unique_ptr<Certificate> certificate;
  std::atomic<std::size_t> connections_count{0};
  metrics::Gauge connections;
  metrics::Counter bytes_in;
  metrics::Counter bytes_out;
  metrics::Counter responses[6];  ///< By the first digit of the status.
  metrics::Histogram seconds;

  Shared(ServerOptions chosen, Handler& handler, env::Clock& clock);
};

/// One event loop with its connections. Owned by the server and by its connections, which an
/// exchange in a slow handler may keep alive beyond the server.
class Worker final : public std::enable_shared_from_this<Worker> {
 public:
  Worker(std::shared_ptr<Shared> shared, std::uint64_t id_seed);

  [[nodiscard]] asio::io_context& loop() noexcept { return loop_; }
  [[nodiscard]] const Shared& shared() const noexcept { return *shared_; }
  [[nodiscard]] Shared& shared() noexcept { return *shared_; }
  [[nodiscard]] const Limits& limits() const noexcept { return shared_->options.limits; }

  /// Runs the loop on a new thread.
  void start();
  /// Threads: any. No connection is taken any more; idle ones close, busy ones after their answer,
  /// and what is left after `grace` is cut. Then the loop ends.
  void begin_stop(Duration grace);
  void join();

  [[nodiscard]] bool is_own_thread() const noexcept {
    return std::this_thread::get_id() == thread_id_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] bool is_over() const noexcept { return is_over_.load(std::memory_order_acquire); }

  // From here on: on the worker's thread only.
  void adopt(tcp::socket socket);
  void forget(const std::shared_ptr<Connection>& connection);
  [[nodiscard]] bool is_stopping() const noexcept { return is_stopping_; }
  /// As of the last tick, which is at most half a second ago.
  [[nodiscard]] MonoTime now() const noexcept { return now_; }
  [[nodiscard]] const std::string& date() const noexcept { return date_; }
  [[nodiscard]] std::string next_request_id();

 private:
  void arm_tick();
  void tick();
  void close_all();
  void end();

  std::shared_ptr<Shared> shared_;  ///< Owners: the server and its workers.
  asio::io_context loop_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_;
  asio::steady_timer timer_;
  asio::steady_timer force_timer_;
  std::thread thread_;
  std::atomic<std::thread::id> thread_id_{};
  std::atomic<bool> is_over_{false};
  bool is_stopping_ = false;
  /// Owners: this set and the operations in flight of each connection.
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  MonoTime now_;
  std::string date_;
  std::uint64_t id_seed_;
  std::uint64_t ids_count_ = 0;
};

}  // namespace oort::http
