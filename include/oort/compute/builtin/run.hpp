// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/kernels.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

namespace oort::compute::builtin {

inline constexpr std::size_t name_bytes_max = 32;
inline constexpr std::size_t parameters_bytes_max = std::size_t{1} << 16U;
inline constexpr std::size_t inputs_count_max = std::size_t{1} << 16U;
/// Of all inputs of one task together.
inline constexpr std::uint64_t input_bytes_max = std::uint64_t{1} << 30U;

inline constexpr std::uint64_t task_output_bytes_max = std::uint64_t{1} << 30U;

/// Which computation. A version never changes what it computes: another result is another version.
struct Workload {
  std::string name;
  std::uint32_t version = 1;
  friend bool operator==(const Workload&, const Workload&) = default;
};
void encode(codec::Writer& out, const Workload& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Workload& value);

/// A computation with all that it depends on. `parameters` are canonical bytes of a type that the
/// workload's header defines; `inputs` are objects in the order of the job.
struct Task {
  Workload workload;
  Bytes parameters;
  std::vector<Bytes> inputs;
};

/// Names a task: two tasks of one digest have one output.
[[nodiscard]] Bytes32 task_digest(const Task& task);

/// What a run takes, known before it begins, from parameters and inputs alone.
struct Cost {
  std::uint64_t units = 0;             ///< Steps; each is bounded work.
  std::uint64_t operations = 0;        ///< Elementary integer operations, roughly: for prices.
  std::uint64_t memory_bytes = 0;      ///< Beyond the inputs, roughly.
  std::uint64_t output_bytes_max = 0;  ///< Never exceeded.
};

/// One workload at work. The units are done in order, each once.
class Work {
 public:
  Work() = default;
  virtual ~Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  Work(Work&&) = delete;
  Work& operator=(Work&&) = delete;

  [[nodiscard]] virtual Cost cost() const = 0;
  /// Does unit `index`. Requires: all before it are done.
  virtual void unit(std::uint64_t index) = 0;
  /// What the units so far left behind, canonical.
  virtual void save(codec::Writer& out) const = 0;
  /// Takes the place of the first `units_done` units. Fails as a decoder does.
  [[nodiscard]] virtual Result<void> load(codec::Reader& in, std::uint64_t units_done) = 0;
  /// Requires: all units are done.
  [[nodiscard]] virtual Bytes output() const = 0;
};

/// A workload that this build has.
struct Builtin {
  std::string_view name;
  std::uint32_t version = 1;
  /// Reads and checks parameters and inputs; all later steps cannot fail. `kernels` outlives the
  /// work. Fails with MALFORMED, NOT_CANONICAL, TOO_LARGE, UNSUPPORTED_VERSION or BAD_ARGUMENT.
  Result<std::unique_ptr<Work>> (*start)(ByteView parameters, std::vector<Bytes> inputs,
                                         const Kernels& kernels);
};

/// All of them, ascending by name and version.
[[nodiscard]] std::span<const Builtin> builtins() noexcept;
/// Null when this build has no such workload.
[[nodiscard]] const Builtin* find_builtin(const Workload& workload) noexcept;

/// A task in progress, as a step machine: the caller decides when and how far it goes on.
///
/// Invariants
///   W1  The output depends on the task alone: not on how the units were cut, on checkpoints
///   between
///       them, or on the kernels.
///   W2  A run has exactly the units that its cost states, and its output is no larger than stated.
///   W3  A checkpoint is canonical, and resumes only the task that it was made of.
/// Threads: none of its own.
class Run {
 public:
  /// Fails with NOT_SUPPORTED for an unknown workload, TOO_LARGE over the bounds above, and with
  /// what the workload says of its parameters and inputs.
  [[nodiscard]] static Result<Run> start(Task task, const Kernels& kernels = best_kernels());
  /// Goes on after `checkpoint`. Fails also with MALFORMED or NOT_CANONICAL for a broken checkpoint
  /// and BAD_ARGUMENT for one of another task. A checkpoint by a stranger is believed: what it
  /// makes of the output is a matter of verification, as all results are.
  [[nodiscard]] static Result<Run> resume(Task task, ByteView checkpoint,
                                          const Kernels& kernels = best_kernels());

  [[nodiscard]] const Cost& cost() const noexcept { return cost_; }
  [[nodiscard]] std::uint64_t units_done() const noexcept { return units_done_; }
  [[nodiscard]] bool is_done() const noexcept { return units_done_ == cost_.units; }
  /// Does at most `units_max` units and says how many.
  std::uint64_t advance(std::uint64_t units_max);
  [[nodiscard]] Bytes checkpoint() const;
  /// Requires: `is_done()`.
  [[nodiscard]] Bytes output() const;

 private:
  Run(Bytes32 task, std::unique_ptr<Work> work) noexcept;
  Bytes32 task_;
  std::unique_ptr<Work> work_;
  Cost cost_;
  std::uint64_t units_done_ = 0;
};

/// What an executor signs as its result.
[[nodiscard]] Bytes32 output_digest(ByteView output);
/// Starts, runs to the end, returns the output.
[[nodiscard]] Result<Bytes> run_to_end(Task task, const Kernels& kernels = best_kernels());

}  // namespace oort::compute::builtin
