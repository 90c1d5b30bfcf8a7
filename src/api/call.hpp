// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"

namespace oort::api {

/// The gRPC status of an error, with a google.rpc.Status that holds its ErrorInfo.
[[nodiscard]] grpc::Status to_status(const Error& error);

/// What remains of the call's deadline, at most an hour; 30 s for a call without one.
[[nodiscard]] Duration remaining(const grpc::CallbackServerContext& context);

/// Gives the call its request id, the client's or a new one, and sends it back.
void tag_request(grpc::CallbackServerContext& context);

/// An identifier of a fixed width from a message. Fails with BAD_ARGUMENT naming the field.
template <class Id>
[[nodiscard]] Result<Id> read_id(std::string_view field, const std::string& bytes);

/// How many elements a page holds, of what its request wants. Fails with BAD_ARGUMENT.
[[nodiscard]] Result<std::size_t> read_page_size(std::int32_t wanted);
[[nodiscard]] Error bad_page_token();
/// A page token that is a decimal number.
[[nodiscard]] Result<std::uint64_t> read_number_token(std::string_view token);

[[nodiscard]] Error bad_width(std::string_view field, std::size_t size, std::size_t wanted);
[[nodiscard]] Error not_offered(std::string_view service);

template <class Id>
Result<Id> read_id(std::string_view field, const std::string& bytes) {
  const auto id = Id::from(as_bytes(bytes));
  if (!id) return fail(bad_width(field, bytes.size(), Id::size_bytes));
  return *id;
}

[[nodiscard]] inline std::string to_field(ByteView bytes) { return std::string(as_text(bytes)); }

/// Ends a unary call: with `fill(value)` having written the response, or with the error's status.
/// The returned callback may run on any thread.
template <class T, class Fill>
[[nodiscard]] Callback<Result<T>> finish_with(grpc::ServerUnaryReactor* reactor, Fill fill) {
  return [reactor, fill = std::move(fill)](Result<T> result) mutable {
    if (!result) {
      reactor->Finish(to_status(result.error()));
      return;
    }
    if constexpr (std::is_void_v<T>) {
      fill();
    } else {
      fill(*std::move(result));
    }
    reactor->Finish(grpc::Status::OK);
  };
}

/// Ends a unary call at once with an error.
[[nodiscard]] grpc::ServerUnaryReactor* refuse(grpc::CallbackServerContext& context,
                                               const Error& error);

}  // namespace oort::api
