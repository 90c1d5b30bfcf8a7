// SPDX-License-Identifier: Apache-2.0
#include "oort/net/transport.hpp"

#include <utility>

#include "core.hpp"
#include "identity.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/transport.hpp"

namespace oort::net {
namespace {

class TlsTransport final : public NodeTransport {
 public:
  explicit TlsTransport(std::shared_ptr<Core> core) noexcept : core_(std::move(core)) {}
  ~TlsTransport() override { core_->stop(); }
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  NodeId self() const noexcept override { return core_->self(); }
  void on_message(env::MessageType range, MessageHandler handler) override {
    OORT_ASSERT(!is_started_, "handlers are set before the start");
    core_->dispatcher().on_message(range, std::move(handler));
  }
  void on_request(env::MessageType range, RequestHandler handler) override {
    OORT_ASSERT(!is_started_, "handlers are set before the start");
    core_->dispatcher().on_request(range, std::move(handler));
  }
  Result<void> send(const NodeId& to, env::TrafficClass traffic, env::MessageType type,
                    ByteView payload) override {
    return core_->send(to, traffic, type, payload);
  }
  void request(const NodeId& to, env::TrafficClass traffic, env::MessageType type, Bytes payload,
               Duration deadline, Callback<Result<Bytes>> done) override {
    core_->request(to, traffic, type, std::move(payload), deadline, std::move(done));
  }
  std::vector<NodeId> peers() const override { return core_->peers(); }

  void start() override {
    is_started_ = true;
    core_->start();
  }
  void stop() noexcept override { core_->stop(); }
  void set_peers(std::vector<PeerAddress> peers) override { core_->set_peers(std::move(peers)); }
  void set_denied(std::vector<NodeId> denied) override { core_->set_denied(std::move(denied)); }
  std::uint16_t listen_port() const noexcept override { return core_->listen_port(); }

 private:
  // Shared with what waits on the strand and with handlers that owe an answer.
  std::shared_ptr<Core> core_;
  bool is_started_ = false;
};

}  // namespace

Result<std::unique_ptr<NodeTransport>> open_transport(const crypto::SecretSeed& key,
                                                      Options options, Surroundings around) {
  OORT_TRY(const NodeId self, node_of(key));
  OORT_TRY(SslContext tls, make_tls_context(key, around.random));
  auto core = std::make_shared<Core>(std::move(tls), self, std::move(options), around);
  OORT_TRY(core->listen());
  return std::make_unique<TlsTransport>(std::move(core));
}

}  // namespace oort::net
