// SPDX-License-Identifier: Apache-2.0
#include "container_work.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "oort/compute/builtin/run.hpp"
#include "oort/compute/executor.hpp"
#include "oort/compute/messages.hpp"
#include "oort/compute/offer.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/sandbox.hpp"
#include "oort/sandbox/image.hpp"

namespace oort::node {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t disk_mib_default = 64;

unsigned bit_of(compute::IsolationTier tier) { return 1U << static_cast<unsigned>(tier); }

tl::unexpected<Error> disk_failed(const fs::path& path) {
  return fail(ErrorCode::Unavailable, reason::sandbox_failed, "cannot use " + path.string());
}

Result<void> write_file(const fs::path& path, ByteView bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return disk_failed(path);
  return {};
}

Result<Bytes> read_file(const fs::path& path, std::uint64_t size) {
  Bytes bytes(size);
  std::ifstream file(path, std::ios::binary);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes are read as characters.
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!file || static_cast<std::uint64_t>(file.gcount()) != size) return disk_failed(path);
  return bytes;
}

std::string why_ended(const env::SandboxOutcome& outcome) {
  std::string why(env::to_string(outcome.end));
  if (outcome.end == env::SandboxEnd::Exited) why += " " + std::to_string(outcome.exit_code);
  if (outcome.end == env::SandboxEnd::Signalled) why += " by " + std::to_string(outcome.signal);
  if (!outcome.detail.empty()) why += ": " + outcome.detail;
  return why;
}

}  // namespace

std::uint8_t tiers_of(const env::SandboxSupport& support) noexcept {
  unsigned tiers = bit_of(compute::IsolationTier::Wasm);
  for (const env::SandboxTierSupport& one : support.tiers) {
    if (!one.is_supported()) continue;
    tiers |= bit_of(one.tier == env::SandboxTier::Launcher ? compute::IsolationTier::Launcher
                                                           : compute::IsolationTier::Runtime);
  }
  return static_cast<std::uint8_t>(tiers);
}

/// One task. Everything but what `strand` says is of the pool's task or the run that has it.
struct ContainerRunner::Piece {
  compute::WorkStart start;
  fs::path folder;
  // Of the strand.
  bool is_stopped = false;
  std::optional<env::SandboxRunId> run;
};

struct ContainerRunner::Shared : std::enable_shared_from_this<Shared> {
  Shared(Parts parts_in, WorkRunner::Listener listener_in)
      : parts(std::move(parts_in)), listener(std::move(listener_in)) {}

  Parts parts;
  WorkRunner::Listener listener;
  std::map<compute::WorkId, std::shared_ptr<Piece>> pieces;
  bool is_over = false;

  // On the pool -----------------------------------------------------------------------------------

  /// Strongest last.
  [[nodiscard]] env::SandboxTier tier() const {
    const env::SandboxTierSupport* runtime =
        parts.sandbox->support().find(env::SandboxTier::Runtime);
    return runtime != nullptr && runtime->is_supported() ? env::SandboxTier::Runtime
                                                         : env::SandboxTier::Launcher;
  }

  static env::SandboxLimits limits_of(const compute::WorkStart& start) {
    env::SandboxLimits limits;
    const auto walltime_ms = std::clamp<std::uint64_t>(start.walltime_ms, 10, 2'592'000'000);
    limits.walltime = std::chrono::milliseconds(walltime_ms);
    limits.cpu_milli = std::clamp(start.cpu_milli, 10U, 1'024'000U);
    limits.memory_bytes =
        std::uint64_t{std::max(compute::task_memory_min_mib, start.memory_mib)} * limits::mib;
    limits.scratch_bytes =
        std::uint64_t{start.disk_mib == 0 ? disk_mib_default : start.disk_mib} * limits::mib;
    return limits;
  }

  Result<env::SandboxTask> prepare(Piece& piece) const {
    compute::WorkStart& start = piece.start;
    if (start.input_bytes.empty()) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument, "the image is missing");
    }
    std::error_code problem;
    for (const char* part : {"inputs", "out"}) {
      fs::create_directories(piece.folder / part, problem);
      if (problem) return disk_failed(piece.folder / part);
    }
    const fs::path archive = piece.folder / "image.tar";
    OORT_TRY(write_file(archive, start.input_bytes.back()));
    const std::string digest =
        start.work.image.is_zero() ? std::string() : "sha256:" + start.work.image.hex();
    OORT_TRY(sandbox::Image image,
             sandbox::unpack_image(archive, digest, parts.folder / "images", {}));
    fs::remove(archive, problem);

