// SPDX-License-Identifier: Apache-2.0
#include "oort/http/server.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <vector>

#include "certificate.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/random.hpp"
#include "worker.hpp"

namespace oort::http {
namespace {

using Code = boost::system::error_code;

/// Pause after an accept that failed for want of descriptors, so that it does not spin.
constexpr auto accept_pause = std::chrono::milliseconds(100);

class AsioServer final : public Server {
 public:
  AsioServer(ServerOptions options, Handler& handler, env::Clock& clock, env::Random& random)
      : shared_(std::make_shared<Shared>(std::move(options), handler, clock)) {
    const unsigned count = std::max(1U, shared_->options.threads_count);
    for (unsigned i = 0; i < count; ++i) {
      std::uint64_t seed = 0;
      random.fill(std::as_writable_bytes(std::span(&seed, 1)));
      workers_.push_back(std::make_shared<Worker>(shared_, seed));
    }
    acceptor_.emplace(workers_.front()->loop());
    pause_.emplace(workers_.front()->loop());
  }
  ~AsioServer() override { AsioServer::stop(Duration::zero()); }

  Result<void> listen() {
    const ServerOptions& options = shared_->options;
    if (options.tls) {
      OORT_TRY(shared_->certificate, Certificate::open(*options.tls, shared_->clock.now_mono()));
    }
    Code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  "'" + options.address + "' is not a numeric address to listen on");
    }
    const tcp::endpoint endpoint(address, options.port);
    acceptor_->open(endpoint.protocol(), error);
    if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(tcp::acceptor::max_listen_connections, error);
    if (error) {
      return fail(ErrorCode::FailedPrecondition, reason::port_in_use,
                  "cannot listen on " + options.address + ":" + std::to_string(options.port) +
                      ": " + error.message());
    }
    port_ = acceptor_->local_endpoint(error).port();
    return {};
  }

  void run() {
    for (const auto& worker : workers_) worker->start();
    asio::post(workers_.front()->loop(), [this] { accept(); });
  }

  [[nodiscard]] std::uint16_t port() const noexcept override { return port_; }
  [[nodiscard]] std::size_t connections_count() const noexcept override {
    return shared_->connections_count.load();
  }

  void stop(Duration grace) override {
    if (is_stopped_) return;
    is_stopped_ = true;
    asio::post(workers_.front()->loop(), [this] {
      Code ignored;
      acceptor_->close(ignored);
      pause_->cancel();
    });
    for (const auto& worker : workers_) worker->begin_stop(grace);
    for (const auto& worker : workers_) worker->join();
    log::info("http", "server stopped", {{"name", shared_->options.name}});
  }

 private:
  void accept() {
    if (!acceptor_->is_open()) return;
    const auto worker = workers_[next_++ % workers_.size()];
    acceptor_->async_accept(worker->loop(), [this, worker](Code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor_->is_open()) return;
      if (error) return pause_then_accept(error);
      hand_over(worker, std::move(socket));
      accept();
    });
  }

  static void hand_over(const std::shared_ptr<Worker>& worker, tcp::socket socket) {
    if (worker->is_own_thread()) return worker->adopt(std::move(socket));
    asio::post(worker->loop(),
               [worker, moved = std::move(socket)]() mutable { worker->adopt(std::move(moved)); });
  }

  void pause_then_accept(const Code& error) {
    log::warn("http", "cannot accept a connection", {{"error", error.message()}});
    pause_->expires_after(accept_pause);
    pause_->async_wait([this](const Code& cancelled) {
      if (!cancelled) accept();
    });
  }

  std::shared_ptr<Shared> shared_;  ///< Owners: this server and its workers.
  std::vector<std::shared_ptr<Worker>> workers_;
  std::optional<tcp::acceptor> acceptor_;
  std::optional<asio::steady_timer> pause_;
  std::uint16_t port_ = 0;
  std::size_t next_ = 0;
  bool is_stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler& handler,
                                              env::Clock& clock, env::Random& random) {
  try {
    auto server = std::make_unique<AsioServer>(std::move(options), handler, clock, random);
    OORT_TRY(server->listen());
    server->run();
    return std::unique_ptr<Server>(std::move(server));
  } catch (const std::exception& error) {
    return fail(ErrorCode::Internal, reason::internal,
                std::string("cannot start an HTTP server: ") + error.what());
  }
}

}  // namespace oort::http
