// SPDX-License-Identifier: Apache-2.0
#include "oort/core/error.hpp"

namespace oort {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidArgument: return "INVALID_ARGUMENT";
    case ErrorCode::NotFound: return "NOT_FOUND";
    case ErrorCode::AlreadyExists: return "ALREADY_EXISTS";
    case ErrorCode::PermissionDenied: return "PERMISSION_DENIED";
    case ErrorCode::Unauthenticated: return "UNAUTHENTICATED";
    case ErrorCode::FailedPrecondition: return "FAILED_PRECONDITION";
    case ErrorCode::Aborted: return "ABORTED";
    case ErrorCode::OutOfRange: return "OUT_OF_RANGE";
    case ErrorCode::ResourceExhausted: return "RESOURCE_EXHAUSTED";
    case ErrorCode::Unavailable: return "UNAVAILABLE";
    case ErrorCode::DeadlineExceeded: return "DEADLINE_EXCEEDED";
    case ErrorCode::DataLoss: return "DATA_LOSS";
    case ErrorCode::Unimplemented: return "UNIMPLEMENTED";
    case ErrorCode::Cancelled: return "CANCELLED";
    case ErrorCode::Internal: return "INTERNAL";
  }
  return "INTERNAL";
}

Error Error::with(std::string_view context) && {
  detail_.insert(0, ": ").insert(0, context);
  return std::move(*this);
}

std::string Error::to_string() const {
  std::string text(reason_);
  text += ": ";
  text += detail_;
  return text;
}

}  // namespace oort