    env::SandboxTask task;
    task.tier = tier();
    task.layers = std::move(image.layers);
    for (std::size_t i = 0; i + 1 < start.input_bytes.size(); ++i) {
      const fs::path source = piece.folder / "inputs" / std::to_string(i);
      OORT_TRY(write_file(source, start.input_bytes[i]));
      const std::string& path = start.inputs.at(i).path;
      task.mounts.push_back({source, path.empty() ? "/inputs/" + std::to_string(i) : path});
    }
    start.input_bytes.clear();
    task.command = start.work.command.empty() ? std::move(image.command) : start.work.command;
    task.environment = std::move(image.environment);
    task.environment.insert(task.environment.end(), start.work.environment.begin(),
                            start.work.environment.end());
    if (image.working_folder != "/") task.working_folder = image.working_folder;
    task.outputs_folder = piece.folder / "out";
    task.limits = limits_of(start);
    return task;
  }

  /// The file that the work names, or what was printed.
  static Result<Bytes> output_of(const Piece& piece, const env::SandboxOutcome& outcome) {
    const std::string& path = piece.start.work.output_path;
    if (path.empty()) return to_bytes(as_bytes(outcome.standard_output));
    if (!compute::is_output_path(path)) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  path + " is not below " + std::string(compute::container_output_folder));
    }
    const fs::path file =
        piece.folder / "out" / path.substr(compute::container_output_folder.size());
    std::error_code problem;
    // Only regular files and folders were copied there.
    const auto size = fs::file_size(file, problem);
    if (problem) {
      std::string why = "it left no file " + path;
      for (const std::string& refused : outcome.outputs_refused) why += "; " + refused;
      return fail(ErrorCode::NotFound, reason::not_found, why);
    }
    if (size > compute::builtin::task_output_bytes_max) {
      return fail(ErrorCode::InvalidArgument, reason::too_large, path + " is too large");
    }
    return read_file(file, size);
  }

  compute::WorkEnded judge(const Piece& piece, const env::SandboxOutcome& outcome) const {
    compute::WorkEnded ended;
    const auto ms = [](Duration time) {
      return static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
    };
    ended.run_ms = std::max<std::uint64_t>(1, ms(outcome.usage.walltime));
    ended.resources.cpu_ms = ms(outcome.usage.cpu);
    for (const compute::InputDigest& input : piece.start.inputs) {
      ended.resources.read_bytes += input.size;
    }
    const bool is_good = outcome.end == env::SandboxEnd::Exited && outcome.exit_code == 0;
    ended.end = outcome.end == env::SandboxEnd::Cancelled ? compute::TaskEnd::Stopped
                                                          : compute::TaskEnd::Failed;
    ended.detail = is_good ? "" : why_ended(outcome);
    if (!is_good) return ended;
    auto output = output_of(piece, outcome);
    if (!output) {
      ended.detail = output.error().detail();
      if (output.error().reason() == reason::sandbox_failed)
        ended.end = compute::TaskEnd::NodeFault;
      return ended;
    }
    ended.end = compute::TaskEnd::Done;
    ended.output = *std::move(output);
    ended.resources.written_bytes = ended.output.size();
    return ended;
  }

  /// What could not begin: the node is to blame for its disk, the task for all else.
  static compute::WorkEnded refused(const Error& error) {
    compute::WorkEnded ended;
    ended.run_ms = 1;
    ended.detail = error.to_string();
    ended.end = error.reason() == reason::sandbox_failed ? compute::TaskEnd::NodeFault
                                                         : compute::TaskEnd::Failed;
    return ended;
  }

  void remove(const Piece& piece) const {
    std::error_code problem;
    fs::remove_all(piece.folder, problem);
    if (problem) {
      log::warn("compute", "a task's folder stays",
                {{"folder", piece.folder.string()}, {"why", problem.message()}});
    }
  }

  // On the strand ---------------------------------------------------------------------------------

  void begin(const std::shared_ptr<Piece>& piece) {
    parts.pool.post([self = shared_from_this(), piece] {
      auto task = self->prepare(*piece);
      self->parts.strand.post(
          [self, piece, task = std::move(task)]() mutable { self->run(piece, std::move(task)); });
    });
  }

  void run(const std::shared_ptr<Piece>& piece, Result<env::SandboxTask> task) {
    if (!task) return finish(piece, "", refused(task.error()));
    if (piece->is_stopped || is_over) {
      compute::WorkEnded ended;
      ended.end = compute::TaskEnd::Stopped;
      ended.detail = "stopped";
      return finish(piece, "", std::move(ended));
    }
    tell(*piece, 0,
         "begins " + task->command.front() + " in a sandbox, " +
             std::string(env::to_string(task->tier)) + "\n");
    piece->run = parts.sandbox->run(
        *std::move(task), [self = shared_from_this(), piece](Result<env::SandboxOutcome> outcome) {
          self->ran(piece, std::move(outcome));
        });
  }

  void ran(const std::shared_ptr<Piece>& piece, Result<env::SandboxOutcome> outcome) {
    piece->run.reset();
    if (!outcome) return finish(piece, "", refused(outcome.error()));
    parts.pool.post([self = shared_from_this(), piece, outcome = *std::move(outcome)] {
      std::string log = outcome.standard_error;
      if (!piece->start.work.output_path.empty()) log += outcome.standard_output;
      auto ended = self->judge(*piece, outcome);
      self->parts.strand.post(
          [self, piece, log = std::move(log), ended = std::move(ended)]() mutable {
            self->finish(piece, std::move(log), std::move(ended));
          });
    });
  }

  void finish(const std::shared_ptr<Piece>& piece, std::string log, compute::WorkEnded ended) {
    parts.pool.post([self = shared_from_this(), piece, log = std::move(log),
                     ended = std::move(ended)]() mutable {
      self->remove(*piece);
      self->parts.strand.post(
          [self, piece, log = std::move(log), ended = std::move(ended)]() mutable {
            self->told(*piece, std::move(log), std::move(ended));
          });
    });
  }

  void told(const Piece& piece, std::string log, compute::WorkEnded ended) {
    ended.id = piece.start.id;
    pieces.erase(ended.id);
    if (is_over) return;
    const bool is_done = ended.end == compute::TaskEnd::Done;
    log +=
        is_done ? "done, " + std::to_string(ended.output.size()) + " bytes\n" : ended.detail + "\n";
    tell(piece, is_done ? 1 : 0, std::move(log));
    listener.ended(std::move(ended));
  }

  void tell(const Piece& piece, std::uint64_t units_done, std::string log) {
    compute::WorkProgress progress;
    progress.id = piece.start.id;
    progress.units_done = units_done;
    progress.units_count = 1;
    progress.log = std::move(log);
    listener.progress(std::move(progress));
  }
};

ContainerRunner::ContainerRunner(Parts parts, WorkRunner::Listener listener)
    : shared_(std::make_shared<Shared>(std::move(parts), std::move(listener))) {
  std::error_code problem;
  fs::remove_all(shared_->parts.folder / "tasks", problem);
}

ContainerRunner::~ContainerRunner() {
  shared_->is_over = true;
  for (const auto& [id, piece] : shared_->pieces) {
    piece->is_stopped = true;
    if (piece->run) shared_->parts.sandbox->cancel(*piece->run);
  }
}

void ContainerRunner::start(compute::WorkStart start) {
  auto piece = std::make_shared<Piece>();
  piece->start = std::move(start);
  piece->folder = shared_->parts.folder / "tasks" / std::to_string(piece->start.id.value());
  shared_->pieces[piece->start.id] = piece;
  shared_->begin(piece);
}

void ContainerRunner::stop(const compute::WorkStop& stop) {
  const auto found = shared_->pieces.find(stop.id);
  if (found == shared_->pieces.end()) return;
  found->second->is_stopped = true;
  if (found->second->run) shared_->parts.sandbox->cancel(*found->second->run);
}

}  // namespace oort::node
