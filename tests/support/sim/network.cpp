// SPDX-License-Identifier: Apache-2.0
#include "sim/network.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "oort/core/limits.hpp"
#include "oort/core/reasons.hpp"

namespace oort::sim {
namespace {

using Kind = FrameOnWire::Kind;
constexpr env::MessageType range_mask = 0xff00;

class SimTransport;

struct Frame {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  NodeId sender;
  std::uint64_t receiver_life = 0;
  Kind kind = Kind::Message;
  env::TrafficClass traffic = env::TrafficClass::Consensus;
  env::MessageType type = 0;
  std::uint64_t request_id = 0;
  Bytes payload;
  /// Of a reply that is an error.
  std::optional<Error> error;
};

}  // namespace

struct SimNetwork::Hub {
  Hub(World& the_world, std::size_t nodes_count, LinkOptions options)
      : world(the_world),
        links(the_world, nodes_count, options),
        endpoints(nodes_count, nullptr),
        queued(nodes_count * nodes_count) {}

  struct Endpoint {
    virtual ~Endpoint() = default;
    virtual Node& node() noexcept = 0;
    virtual void receive(Frame frame) = 0;
  };

  [[nodiscard]] Endpoint* find(const NodeId& id) {
    for (Endpoint* endpoint : endpoints) {
      if (endpoint != nullptr && endpoint->node().id() == id) return endpoint;
    }
    return nullptr;
  }

  /// Fails with QUEUE_FULL; otherwise the frame is on its way or lost.
  Result<void> send(Frame frame);
  void deliver(Frame frame);

  World& world;
  Links links;
  Filter filter;
  std::vector<Endpoint*> endpoints;
  /// Bytes on the way, for each pair and class.
  std::vector<std::array<std::uint64_t, env::traffic_classes_count>> queued;
  std::uint64_t delivered = 0;
  std::uint64_t lost = 0;
};

Result<void> SimNetwork::Hub::send(Frame frame) {
  auto& waiting =
      queued[frame.from * links.nodes_count() + frame.to][static_cast<std::size_t>(frame.traffic)];
  const std::uint64_t size = frame.payload.size();
  if (waiting + size > links.options(frame.from, frame.to).queue_bytes_max) {
    return fail(ErrorCode::ResourceExhausted, reason::queue_full, "the link's queue is full");
  }
  const FrameOnWire seen{frame.from,    frame.to,   frame.kind,
                         frame.traffic, frame.type, frame.payload};
  if (filter && !filter(seen)) {
    ++lost;
    return {};
  }
  const auto fate =
      links.carry(frame.from, frame.to, frame.traffic, size, frame.kind == Kind::Message);
  if (fate.copies == 0) ++lost;
  for (std::uint32_t copy = 0; copy < fate.copies; ++copy) {
    waiting += size;
    const bool is_last = copy + 1 == fate.copies;
    world.after(fate.delays[copy], [this, carried = is_last ? std::move(frame) : frame]() mutable {
      deliver(std::move(carried));
    });
  }
  return {};
}

void SimNetwork::Hub::deliver(Frame frame) {
  queued[frame.from * links.nodes_count() + frame.to][static_cast<std::size_t>(frame.traffic)] -=
      frame.payload.size();
  Endpoint* endpoint = endpoints[frame.to];
  if (endpoint == nullptr || endpoint->node().life() != frame.receiver_life ||
      !endpoint->node().is_up()) {
    ++lost;
    return;
  }
  ++delivered;
  world.trace().mix((std::uint64_t{frame.from} << 40U) | (std::uint64_t{frame.to} << 16U) |
                    frame.type);
  world.trace().mix(frame.payload);
  Task receive = [endpoint, arrived = std::move(frame)]() mutable {
    endpoint->receive(std::move(arrived));
  };
  Node& node = endpoint->node();
  node.run(node.life(), receive);
}

namespace {

class SimTransport final : public env::Transport, public SimNetwork::Hub::Endpoint {
 public:
  SimTransport(std::shared_ptr<SimNetwork::Hub> hub, Node& node)
      : hub_(std::move(hub)), node_(node), life_(node.life()) {
    auto& place = hub_->endpoints.at(node.index());
    OORT_ASSERT(place == nullptr, "a machine has one transport at a time");
    place = this;
  }
  ~SimTransport() override {
    hub_->endpoints[node_.index()] = nullptr;
    for (auto& [id, pending] : pending_) hub_->world.cancel(pending.deadline);
  }

  NodeId self() const noexcept override { return node_.id(); }

  void on_message(env::MessageType range, MessageHandler handler) override {
    const bool is_new = message_handlers_.emplace(range, std::move(handler)).second;
    OORT_ASSERT(is_new, "a range has one handler");
  }
  void on_request(env::MessageType range, RequestHandler handler) override {
    const bool is_new = request_handlers_.emplace(range, std::move(handler)).second;
    OORT_ASSERT(is_new, "a range has one handler");
  }

  Result<void> send(const NodeId& to, env::TrafficClass traffic, env::MessageType type,
                    ByteView payload) override {
    OORT_TRY(Frame frame, frame_to(to, traffic, type, payload.size()));
    frame.payload = to_bytes(payload);
    return hub_->send(std::move(frame));
  }

