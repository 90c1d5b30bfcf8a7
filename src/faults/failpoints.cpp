// SPDX-License-Identifier: Apache-2.0
#include "failpoints.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"

namespace oort::faults {
namespace {

constexpr std::string_view room = "faults";

void sleep_for(Duration duration) {
  timespec rest{};
  rest.tv_sec = duration.count() / 1'000'000'000;
  rest.tv_nsec = duration.count() % 1'000'000'000;
  while (::nanosleep(&rest, &rest) != 0 && errno == EINTR) {
  }
}

}  // namespace

Failpoints::Failpoints(const std::vector<Failpoint>& points) {
  for (const Failpoint& point : points) places_.insert_or_assign(point.name, Place{point});
}

std::optional<Action> Failpoints::pass(std::string_view name) {
  std::optional<Failpoint> due;
  {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(name);
    if (place == places_.end()) return std::nullopt;
    if (++place->second.passes_count >= place->second.point.first) due = place->second.point;
  }
  if (!due) return std::nullopt;
  if (due->action != Action::Delay) return due->action;
  sleep_for(due->delay);
  return std::nullopt;
}

Result<void> Failpoints::check(std::string_view name) {
  const auto action = pass(name);
  if (!action) return {};
  if (*action == Action::Crash) crash(name);
  return fail(error_of(*action, name));
}

void crash(std::string_view name) {
  log::warn(room, "crashes on purpose", {{"failpoint", name}});
  log::flush();
  ::kill(::getpid(), SIGKILL);
  OORT_ASSERT(false, "nobody survives SIGKILL");
}

Error error_of(Action action, std::string_view name) {
  const std::string detail = "on purpose, at failpoint " + std::string(name);
  if (action == Action::Enospc) {
    return {ErrorCode::ResourceExhausted, reason::disk_full, "no space left on disk, " + detail};
  }
  return {ErrorCode::Unavailable, reason::disk_failed, "input/output error, " + detail};
}

}  // namespace oort::faults
