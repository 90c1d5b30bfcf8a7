// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"

namespace oort::cli {

/// To "host:port" by TLS, in the clear on this machine or to "unix:path"; fails at the first call.
[[nodiscard]] std::shared_ptr<grpc::Channel> connect(const std::string& endpoint);

/// The error that the server described in its google.rpc.ErrorInfo.
[[nodiscard]] Error to_error(const grpc::Status& status, const std::string& endpoint);

void set_deadline(grpc::ClientContext& context, Duration deadline);

/// One unary call: `call<Response>(endpoint, deadline, stub, &Stub::Method, request)`.
template <class Response, class Stub, class Method, class Request>
[[nodiscard]] Result<Response> call(const std::string& endpoint, Duration deadline, Stub& stub,
                                    Method method, const Request& request) {
  grpc::ClientContext context;
  set_deadline(context, deadline);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return fail(to_error(status, endpoint));
  return response;
}

[[nodiscard]] inline std::string hex_of(const std::string& bytes) {
  return to_hex(as_bytes(bytes));
}

}  // namespace oort::cli
