// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>
#include <oort/v1/common.pb.h>

#include <string_view>

#include "call.hpp"
#include "oort/api/ports.hpp"
#include "oort/core/result.hpp"

/// Calls that are answered from the last state of the node.
namespace oort::api {

inline void write(const StateMark& state, v1::StateInfo* out) {
  out->set_height(state.height.value());
  out->set_time_ms(state.time.milliseconds);
  out->set_state_root(to_field(state.root.view()));
  out->set_is_stale(state.is_stale);
}

/// Ends a unary call with what `fill(mark, state)`, a Result<void>, has written or why it failed.
template <class Fill>
[[nodiscard]] grpc::ServerUnaryReactor* answer(StatePort* port,
                                               grpc::CallbackServerContext& context,
                                               std::string_view what, const Fill& fill) {
  if (port == nullptr) return refuse(context, not_offered(what));
  tag_request(context);
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  Result<void> done;
  port->read(
      [&](const StateMark& mark, const ledger::StateReader& state) { done = fill(mark, state); });
  reactor->Finish(done ? grpc::Status::OK : to_status(done.error()));
  return reactor;
}

}  // namespace oort::api