  void request(const NodeId& to, env::TrafficClass traffic, env::MessageType type, Bytes payload,
               Duration deadline, Callback<Result<Bytes>> done) override {
    if (!is_alive()) return;
    const std::uint64_t id = ++requests_count_;
    Pending& pending = pending_[id];
    pending.done = std::move(done);
    auto frame = frame_to(to, traffic, type, payload.size());
    Result<void> sent;
    if (frame) {
      frame->kind = Kind::Request;
      frame->request_id = id;
      frame->payload = std::move(payload);
      sent = hub_->send(*std::move(frame));
    } else {
      sent = fail(std::move(frame).error());
    }
    // A failure too comes back later: no callback runs inside the call.
    const Duration wait = sent ? deadline : Duration{0};
    Error error = sent ? Error(ErrorCode::DeadlineExceeded, reason::deadline_exceeded,
                               "no reply arrived in time")
                       : std::move(sent).error();
    pending.deadline = hub_->world.after(wait, [this, id, why = std::move(error)]() mutable {
      Task finish = [this, id, &why] { complete(id, fail(std::move(why))); };
      node_.run(life_, finish);
    });
  }

  std::vector<NodeId> peers() const override {
    std::vector<NodeId> result;
    for (auto* endpoint : hub_->endpoints) {
      if (endpoint == nullptr || endpoint == this || !endpoint->node().is_up()) continue;
      const std::uint32_t other = endpoint->node().index();
      if (hub_->links.is_cut(node_.index(), other)) continue;
      if (hub_->links.is_cut(other, node_.index())) continue;
      result.push_back(endpoint->node().id());
    }
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
  }

  Node& node() noexcept override { return node_; }

  void receive(Frame frame) override {
    switch (frame.kind) {
      case Kind::Message: {
        const auto found = message_handlers_.find(frame.type & range_mask);
        if (found == message_handlers_.end()) return;
        found->second(frame.sender, frame.type, std::move(frame.payload));
        return;
      }
      case Kind::Request: answer(std::move(frame)); return;
      case Kind::Reply:
        if (frame.error) {
          complete(frame.request_id, fail(*std::move(frame.error)));
        } else {
          complete(frame.request_id, std::move(frame.payload));
        }
        return;
    }
  }

 private:
  struct Pending {
    Callback<Result<Bytes>> done;
    EventId deadline;
  };

  [[nodiscard]] bool is_alive() const noexcept { return node_.is_up() && node_.life() == life_; }

  Result<Frame> frame_to(const NodeId& to, env::TrafficClass traffic, env::MessageType type,
                         std::size_t size) const {
    if (size > limits::frame_bytes_max) {
      return fail(ErrorCode::InvalidArgument, reason::too_large, "the frame is over its maximum");
    }
    auto* endpoint = hub_->find(to);
    const bool is_reachable = endpoint != nullptr && endpoint != this && endpoint->node().is_up();
    if (!is_alive() || !is_reachable) {
      return fail(ErrorCode::Unavailable, reason::peer_unreachable, "there is no connection");
    }
    Frame frame;
    frame.from = node_.index();
    frame.to = endpoint->node().index();
    frame.sender = node_.id();
    frame.receiver_life = endpoint->node().life();
    frame.traffic = traffic;
    frame.type = type;
    return frame;
  }

  void answer(Frame frame) {
    // The hub outlives the transport; the machine's life says whether the reply may still leave.
    Frame reply;
    reply.from = frame.to;
    reply.to = frame.from;
    reply.sender = node_.id();
    auto* asker = hub_->endpoints[frame.from];
    reply.receiver_life = asker == nullptr ? 0 : asker->node().life();
    reply.kind = Kind::Reply;
    reply.traffic = frame.traffic;
    reply.type = frame.type;
    reply.request_id = frame.request_id;
    Callback<Result<Bytes>> respond = [hub = hub_, &node = node_, life = life_, reply,
                                       is_done = false](Result<Bytes> result) mutable {
      OORT_ASSERT(!is_done, "a request is answered once");
      is_done = true;
      if (!node.is_up() || node.life() != life) return;
      if (result) {
        reply.payload = *std::move(result);
      } else {
        reply.error = std::move(result).error();
      }
      // A full queue loses the reply; the asker's deadline is there for that.
      static_cast<void>(hub->send(std::move(reply)));
    };
    const auto found = request_handlers_.find(frame.type & range_mask);
    if (found == request_handlers_.end()) {
      respond(fail(ErrorCode::Unimplemented, reason::not_supported, "nobody answers this type"));
      return;
    }
    found->second(frame.sender, frame.type, std::move(frame.payload), std::move(respond));
  }

  void complete(std::uint64_t id, Result<Bytes> result) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    auto done = std::move(found->second.done);
    hub_->world.cancel(found->second.deadline);
    pending_.erase(found);
    done(std::move(result));
  }

  std::shared_ptr<SimNetwork::Hub> hub_;
  Node& node_;
  std::uint64_t life_;
  std::map<env::MessageType, MessageHandler> message_handlers_;
  std::map<env::MessageType, RequestHandler> request_handlers_;
  std::map<std::uint64_t, Pending> pending_;
  std::uint64_t requests_count_ = 0;
};

}  // namespace

SimNetwork::SimNetwork(World& world, std::size_t nodes_count, LinkOptions options)
    : hub_(std::make_shared<Hub>(world, nodes_count, options)) {}
SimNetwork::~SimNetwork() = default;

std::unique_ptr<env::Transport> SimNetwork::attach(Node& node) {
  return std::make_unique<SimTransport>(hub_, node);
}
Links& SimNetwork::links() noexcept { return hub_->links; }
void SimNetwork::set_filter(Filter filter) { hub_->filter = std::move(filter); }
std::uint64_t SimNetwork::delivered_count() const noexcept { return hub_->delivered; }
std::uint64_t SimNetwork::lost_count() const noexcept { return hub_->lost; }

}  // namespace oort::sim
