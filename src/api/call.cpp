// SPDX-License-Identifier: Apache-2.0
#include "call.hpp"

#include <google/rpc/status.pb.h>
#include <grpc/support/time.h>
#include <grpcpp/support/status.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <system_error>

#include "oort/core/reasons.hpp"

namespace oort::api {
namespace {

grpc::StatusCode to_grpc(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidArgument: return grpc::StatusCode::INVALID_ARGUMENT;
    case ErrorCode::NotFound: return grpc::StatusCode::NOT_FOUND;
    case ErrorCode::AlreadyExists: return grpc::StatusCode::ALREADY_EXISTS;
    case ErrorCode::PermissionDenied: return grpc::StatusCode::PERMISSION_DENIED;
    case ErrorCode::Unauthenticated: return grpc::StatusCode::UNAUTHENTICATED;
    case ErrorCode::FailedPrecondition: return grpc::StatusCode::FAILED_PRECONDITION;
    case ErrorCode::Aborted: return grpc::StatusCode::ABORTED;
    case ErrorCode::OutOfRange: return grpc::StatusCode::OUT_OF_RANGE;
    case ErrorCode::ResourceExhausted: return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case ErrorCode::Unavailable: return grpc::StatusCode::UNAVAILABLE;
    case ErrorCode::DeadlineExceeded: return grpc::StatusCode::DEADLINE_EXCEEDED;
    case ErrorCode::DataLoss: return grpc::StatusCode::DATA_LOSS;
    case ErrorCode::Unimplemented: return grpc::StatusCode::UNIMPLEMENTED;
    case ErrorCode::Cancelled: return grpc::StatusCode::CANCELLED;
    case ErrorCode::Internal: return grpc::StatusCode::INTERNAL;
  }
  return grpc::StatusCode::UNKNOWN;
}

}  // namespace

grpc::Status to_status(const Error& error) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(error.reason()));
  info.set_domain("oort");
  google::rpc::Status status;
  status.set_code(to_grpc(error.code()));
  status.set_message(error.detail());
  status.add_details()->PackFrom(info);
  return {to_grpc(error.code()), error.detail(), status.SerializeAsString()};
}

Duration remaining(const grpc::CallbackServerContext& context) {
  constexpr Duration without_deadline = 30s;
  constexpr Duration longest = 1h;
  const gpr_timespec deadline = gpr_convert_clock_type(context.raw_deadline(), GPR_CLOCK_MONOTONIC);
  if (gpr_time_cmp(deadline, gpr_inf_future(GPR_CLOCK_MONOTONIC)) == 0) return without_deadline;
  const gpr_timespec rest = gpr_time_sub(deadline, gpr_now(GPR_CLOCK_MONOTONIC));
  return std::clamp<Duration>(std::chrono::milliseconds(gpr_time_to_millis(rest)), 0s, longest);
}

void tag_request(grpc::CallbackServerContext& context) {
  static std::atomic<std::uint64_t> counter{0};
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("x-request-id");
  std::string id;
  if (found != metadata.end() && found->second.size() <= 128) {
    id.assign(found->second.data(), found->second.size());
  } else {
    id = "grpc-" + std::to_string(counter.fetch_add(1, std::memory_order_relaxed));
  }
  context.AddTrailingMetadata("x-request-id", id);
}

Result<std::size_t> read_page_size(std::int32_t wanted) {
  constexpr std::int32_t size_default = 100;
  constexpr std::int32_t size_max = 1000;
  if (wanted < 0) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, "page_size is negative");
  }
  return static_cast<std::size_t>(wanted == 0 ? size_default : std::min(wanted, size_max));
}

Error bad_page_token() {
  return {ErrorCode::InvalidArgument, reason::bad_argument,
          "page_token is not one that this server gave"};
}

Result<std::uint64_t> read_number_token(std::string_view token) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(token.data(), token.data() + token.size(), number);
  if (problem != std::errc() || end != token.data() + token.size()) return fail(bad_page_token());
  return number;
}

Error bad_width(std::string_view field, std::size_t size, std::size_t wanted) {
  return {ErrorCode::InvalidArgument, reason::bad_argument,
          std::string(field) + " has " + std::to_string(size) + " bytes; it must have " +
              std::to_string(wanted)};
}

Error not_offered(std::string_view service) {
  return {ErrorCode::Unimplemented, reason::not_supported,
          "this node does not offer " + std::string(service) + "; ask a node of another role"};
}

grpc::ServerUnaryReactor* refuse(grpc::CallbackServerContext& context, const Error& error) {
  tag_request(context);
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  reactor->Finish(to_status(error));
  return reactor;
}

}  // namespace oort::api
