// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "oort/api/server.hpp"
#include "oort/core/result.hpp"

namespace oort::api {

/// Credentials of a server with the certificate and key in these files, which are read again as
/// often as they say: who connects after a renewal is shown the new certificate, and connections
/// that stand go on. While the files cannot be read the pair before stays; while the key is not the
/// certificate's, nobody new can connect.
/// Fails with BAD_CONFIG naming the file that is at fault.
[[nodiscard]] Result<std::shared_ptr<grpc::ServerCredentials>> tls_credentials(
    const TlsFiles& files);

}  // namespace oort::api
