// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <google/rpc/status.pb.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "authorities.hpp"
#include "key_file.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"

namespace oort::cli {
namespace {

constexpr std::size_t authorities_bytes_max = std::size_t{4} << 20U;

ErrorCode from_grpc(grpc::StatusCode code) noexcept {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT: return ErrorCode::InvalidArgument;
    case grpc::StatusCode::NOT_FOUND: return ErrorCode::NotFound;
    case grpc::StatusCode::ALREADY_EXISTS: return ErrorCode::AlreadyExists;
    case grpc::StatusCode::PERMISSION_DENIED: return ErrorCode::PermissionDenied;
    case grpc::StatusCode::UNAUTHENTICATED: return ErrorCode::Unauthenticated;
    case grpc::StatusCode::FAILED_PRECONDITION: return ErrorCode::FailedPrecondition;
    case grpc::StatusCode::ABORTED: return ErrorCode::Aborted;
    case grpc::StatusCode::OUT_OF_RANGE: return ErrorCode::OutOfRange;
    case grpc::StatusCode::RESOURCE_EXHAUSTED: return ErrorCode::ResourceExhausted;
    case grpc::StatusCode::UNAVAILABLE: return ErrorCode::Unavailable;
    case grpc::StatusCode::DEADLINE_EXCEEDED: return ErrorCode::DeadlineExceeded;
    case grpc::StatusCode::DATA_LOSS: return ErrorCode::DataLoss;
    case grpc::StatusCode::UNIMPLEMENTED: return ErrorCode::Unimplemented;
    case grpc::StatusCode::CANCELLED: return ErrorCode::Cancelled;
    default: return ErrorCode::Internal;
  }
}

/// Reasons come from another process; an Error holds views of static storage, so each word is kept
/// once, for the life of this process.
std::string_view keep(const std::string& word) {
  static std::set<std::string> words;
  return *words.insert(word).first;
}

bool is_of_this_machine(const std::string& endpoint) {
  const std::string host = endpoint.substr(0, endpoint.rfind(':'));
  return endpoint.starts_with("unix:") || host == "localhost" || host == "[::1]" ||
         host.starts_with("127.");
}

std::shared_ptr<grpc::ChannelCredentials> credentials_for(const std::string& endpoint) {
  if (is_of_this_machine(endpoint)) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  // That the file cannot be read was said when the endpoint was chosen.
  options.pem_root_certs = read_authorities().value_or("");
  return grpc::SslCredentials(options);
}

}  // namespace

Result<std::string> read_authorities() {
  const char* const path = std::getenv("OORT_CA");
  if (path == nullptr || *path == '\0') return std::string();
  OORT_TRY(const Bytes pem, read_file(path, authorities_bytes_max));
  return std::string(as_text(pem));
}

std::shared_ptr<grpc::Channel> connect(const std::string& endpoint) {
  // What gRPC remarks, the status of the call says too.
  gpr_set_log_function([](gpr_log_func_args* remark) { log::debug("cli", remark->message); });
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 << 20);
  return grpc::CreateCustomChannel(endpoint, credentials_for(endpoint), arguments);
}

Error to_error(const grpc::Status& status, const std::string& endpoint) {
  google::rpc::Status rich;
  google::rpc::ErrorInfo info;
  const bool is_ours = rich.ParseFromString(status.error_details()) && rich.details_size() > 0 &&
                       rich.details(0).UnpackTo(&info);
  if (is_ours) return {from_grpc(status.error_code()), keep(info.reason()), rich.message()};
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return {
          ErrorCode::Unavailable, reason::peer_unreachable,
          "no node answers at " + endpoint + "; is it running? (" + status.error_message() + ")"};
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return {ErrorCode::DeadlineExceeded, reason::deadline_exceeded,
              "the node at " + endpoint + " did not answer in time"};
    default:
      return {from_grpc(status.error_code()), reason::internal,
              endpoint + ": " + status.error_message()};
  }
}

void set_deadline(grpc::ClientContext& context, Duration deadline) {
  context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_REALTIME),
                                    gpr_time_from_nanos(deadline.count(), GPR_TIMESPAN)));
}

}  // namespace oort::cli
