// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "oort/core/ids.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/random.hpp"
#include "oort/env/transport.hpp"

namespace oort::net {

/// When a connection to a peer is made.
enum class Keep : std::uint8_t {
  Always,    ///< At once, for every class, and again whenever it breaks.
  OnDemand,  ///< With the first frame of a class; let go when unused.
};

/// Where a node listens.
struct PeerAddress {
  NodeId id;
  /// A name or a literal IPv4 or IPv6 address.
  std::string host;
  std::uint16_t port = 0;
  Keep keep = Keep::Always;
};

struct Options {
  /// Another network's nodes are refused with WRONG_GENESIS.
  ChainId chain;
  /// A literal address; empty: this node only dials.
  std::string listen_host = "127.0.0.1";
  /// 0: any free port, see `NodeTransport::listen_port`.
  std::uint16_t listen_port = 0;
  /// Whether a node that dialled in and proved its key may stay. Empty: every node may.
  /// Called on the transport's thread; must not block.
  std::function<bool(const NodeId&)> is_welcome;

  /// Frames waiting for one peer and class; more are refused with QUEUE_FULL.
  std::size_t queue_bytes_max = 32 * limits::mib;
  /// Frames received for one peer and class that no handler has taken yet; then reading pauses.
  std::size_t inbox_bytes_max = 16 * limits::mib;
  /// Requests of one peer and class being answered here at a time; more are answered QUEUE_FULL.
  std::size_t inbound_requests_max = 4096;
  /// Connections that others dialled, of all peers together, handshakes included.
  std::size_t inbound_connections_max = 4096;

  /// From the first byte of a connection to the end of its handshakes.
  Duration handshake_timeout = 5s;
  /// A connection with nothing to say says so this often.
  Duration ping_interval = 2s;
  /// A connection on which nothing came, or nothing went, for so long is closed.
  Duration silence_timeout = 8s;
  /// An OnDemand connection without a frame of a caller for so long is closed.
  Duration idle_timeout = 60s;
  /// Pause before dialling again: doubles from the first to the second, each time with a random
  /// half added or left away.
  Duration redial_delay_min = 100ms;
  Duration redial_delay_max = 5s;
};

/// The world around a transport; all of it outlives the transport.
struct Surroundings {
  env::Clock& clock;
  env::Random& random;
  /// Where handlers and callbacks run.
  env::Executor& strand;
};

/// Transport over TLS 1.3, where both sides prove their Ed25519 node key by a self-signed
/// certificate; there is no authority and no name to check, the key is the identity.
///
/// One connection per peer and traffic class, whichever of the two dialled it; when both dial at
/// the same time, the connection of the lower NodeId stays. A frame to oneself is delivered like
/// any other.
///
/// Invariants (T1–T3 of `env::Transport`, and)
///   N1  A frame is given to a handler only after the peer proved the key that `from` names.
///   N2  A dialled connection carries no frame unless the peer's key is the one that was dialled.
///   N3  No frame of a node of another chain reaches a handler.
///   N4  No length that a peer sends is believed beyond `limits::frame_bytes_max`; memory grows
///       with the bytes that arrived.
///   N5  A request whose connection breaks fails at once with PEER_UNREACHABLE; nothing is sent
///       twice.
///   N6  The number of connections and bytes held for peers is bounded by `Options`.
///   N7  Nothing goes to or comes from a node while it is denied.
///
/// A peer that has an address but no connection yet: frames wait for the first attempt to dial. If
/// it fails they fail, and until an attempt succeeds sending is refused with PEER_UNREACHABLE.
class NodeTransport : public env::Transport {
 public:
  /// Begins to accept and to dial. Requires: all handlers are set; called once.
  virtual void start() = 0;
  /// Closes everything, answers what is waiting with CANCELLED (those callbacks are posted to the
  /// strand before this returns) and joins the thread. No handler starts after it returned.
  /// Requires: not called from a handler or callback. The second call does nothing.
  virtual void stop() noexcept = 0;
  /// The whole address book from now on. Peers that are not in it are dialled no more and the
  /// connections dialled to them are closed; those that dialled in stay. An entry for this node
  /// itself is ignored. Threads: any, at any time.
  virtual void set_peers(std::vector<PeerAddress> peers) = 0;
  /// All nodes that this one has nothing to do with from now on; replaces those denied before.
  /// Their connections are closed, they are not dialled, and refused when they dial in. Sending to
  /// one fails with PEER_UNREACHABLE. Who is denied no more is dialled at once.
  /// Threads: any, at any time.
  virtual void set_denied(std::vector<NodeId> denied) = 0;
  /// The port that was bound; 0 when this node only dials.
  [[nodiscard]] virtual std::uint16_t listen_port() const noexcept = 0;
};

/// Binds the port and makes the certificate; nothing is accepted before `start`.
/// Fails with PORT_IN_USE, or BAD_ARGUMENT for an address that is none of this machine.
[[nodiscard]] Result<std::unique_ptr<NodeTransport>> open_transport(const crypto::SecretSeed& key,
                                                                    Options options,
                                                                    Surroundings around);

}  // namespace oort::net
