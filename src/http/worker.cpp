// SPDX-License-Identifier: Apache-2.0
#include "worker.hpp"

#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "connection.hpp"
#include "oort/env/clock.hpp"
#include "oort/http/date.hpp"

namespace oort::http {
namespace {

constexpr auto tick_interval = std::chrono::milliseconds(500);

metrics::Counter responses_of(const std::string& server, std::string_view digit) {
  return metrics::counter("oort_http_responses_total", "Answers by class of status.",
                          {{"server", server}, {"class", std::string(digit) + "xx"}});
}

}  // namespace

Shared::Shared(ServerOptions chosen, Handler& answers, env::Clock& time)
    : options(std::move(chosen)),
      handler(answers),
      clock(time),
      connections(
          metrics::gauge("oort_http_connections", "Open connections.", {{"server", options.name}})),
      bytes_in(metrics::counter("oort_http_received_bytes_total", "Bytes read from sockets.",
                                {{"server", options.name}})),
      bytes_out(metrics::counter("oort_http_sent_bytes_total", "Bytes written to sockets.",
                                 {{"server", options.name}})),
      responses{responses_of(options.name, "0"), responses_of(options.name, "1"),
                responses_of(options.name, "2"), responses_of(options.name, "3"),
                responses_of(options.name, "4"), responses_of(options.name, "5")},
      seconds(metrics::histogram("oort_http_request_seconds",
                                 "From the head to the last byte sent.", metrics::seconds_bounds(),
                                 {{"server", options.name}})) {}

Worker::Worker(std::shared_ptr<Shared> shared, std::uint64_t id_seed)
    : shared_(std::move(shared)),
      guard_(asio::make_work_guard(loop_)),
      timer_(loop_),
      force_timer_(loop_),
      id_seed_(id_seed) {}

void Worker::start() {
  now_ = shared_->clock.now_mono();
  date_ = to_http_date(shared_->clock.now_wall());
  arm_tick();
  thread_ = std::thread([this] {
    thread_id_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    loop_.run();
  });
}

void Worker::begin_stop(Duration grace) {
  asio::post(loop_, [this, grace] {
    is_stopping_ = true;
    const bool is_patient = grace > Duration::zero();
    const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
    for (const auto& connection : all) {
      is_patient ? connection->close_when_idle() : connection->close();
    }
    if (connections_.empty()) return end();
    force_timer_.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(grace));
    force_timer_.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled) close_all();
    });
  });
}

void Worker::close_all() {
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->close();
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
  is_over_.store(true, std::memory_order_release);
  // Whatever another thread posted between the end of the loop and the line above.
  loop_.restart();
  loop_.poll();
}

void Worker::adopt(tcp::socket socket) {
  auto context = shared_->certificate ? shared_->certificate->context() : nullptr;
  auto connection =
      std::make_shared<Connection>(std::move(socket), std::move(context), shared_from_this());
  const std::size_t count = shared_->connections_count.fetch_add(1) + 1;
  shared_->connections.set(static_cast<double>(count));
  connections_.insert(connection);
  if (is_stopping_) return connection->close();
  if (count > limits().connections_count_max) return connection->refuse_busy();
  connection->start();
}

void Worker::forget(const std::shared_ptr<Connection>& connection) {
  if (connections_.erase(connection) == 0) return;
  const std::size_t count = shared_->connections_count.fetch_sub(1) - 1;
  shared_->connections.set(static_cast<double>(count));
  if (is_stopping_ && connections_.empty()) end();
}

void Worker::end() {
  timer_.cancel();
  force_timer_.cancel();
  guard_.reset();
}

std::string Worker::next_request_id() {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  // SplitMix64's finaliser is a bijection, so ids of one seed never repeat.
  std::uint64_t value = id_seed_ + (++ids_count_) * 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  value ^= value >> 31U;
  std::string id(16, '0');
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = digits[(value >> (60 - 4 * i)) & 15U];
  return id;
}

void Worker::arm_tick() {
  timer_.expires_after(tick_interval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Worker::tick() {
  now_ = shared_->clock.now_mono();
  date_ = to_http_date(shared_->clock.now_wall());
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->tick(now_);
  if (shared_->certificate) shared_->certificate->refresh(now_);
  if (is_stopping_ && connections_.empty()) return;
  arm_tick();
}

}  // namespace oort::http
