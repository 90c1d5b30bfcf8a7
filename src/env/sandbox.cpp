// SPDX-License-Identifier: Apache-2.0
#include "oort/env/sandbox.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "oort/core/reasons.hpp"

namespace oort::env {
namespace {

constexpr std::size_t layers_count_max = 128;
constexpr std::size_t mounts_count_max = 64;
constexpr std::size_t words_count_max = 4096;
constexpr std::size_t words_bytes_max = 128U << 10U;
constexpr std::size_t path_bytes_max = 4095;
constexpr std::uint64_t space_bytes_min = 64U << 10U;
constexpr std::uint64_t memory_bytes_min = 16U << 20U;
constexpr std::uint64_t bytes_max = 16ULL << 40U;

Result<void> refuse(const std::string& what) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, "sandbox task: " + what);
}

Result<void> check_range(std::string_view name, std::uint64_t value, std::uint64_t least,
                         std::uint64_t most) {
  if (value >= least && value <= most) return {};
  return refuse(std::string(name) + " is " + std::to_string(value) + ", not between " +
                std::to_string(least) + " and " + std::to_string(most));
}

Result<void> check_limits(const SandboxLimits& limits) {
  if (limits.walltime < 10ms || limits.walltime > 24h * 30) {
    return refuse("walltime is not between 10 ms and 30 days");
  }
  OORT_TRY(check_range("cpu_milli", limits.cpu_milli, 10, 1'024'000));
  OORT_TRY(check_range("memory_bytes", limits.memory_bytes, memory_bytes_min, bytes_max));
  OORT_TRY(check_range("processes_count", limits.processes_count, 1, 65'536));
  OORT_TRY(check_range("scratch_bytes", limits.scratch_bytes, space_bytes_min, bytes_max));
  OORT_TRY(check_range("tmp_bytes", limits.tmp_bytes, space_bytes_min, bytes_max));
  OORT_TRY(check_range("output_bytes", limits.output_bytes, 0, 16U << 20U));
  return check_range("files_count", limits.files_count, 16, 65'536);
}

/// Absolute, without `.`, `..`, empty parts or zero bytes.
bool is_plain_path(std::string_view path) {
  if (path.empty() || path.front() != '/' || path.size() > path_bytes_max) return false;
  if (path.find('\0') != std::string_view::npos) return false;
  if (path == "/") return true;
  std::size_t begin = 1;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
    begin = end + 1;
  }
  return true;
}

bool is_provided(std::string_view target) {
  constexpr std::array<std::string_view, 4> provided = {"/proc", "/dev", "/tmp", "/scratch"};
  return std::any_of(provided.begin(), provided.end(), [target](std::string_view place) {
    return target.starts_with(place) &&
           (target.size() == place.size() || target[place.size()] == '/');
  });
}

Result<void> check_mounts(const SandboxTask& task) {
  if (task.layers.size() > layers_count_max) return refuse("more than 128 layers");
  if (task.mounts.size() > mounts_count_max) return refuse("more than 64 mounts");
  for (const auto& layer : task.layers) {
    if (!is_plain_path(layer.native())) return refuse("layer '" + layer.string() + "' is no path");
  }
  for (const SandboxMount& mount : task.mounts) {
    if (!is_plain_path(mount.source.native()) || !is_plain_path(mount.target)) {
      return refuse("mount '" + mount.target + "' is no pair of absolute paths");
    }
    if (mount.target == "/" || is_provided(mount.target)) {
      return refuse("mount '" + mount.target + "' would cover what the sandbox provides");
    }
  }
  return {};
}

Result<void> check_words(const SandboxTask& task) {
  if (task.command.empty() || task.command.front().empty()) return refuse("there is no command");
  if (task.command.size() > words_count_max || task.environment.size() > words_count_max) {
    return refuse("more than 4,096 words");
  }
  std::size_t bytes = 0;
  for (const auto* words : {&task.command, &task.environment}) {
    for (const std::string& word : *words) {
      if (word.find('\0') != std::string::npos) return refuse("a word holds a zero byte");
      bytes += word.size() + 1;
    }
  }
  if (bytes > words_bytes_max) return refuse("command and environment exceed 128 KiB");
  for (const std::string& variable : task.environment) {
    const std::size_t equals = variable.find('=');
    if (equals == std::string::npos || equals == 0) {
      return refuse("'" + variable + "' is not NAME=value");
    }
  }
  return {};
}

}  // namespace

std::string_view to_string(SandboxEnd end) noexcept {
  switch (end) {
    case SandboxEnd::Exited: return "exited";
    case SandboxEnd::Signalled: return "signalled";
    case SandboxEnd::OutOfMemory: return "out-of-memory";
    case SandboxEnd::Walltime: return "walltime";
    case SandboxEnd::OutputLimit: return "output-limit";
    case SandboxEnd::Cancelled: return "cancelled";
    case SandboxEnd::Refused: return "refused";
  }
  return "unknown";
}

Result<void> check_sandbox_task(const SandboxTask& task) {
  if (task.tier != SandboxTier::Launcher && task.tier != SandboxTier::Runtime) {
    return refuse("there is no such tier");
  }
  OORT_TRY(check_limits(task.limits));
  OORT_TRY(check_mounts(task));
  OORT_TRY(check_words(task));
  if (!is_plain_path(task.working_folder)) return refuse("working_folder is no absolute path");
  if (!task.outputs_folder.empty() && !is_plain_path(task.outputs_folder.native())) {
    return refuse("outputs_folder is no absolute path");
  }
  return {};
}

}  // namespace oort::env
