// SPDX-License-Identifier: Apache-2.0
#include "oort/host/service.hpp"

#include <systemd/sd-daemon.h>

#include <ctime>
#include <string>

namespace oort::host::service {
namespace {

// The manager may be gone or never have been; neither hinders the node.
void tell(const std::string& text) noexcept { static_cast<void>(sd_notify(0, text.c_str())); }

}  // namespace

void ready(std::string_view text) noexcept { tell("READY=1\nSTATUS=" + std::string(text)); }

void reloading() noexcept {
  timespec now{};
  static_cast<void>(clock_gettime(CLOCK_MONOTONIC, &now));
  const auto microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void stopping() noexcept { tell("STOPPING=1"); }

void status(std::string_view text) noexcept { tell("STATUS=" + std::string(text)); }

std::optional<Duration> watchdog_interval() noexcept {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(microseconds);
}

void alive() noexcept { tell("WATCHDOG=1"); }

}  // namespace oort::host::service
