// SPDX-License-Identifier: Apache-2.0
#include "compute_work.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "oort/compute/builtin/run.hpp"
#include "oort/compute/executor.hpp"
#include "oort/compute/messages.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"

namespace oort::node {
namespace {

constexpr Duration slice = std::chrono::milliseconds(50);
constexpr Duration told_every = std::chrono::seconds(1);

std::uint64_t ms_of(Duration time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(
      0, std::chrono::duration_cast<std::chrono::milliseconds>(time).count()));
}

std::string line_of(std::uint64_t ms, const std::string& text) {
  std::string fraction = std::to_string(ms % 1'000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return std::to_string(ms / 1'000) + "." + fraction + " s: " + text + "\n";
}

}  // namespace

/// One piece of work. `is_stopped` is anybody's; the rest is of the pool's task that has it, one at
/// a time.
struct WorkRunner::Piece {
  compute::WorkStart start;
  std::atomic<bool> is_stopped{false};
  std::optional<compute::builtin::Run> run;
  MonoTime began;
  MonoTime told;
  MonoTime saved;
  Duration busy{0};
};

struct WorkRunner::Shared : std::enable_shared_from_this<Shared> {
  Shared(Parts parts_in, Listener listener_in)
      : parts(parts_in), listener(std::move(listener_in)) {}

  Parts parts;
  Listener listener;
  std::map<compute::WorkId, std::shared_ptr<Piece>> pieces;
  bool is_over = false;

  void go_on(const std::shared_ptr<Piece>& piece) {
    parts.pool.post([self = shared_from_this(), piece] { self->advance(piece); });
  }

  /// On the pool.
  void advance(const std::shared_ptr<Piece>& piece) {
    const MonoTime began = parts.clock.now_mono();
    if (!piece->run) {
      piece->began = piece->told = piece->saved = began;
      const Result<void> begun = begin(*piece);
      if (!begun) return end(*piece, compute::TaskEnd::Failed, begun.error().detail());
    }
    compute::builtin::Run& run = *piece->run;
    MonoTime now = began;
    while (!run.is_done() && !piece->is_stopped && now - began < slice) {
      run.advance(1);
      now = parts.clock.now_mono();
    }
    piece->busy += now - began;
    if (run.is_done()) return end(*piece, compute::TaskEnd::Done, "");
    if (piece->is_stopped) {
      tell(*piece, now, true, "");
      return end(*piece, compute::TaskEnd::Stopped, "stopped");
    }
    if (ms_of(now - piece->began) >= piece->start.walltime_ms) {
      return end(*piece, compute::TaskEnd::Failed, "its walltime was over");
    }
    if (now - piece->told >= told_every) tell(*piece, now, false, "");
    go_on(piece);
  }

  Result<void> begin(Piece& piece) {
    using compute::builtin::Run;
    compute::WorkStart& start = piece.start;
    std::uint64_t input_bytes = 0;
    for (const Bytes& input : start.input_bytes) input_bytes += input.size();
    compute::builtin::Task task{start.work.workload, start.work.parameters,
                                std::move(start.input_bytes)};
    const Bytes checkpoint = std::exchange(start.checkpoint, {});
    std::optional<Run> run;
    if (!checkpoint.empty()) {
      auto resumed = Run::resume(task, checkpoint);
      if (resumed) {
        run.emplace(*std::move(resumed));
      } else {
        log::debug("compute", "a checkpoint is of no use", {{"why", resumed.error().to_string()}});
      }
    }
    if (!run) {
      OORT_TRY(Run begun, Run::start(std::move(task)));
      run.emplace(std::move(begun));
    }
    const std::uint64_t granted =
        std::uint64_t{std::max(compute::task_memory_min_mib, start.memory_mib)} * limits::mib;
    const std::uint64_t needed = run->cost().memory_bytes + input_bytes;
    if (needed > granted) {
      return fail(ErrorCode::InvalidArgument, reason::too_large,
                  "it may take " + std::to_string(needed) + " bytes of memory, and has " +
                      std::to_string(granted));
    }
    piece.run.emplace(*std::move(run));
    tell(piece, piece.began, false, "begins");
    return {};
  }

  /// `event` stands in the log in place of how far it got.
  void tell(Piece& piece, MonoTime now, bool is_last, const std::string& event) {
    piece.told = now;
    const compute::builtin::Run& run = *piece.run;
    compute::WorkProgress progress;
    progress.id = piece.start.id;
    progress.units_done = run.units_done();
    progress.units_count = run.cost().units;
    const compute::builtin::Workload& workload = piece.start.work.workload;
    const std::string far =
        std::to_string(run.units_done()) + " of " + std::to_string(run.cost().units) + " units";
    progress.log = line_of(ms_of(now - piece.began),
                           event.empty() ? far
                                         : event + " " + workload.name + " " +
                                               std::to_string(workload.version) + ", " + far);
    const std::uint64_t every_ms = piece.start.checkpoint_ms;
    const bool is_due = is_last || ms_of(now - piece.saved) >= every_ms;
    if (every_ms != 0 && is_due && event.empty()) {
      piece.saved = now;
      progress.checkpoint = run.checkpoint();
    }
    parts.strand.post([self = shared_from_this(), progress = std::move(progress)]() mutable {
      if (!self->is_over) self->listener.progress(std::move(progress));
    });
  }

  void end(Piece& piece, compute::TaskEnd how, const std::string& detail) {
    const MonoTime now = parts.clock.now_mono();
    compute::WorkEnded ended;
    ended.id = piece.start.id;
    ended.end = how;
    ended.detail = detail;
    ended.run_ms = std::max<std::uint64_t>(1, ms_of(now - piece.began));
    ended.resources.cpu_ms = ms_of(piece.busy);
    for (const compute::InputDigest& input : piece.start.inputs) {
      ended.resources.read_bytes += input.size;
    }
    compute::WorkProgress last;
    last.id = ended.id;
    std::string text = detail;
    if (how == compute::TaskEnd::Done) {
      ended.output = piece.run->output();
      ended.resources.written_bytes = ended.output.size();
      text = "done, " + std::to_string(ended.output.size()) + " bytes";
    }
    if (piece.run) {
      last.units_done = piece.run->units_done();
      last.units_count = piece.run->cost().units;
    }
    last.log = line_of(ms_of(now - piece.began), text);
    parts.strand.post(
        [self = shared_from_this(), last = std::move(last), ended = std::move(ended)]() mutable {
          self->pieces.erase(ended.id);
          if (self->is_over) return;
          self->listener.progress(std::move(last));
          self->listener.ended(std::move(ended));
        });
  }
};

WorkRunner::WorkRunner(Parts parts, Listener listener)
    : shared_(std::make_shared<Shared>(parts, std::move(listener))) {}

WorkRunner::~WorkRunner() {
  shared_->is_over = true;
  for (const auto& [id, piece] : shared_->pieces) piece->is_stopped = true;
}

void WorkRunner::start(compute::WorkStart start) {
  auto piece = std::make_shared<Piece>();
  piece->start = std::move(start);
  shared_->pieces[piece->start.id] = piece;
  shared_->go_on(piece);
}

void WorkRunner::stop(const compute::WorkStop& stop) {
  const auto found = shared_->pieces.find(stop.id);
  if (found != shared_->pieces.end()) found->second->is_stopped = true;
}

}  // namespace oort::node
