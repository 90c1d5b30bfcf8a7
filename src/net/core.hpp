// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "connection.hpp"
#include "dispatch.hpp"
#include "identity.hpp"
#include "link.hpp"
#include "oort/core/log.hpp"
#include "oort/net/transport.hpp"
#include "requests.hpp"

namespace oort::net {

/// A link with what the transport's thread knows of it; the members here are that thread's alone.
class Way final : public Link {
 public:
  using Link::Link;

  /// Empty: the peer can only dial in.
  std::optional<PeerAddress> address;
  /// The connection that serves it.
  std::shared_ptr<Connection> connection;
  /// The connection that is being made.
  std::shared_ptr<Connection> attempt;
  bool is_dialling = false;
  Duration redial_delay{0};
  /// While `dial` pauses: what to cancel to end the pause. It lives in the coroutine, because a
  /// way may outlive the io_context.
  asio::steady_timer* redial_pause = nullptr;
};

/// One class speaks for the peer in the log; the others, which come and go with it, speak at debug.
[[nodiscard]] inline log::Level level_for(env::TrafficClass traffic, log::Level level) noexcept {
  return traffic == env::TrafficClass::Consensus ? level : log::Level::Debug;
}

/// The transport itself. `transport.cpp` wraps it so that it outlives its owner for as long as
/// handlers hold unanswered requests.
///
/// State that is not marked otherwise belongs to the transport's one thread.
class Core final : public Outbox, public std::enable_shared_from_this<Core> {
 public:
  Core(SslContext tls, const NodeId& self, Options options, Surroundings around);
  ~Core() override;

  [[nodiscard]] Result<void> listen();

  // Threads: any.
  [[nodiscard]] const NodeId& self() const noexcept { return self_; }
  [[nodiscard]] std::uint16_t listen_port() const noexcept { return listen_port_; }
  [[nodiscard]] Dispatcher& dispatcher() noexcept { return dispatcher_; }
  void start();
  void stop() noexcept;
  void set_peers(std::vector<PeerAddress> peers);
  void set_denied(std::vector<NodeId> denied);
  [[nodiscard]] Result<void> send(const NodeId& to, env::TrafficClass traffic,
                                  env::MessageType type, ByteView payload);
  void request(const NodeId& to, env::TrafficClass traffic, env::MessageType type, Bytes payload,
               Duration deadline, Requests::Done done);
  [[nodiscard]] std::vector<NodeId> peers() const;
  void answer(const std::shared_ptr<Link>& link, env::MessageType type, std::uint64_t request,
              Result<Bytes> result) override;

 private:
  using Ways = std::array<std::shared_ptr<Way>, env::traffic_classes_count>;

  // core.cpp
  [[nodiscard]] MonoTime now() const noexcept { return around_.clock.now_mono(); }
  [[nodiscard]] std::shared_ptr<Way> find(const NodeId& peer, env::TrafficClass traffic) const;
  /// The ways to `peer`, made in state `state` when there are none.
  Ways& find_or_add(const NodeId& peer, Link::State state);
  [[nodiscard]] Result<void> push(const std::shared_ptr<Way>& way, Frame frame, Link::Room room);
  void wake(const std::shared_ptr<Way>& way);
  void post_failure(Requests::Done done, Error error);
  void arm_deadlines();
  void expire_requests();
  void apply_peers(const std::vector<PeerAddress>& peers);
  void apply_denied(const std::vector<NodeId>& denied);
  [[nodiscard]] bool is_denied(const NodeId& peer) const { return denied_.contains(peer); }
  asio::awaitable<void> watch();
  void check(const std::shared_ptr<Connection>& connection, MonoTime at);
  void forget_strangers();
  void measure_queues();
  void close_everything();

  // core_dial.cpp
  enum class Outcome : std::uint8_t { Made, Failed, Deferred };
  [[nodiscard]] bool wants_connection(const Way& way) const noexcept;
  void start_dialling(const std::shared_ptr<Way>& way);
  asio::awaitable<void> dial(std::shared_ptr<Way> way);
  asio::awaitable<Outcome> attempt(std::shared_ptr<Way> way);
  asio::awaitable<Result<void>> connect(std::shared_ptr<Connection> connection,
                                        PeerAddress address);
  asio::awaitable<Result<Welcome>> greet(std::shared_ptr<Connection> connection,
                                         std::shared_ptr<Way> way);
  Outcome act_on(const Welcome& welcome, const std::shared_ptr<Way>& way,
                 const std::shared_ptr<Connection>& connection);
  [[nodiscard]] Duration next_delay(Duration delay);

  // core_accept.cpp
  asio::awaitable<void> accept();
  asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
  asio::awaitable<Result<std::shared_ptr<Way>>> receive_hello(
      std::shared_ptr<Connection> connection);
  [[nodiscard]] Verdict judge(const NodeId& node, const Hello& hello);
  std::shared_ptr<Way> claim(const NodeId& node, const Hello& hello,
                             const std::shared_ptr<Connection>& connection);

  // core_traffic.cpp
  void add(const std::shared_ptr<Connection>& connection);
  void go_up(const std::shared_ptr<Way>& way, const std::shared_ptr<Connection>& connection);
  /// By value: the caller's own pointer is among those that this resets.
  void close(std::shared_ptr<Connection> connection, std::string_view why);
  void lose(const std::shared_ptr<Way>& way, MonoTime up_at);
  /// Nothing waits for this way any more.
  void fail_way(const std::shared_ptr<Way>& way);
  void fail_requests(const Way& way);
  asio::awaitable<void> read(std::shared_ptr<Connection> connection);
  asio::awaitable<void> write(std::shared_ptr<Connection> connection);
  asio::awaitable<bool> write_frames(std::shared_ptr<Connection> connection,
                                     std::vector<Frame> frames);
  asio::awaitable<bool> write_bytes(std::shared_ptr<Connection> connection, ByteView bytes);
  [[nodiscard]] Result<void> receive(const std::shared_ptr<Way>& way,
                                     std::vector<ArrivedFrame> frames);
  void admit(const std::shared_ptr<Way>& way, ArrivedFrame frame, std::vector<Arrival>& arrivals);
  void taken(const std::shared_ptr<Way>& way, std::size_t size);
  void pump_self(const std::shared_ptr<Way>& way);

  const NodeId self_;
  const Options options_;
  const Surroundings around_;
  const std::uint64_t boot_;

  // First of those that own sockets and timers, so the last of them to go.
  asio::io_context context_{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard_;
  asio::ssl::context tls_;
  Tcp::acceptor acceptor_;
  asio::steady_timer watch_timer_;
  asio::steady_timer deadline_timer_;
  asio::steady_timer accept_pause_;
  std::uint16_t listen_port_ = 0;
  std::thread thread_;
  /// Every connection that is not closed.
  std::set<std::shared_ptr<Connection>> connections_;
  std::size_t accepted_count_ = 0;
  std::set<NodeId> denied_;

  // Shared between threads.
  Dispatcher dispatcher_;
  Requests requests_;
  std::atomic<std::uint64_t> requests_count_{0};
  std::atomic<std::uint64_t> ways_count_{0};
  std::atomic<bool> is_started_{false};
  std::atomic<bool> is_stopping_{false};
  mutable std::shared_mutex table_mutex_;  // Guards the table; not the ways in it.
  std::map<NodeId, Ways> table_;
};

}  // namespace oort::net
