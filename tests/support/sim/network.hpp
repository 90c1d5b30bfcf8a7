// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "oort/env/transport.hpp"
#include "sim/links.hpp"
#include "sim/node.hpp"

namespace oort::sim {

/// What a scenario sees of a frame on its way.
struct FrameOnWire {
  enum class Kind : std::uint8_t { Message, Request, Reply };
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  Kind kind = Kind::Message;
  env::TrafficClass traffic = env::TrafficClass::Consensus;
  env::MessageType type = 0;
  ByteView payload;
};

/// Transports of all machines of a world over one set of links.
///
/// T1 holds as long as the links' options do not break it on purpose; T2 and T3 always. A frame is
/// lost when its link is cut or drops it, when the receiver is down, and when either end crashed
/// between sending and arrival: the connection died. A cut link loses silently: the sender sees
/// success, and a request runs into its deadline.
/// Threads: one, the world's. Outlives its transports.
class SimNetwork {
 public:
  /// Decides whether a frame goes on its way; false loses it.
  using Filter = UniqueFunction<bool(const FrameOnWire&)>;

  SimNetwork(World& world, std::size_t nodes_count, LinkOptions options = {});
  ~SimNetwork();
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  /// A transport for the present life of `node`; handlers run as that machine.
  /// Requires: no other transport of this machine lives; its index is below the count.
  [[nodiscard]] std::unique_ptr<env::Transport> attach(Node& node);

  [[nodiscard]] Links& links() noexcept;
  void set_filter(Filter filter);
  /// Delivered and lost frames so far.
  [[nodiscard]] std::uint64_t delivered_count() const noexcept;
  [[nodiscard]] std::uint64_t lost_count() const noexcept;

  struct Hub;

 private:
  std::shared_ptr<Hub> hub_;
};

}  // namespace oort::sim
