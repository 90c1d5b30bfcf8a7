// SPDX-License-Identifier: Apache-2.0
#include "sim/node.hpp"

#include <cstring>
#include <utility>

namespace oort::sim {
namespace {

constexpr std::int64_t million = 1'000'000;
__extension__ using Int128 = __int128;

}  // namespace

/// The env interfaces of one machine, each a thin face over the node.
struct Node::Parts {
  explicit Parts(Node& node)
      : clock(node), strand(node), pool(node), timers(node), random(node.world_.random().fork()) {}

  struct NodeClock final : env::Clock {
    explicit NodeClock(Node& the_node) : node(the_node) {}
    MonoTime now_mono() const noexcept override { return node.mono(); }
    WallTime now_wall() const noexcept override {
      const std::int64_t start = static_cast<std::int64_t>(node.options_.wall_start.milliseconds);
      const std::int64_t now = start + node.mono().nanoseconds / million + node.wall_offset_ms_;
      return {static_cast<std::uint64_t>(now < 0 ? 0 : now)};
    }
    Node& node;
  };
  struct Strand final : env::Executor {
    explicit Strand(Node& the_node) : node(the_node) {}
    void post(Task task) override { node.post_after(Duration{0}, std::move(task)); }
    Node& node;
  };
  struct Pool final : env::Executor {
    explicit Pool(Node& the_node) : node(the_node) {}
    void post(Task task) override {
      const auto& options = node.options_;
      node.post_after(node.world_.random().duration(options.pool_delay_min, options.pool_delay_max),
                      std::move(task));
    }
    Node& node;
  };
  struct NodeTimers final : env::Timers {
    explicit NodeTimers(Node& the_node) : node(the_node) {}
    env::TimerId after(Duration delay, Task task) override {
      if (!node.is_up_) return env::TimerId(0);
      const Duration in_world = node.world_duration(delay);
      const EventId id = node.world_.after(
          in_world, [&owner = node, life = node.life_, work = std::move(task)]() mutable {
            owner.run(life, work);
          });
      return env::TimerId(id.value());
    }
    void cancel(env::TimerId id) noexcept override { node.world_.cancel(EventId(id.value())); }
    Node& node;
  };
  struct NodeRandom final : env::Random {
    explicit NodeRandom(Generator the_generator) : generator(the_generator) {}
    void fill(std::span<std::byte> out) noexcept override {
      while (!out.empty()) {
        const std::uint64_t word = generator.next();
        const std::size_t size = out.size() < 8 ? out.size() : 8;
        std::memcpy(out.data(), &word, size);
        out = out.subspan(size);
      }
    }
    Generator generator;
  };

  NodeClock clock;
  Strand strand;
  Pool pool;
  NodeTimers timers;
  NodeRandom random;
};

Node::Node(World& world, std::uint32_t index, const NodeId& id, NodeOptions options)
    : world_(world),
      index_(index),
      id_(id),
      options_(options),
      disk_(world, options.disk),
      parts_(std::make_unique<Parts>(*this)) {
  OORT_ASSERT(options.drift_ppm > -million, "a clock that stands still times nothing");
}
Node::~Node() = default;

env::Clock& Node::clock() noexcept { return parts_->clock; }
env::Executor& Node::strand() noexcept { return parts_->strand; }
env::Executor& Node::pool() noexcept { return parts_->pool; }
env::Timers& Node::timers() noexcept { return parts_->timers; }
env::Random& Node::random() noexcept { return parts_->random; }

void Node::start() {
  OORT_ASSERT(program_ == nullptr, "a machine runs one program");
  OORT_ASSERT(running_depth_ == 0, "a machine does not boot inside its own event");
  is_up_ = true;
  if (!factory_) return;
  Task boot = [this] { program_ = factory_(*this); };
  run(life_, boot);
}

void Node::crash() {
  if (!is_up_) return;
  is_up_ = false;
  ++life_;
  world_.trace().mix(0xdead0000U | index_);
  disk_.crash();
  if (running_depth_ == 0) program_.reset();
}

bool Node::run(std::uint64_t life, Task& task) {
  if (!is_up_ || life != life_) return false;
  ++running_depth_;
  task();
  --running_depth_;
  // The task may have crashed its own machine, whose program could not die under its feet.
  if (running_depth_ == 0 && !is_up_) program_.reset();
  return true;
}

MonoTime Node::mono() const noexcept {
  const Int128 scaled = Int128{world_.now().nanoseconds} * (million + options_.drift_ppm);
  return {static_cast<std::int64_t>(scaled / million)};
}

Duration Node::world_duration(Duration local) const noexcept {
  if (local.count() <= 0) return Duration{0};
  const std::int64_t rate = million + options_.drift_ppm;
  const Int128 scaled = Int128{local.count()} * million + rate - 1;
  // One more nanosecond, since the clock itself rounds down.
  return Duration(static_cast<std::int64_t>(scaled / rate) + (options_.drift_ppm == 0 ? 0 : 1));
}

void Node::post_after(Duration delay, Task task) {
  if (!is_up_) return;
  world_.after(delay, [this, life = life_, work = std::move(task)]() mutable { run(life, work); });
}

}  // namespace oort::sim
