// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace oort {

/// What kind of failure; maps one to one to the gRPC code of the same name.
enum class ErrorCode : std::uint8_t {
  InvalidArgument,
  NotFound,
  AlreadyExists,
  PermissionDenied,
  Unauthenticated,
  FailedPrecondition,
  Aborted,
  OutOfRange,
  ResourceExhausted,
  Unavailable,
  DeadlineExceeded,
  DataLoss,
  Unimplemented,
  Cancelled,
  Internal,
};

[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;

/// A failure of the world: input, peer, disk, configuration.
///
/// `reason` is the stable word that scripts match on (`NO_QUORUM`); it comes from
/// `oort/core/reasons.hpp` and is never renamed. `detail` is for people: what happened to what, and
/// what to do next. Context is added once, where it is known; the error is logged once, where it is
/// handled.
class Error {
 public:
  /// Requires: `reason` is a string literal (its storage is static).
  Error(ErrorCode code, std::string_view reason, std::string detail,
        std::source_location where = std::source_location::current())
      : code_(code), reason_(reason), detail_(std::move(detail)), where_(where) {}

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] std::string_view reason() const noexcept { return reason_; }
  [[nodiscard]] const std::string& detail() const noexcept { return detail_; }
  [[nodiscard]] const std::source_location& where() const noexcept { return where_; }

  /// Puts `context` before the detail: "context: detail".
  [[nodiscard]] Error with(std::string_view context) &&;
  /// "REASON: detail", for one line of a log or a terminal.
  [[nodiscard]] std::string to_string() const;

 private:
  ErrorCode code_;
  std::string_view reason_;
  std::string detail_;
  std::source_location where_;
};

}  // namespace oort
