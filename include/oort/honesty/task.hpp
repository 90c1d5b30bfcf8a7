// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/env/random.hpp"
#include "oort/ledger/honesty_math.hpp"
#include "oort/ledger/honesty_objects.hpp"

namespace oort::honesty {

/// Number of a kind of work: storage read, a built-in workload, a campaign's labels.
using Workload = Strong<struct WorkloadTag, std::uint16_t>;

/// Everything that an executor sees of a task, and nothing else: no payer, no origin, no purpose.
///
/// Invariants
///   T1  An executor sees the fields that `for_each_field` names and no others; the bytes that it
///       gets, what it commits to and what the indistinguishability test looks at are those.
///   T2  Real work and baits have the same distribution of every field and of all together.
struct TaskEnvelope {
  TaskId task;  ///< Random.
  Workload workload;
  NodeId broker;  ///< Who hands it out.
  Credits price;
  std::uint64_t input_bytes = 0;
  std::uint64_t deadline_ms = 0;  ///< From receipt.
  Bytes32 input_root;
  friend bool operator==(const TaskEnvelope&, const TaskEnvelope&) = default;
};
inline constexpr std::uint8_t envelope_format_version = 1;

/// The one list of fields: the codec is built on it.
template <class Envelope, class Visit>
void for_each_field(Envelope& envelope, Visit&& visit) {
  visit(envelope.task);
  visit(envelope.workload);
  visit(envelope.broker);
  visit(envelope.price);
  visit(envelope.input_bytes);
  visit(envelope.deadline_ms);
  visit(envelope.input_root);
}
void encode(codec::Writer& out, const TaskEnvelope& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, TaskEnvelope& value);

/// What a task looks like before it has content, and when it came.
struct TaskShape {
  Workload workload;
  NodeId broker;
  Credits price;
  std::uint64_t input_bytes = 0;
  std::uint64_t deadline_ms = 0;
  std::uint64_t offset_ms = 0;  ///< Since its epoch began.
  friend bool operator==(const TaskShape&, const TaskShape&) = default;
};
[[nodiscard]] TaskShape shape_of(const TaskEnvelope& envelope, std::uint64_t offset_ms) noexcept;

/// A task whose answer is known.
struct MintedTask {
  Bytes32 input_root;
  std::uint64_t input_bytes = 0;
  Bytes32 answer;
  ledger::VerdictRule rule = ledger::VerdictRule::Exact;
  /// Of what the executor is shown, where its source has written that itself; otherwise it is the
  /// envelope that the agent makes of this.
  std::optional<Bytes32> task_commitment;
};

/// Where the baits of a workload come from: recycled tasks under a transform, planted answers, the
/// officer's own computation, customers' gold tasks. Each workload has its own; all of them fill
/// the same envelope.
class TaskSource {
 public:
  virtual ~TaskSource() = default;
  [[nodiscard]] virtual Workload workload() const noexcept = 0;
  /// Measured: which share of the baits a cheater of this workload fails.
  [[nodiscard]] virtual ledger::Ppb strength() const noexcept = 0;
  /// A bait of about this shape, never given out before. Fails with NOT_READY when there is none.
  [[nodiscard]] virtual Result<MintedTask> mint(const TaskShape& like, env::Random& random) = 0;
};

/// The shapes of the live tasks that passed lately, for baits to be drawn from. A draw takes one of
/// them whole, so that fields keep their relations, and moves its size to a place between it and
/// the next one of the same workload and deadline, its price in proportion: so sizes have the
/// distribution of live ones (a smooth bootstrap) and repeat none that a pool has seen. Round sizes
/// repeat among live tasks and stay as they are. Holds at most `capacity`; the newest takes the
/// place of a random one when full.
class LiveShapes {
 public:
  /// Requires: capacity > 0.
  explicit LiveShapes(std::size_t capacity) : capacity_(capacity) {}
  void saw(const TaskShape& shape, env::Random& random);
  /// Nothing where too little was seen to draw from.
  [[nodiscard]] std::optional<TaskShape> draw(env::Random& random) const;
  [[nodiscard]] std::size_t count() const noexcept { return shapes_.size(); }

 private:
  [[nodiscard]] const TaskShape* next_of(const TaskShape& shape) const noexcept;

  std::size_t capacity_;
  std::vector<TaskShape> shapes_;
};

}  // namespace oort::honesty
