// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "oort/api/ports.hpp"

namespace oort::api {

/// Borrows its port, which may be null: every call then answers UNIMPLEMENTED.
[[nodiscard]] std::unique_ptr<grpc::Service> make_honesty_service(StatePort* state);

}  // namespace oort::api
