// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "oort/core/time.hpp"

/// What a service manager wants to know (sd_notify). Without one, every call does nothing.
/// Threads: any.
namespace oort::host::service {

/// The node answers its users from now on.
void ready(std::string_view status) noexcept;
/// The configuration is being read again; `ready` follows.
void reloading() noexcept;
void stopping() noexcept;
/// One line for `systemctl status`.
void status(std::string_view text) noexcept;
/// How often at least the manager wants a sign of life; empty when it does not watch. Call `alive`
/// at half of it.
[[nodiscard]] std::optional<Duration> watchdog_interval() noexcept;
void alive() noexcept;

}  // namespace oort::host::service
