// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/random.hpp"
#include "oort/honesty/baits.hpp"
#include "oort/honesty/task.hpp"

namespace oort::honesty {

/// One node's part in Proof of Honesty, as a step machine: what happened goes in, what should be
/// posted, sent, executed or timed comes out. Its driver knows the ledger, the brokers and a clock.
///
/// Every node posts a root each epoch. One that its VRF draws as an officer mints baits, sends them
/// at the times of day at which live work comes, keeps the receipts, and reveals them when the next
/// epoch begins. Any node may be asked to execute an alleged miss again.
///
/// Invariants
///   A1  A node posts one root an epoch, drawn as an officer or not, before any of its baits is
///       sent.
///   A2  Nothing is revealed in the epoch of the bait, and each answered bait is revealed once.
///   A3  A bait goes out once, and what it reveals, the ledger's `judge` accepts.
///   A4  A panelist opens nothing before the commitments are closed.
///   A5  An agent that was restored goes on as the one that was saved: the same root, the same
///       baits, the same commitments, and nothing twice that must be once.
///
/// Threads: one. Its secrets outlive the process where its driver keeps what `save` gives; without
/// that a restart forfeits the baits that are out, and nobody is the worse for it.
namespace event {
struct EpochStarted {
  ledger::OfficerDraw draw;  ///< With this node's weight.
  std::uint64_t length_ms = 0;
};
/// A live task that this node's broker or gateway passed on.
struct TaskPassed {
  TaskShape shape;
};
/// The time of an `action::Alarm` has come.
struct Alarm {
  Epoch epoch;
  std::size_t bait = 0;
};
/// The result of a task that this node sent.
struct ReceiptCame {
  ledger::WorkReceipt receipt;
};
/// This node has a seat in a panel.
struct SeatDrawn {
  Bytes32 fault;
};
struct Executed {
  Bytes32 fault;
  std::vector<Bytes32> states;  ///< At least one.
  Bytes32 result_hash;
};
/// All have committed, or the deadline is over; `seed` draws the step to open.
struct CommitmentsClosed {
  Bytes32 fault;
  Bytes32 seed;
};
}  // namespace event
using Event = std::variant<event::EpochStarted, event::TaskPassed, event::Alarm, event::ReceiptCame,
                           event::SeatDrawn, event::Executed, event::CommitmentsClosed>;

namespace action {
struct PostRoot {
  Epoch epoch;
  Bytes32 root;
};
struct SetAlarm {
  Epoch epoch;
  std::size_t bait = 0;
  std::uint64_t after_ms = 0;
};
/// Through the door of every customer, to the broker that the envelope names.
struct SendTask {
  TaskEnvelope envelope;
  Bytes32 task_commitment;  ///< What the receipt will be of.
};
struct PostReveal {
  ledger::Reveal reveal;
};
struct Execute {
  Bytes32 fault;
};
struct PostCommitment {
  Bytes32 fault;
  Bytes32 commitment;
};
struct PostOpening {
  ledger::PanelReveal reveal;
};
}  // namespace action
using Action =
    std::variant<action::PostRoot, action::SetAlarm, action::SendTask, action::PostReveal,
                 action::Execute, action::PostCommitment, action::PostOpening>;

struct AgentRules {
  BaitCount baits;
  std::size_t live_count_max = 4096;  ///< Live tasks that are remembered for their shapes.
  /// No bait is minted before so many were seen: from few it would be known by its size.
  std::size_t live_count_min = 1024;
};

class Agent {
 public:
  /// Borrows the sources and the randomness for its own lifetime.
  Agent(const crypto::KeyPair& keys, const AgentRules& rules, std::vector<TaskSource*> sources,
        env::Random& random);

  [[nodiscard]] std::vector<Action> step(const Event& event);

  /// Baits of the running epoch, answered or not.
  [[nodiscard]] std::size_t baits_count() const noexcept;
  /// Nothing before the first one began.
  [[nodiscard]] std::optional<Epoch> epoch() const noexcept;
  /// Live tasks that it remembers for their shapes.
  [[nodiscard]] std::size_t live_count() const noexcept { return shapes_.count(); }

  /// The running epoch with its secrets, and the seats whose answers are committed. Shapes are not
  /// kept: live work brings new ones.
  [[nodiscard]] Bytes save() const;
  /// Goes on from what `save` gave, and says again what may not have been done: the root, the
  /// alarms of baits that were not sent, the commitments. Fails with MALFORMED, NOT_CANONICAL or
  /// UNSUPPORTED_VERSION, and then is as before. Requires: nothing was stepped before.
  [[nodiscard]] Result<std::vector<Action>> restore(ByteView saved);

 private:
  struct Saved;
  struct Bait {
    BaitSecret secret;
    TaskEnvelope envelope;
    std::uint64_t offset_ms = 0;
    bool is_sent = false;
    std::optional<ledger::WorkReceipt> receipt;
  };
  struct Running {
    ledger::OfficerDraw draw;
    crypto::VrfProof drawn;
    std::vector<Bait> baits;
    std::optional<BaitTree> tree;
  };

  void on(const event::EpochStarted& started, std::vector<Action>& actions);
  void on(const event::TaskPassed& passed, std::vector<Action>& actions);
  void on(const event::Alarm& alarm, std::vector<Action>& actions);
  void on(const event::ReceiptCame& came, std::vector<Action>& actions);
  void on(const event::SeatDrawn& seat, std::vector<Action>& actions);
  void on(const event::Executed& executed, std::vector<Action>& actions);
  void on(const event::CommitmentsClosed& closed, std::vector<Action>& actions);
  void reveal_all(std::vector<Action>& actions);
  [[nodiscard]] std::optional<Bait> mint(std::uint64_t length_ms);

  crypto::KeyPair keys_;
  AgentRules rules_;
  std::vector<TaskSource*> sources_;
  env::Random& random_;
  LiveShapes shapes_;
  std::optional<Running> running_;
  std::map<Bytes32, std::optional<TraceRecord>> seats_;
};

}  // namespace oort::honesty
