// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

/// What the examples share: a channel, calls with deadlines, and errors in words.
namespace example {

/// "host:port", or "unix:PATH" for the operator's socket. By TLS where OORT_CA names the PEM file
/// of who signed the door's certificate; else in the clear, which a node speaks on loopback alone.
[[nodiscard]] std::shared_ptr<grpc::Channel> connect(const std::string& endpoint);

/// A failed call.
class Failure : public std::runtime_error {
 public:
  /// "REASON: detail" of the google.rpc.ErrorInfo that every error of a node carries, or gRPC's own
  /// words where no node answered.
  explicit Failure(const grpc::Status& status);
  [[nodiscard]] grpc::StatusCode code() const noexcept { return code_; }

 private:
  grpc::StatusCode code_;
};

inline void check(const grpc::Status& status) {
  if (!status.ok()) throw Failure(status);
}

/// One unary call: `call<Response>(*stub, &Stub::Method, request)`. Without a deadline it might
/// wait for ever.
template <class Response, class Stub, class Method, class Request>
[[nodiscard]] Response call(Stub& stub, Method method, const Request& request) {
  constexpr std::chrono::seconds deadline(30);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  Response response;
  check((stub.*method)(&context, request, &response));
  return response;
}

/// Identifiers are bytes in messages, and lower-case hexadecimal for people.
[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] std::string from_hex(std::string_view digits);

/// Runs an example: a failure is one line on standard error and exit code 1; too few arguments for
/// `usage` are shown how.
[[nodiscard]] int run(int count, const char* const* words, std::string_view usage,
                      const std::function<void(const char* const* arguments)>& body);

}  // namespace example
