// SPDX-License-Identifier: Apache-2.0
#include "tls.hpp"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "oort/api/server.hpp"
#include "oort/core/error.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/certificate.hpp"

namespace oort::api {
namespace {

using crypto::PairFault;

/// Empty where it cannot be read.
std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// gRPC itself says nothing of why it cannot use a pair.
Result<void> check(const TlsFiles& files) {
  const auto bad = [](const std::string& detail) {
    return fail(ErrorCode::FailedPrecondition, reason::bad_config, detail);
  };
  switch (crypto::check_pair(read_file(files.certificate), read_file(files.key))) {
    case PairFault::None: return {};
    case PairFault::NoCertificate:
      return bad("`api.certificate`: the file " + files.certificate +
                 " cannot be read, or holds no certificate in PEM");
    case PairFault::NoKey:
      return bad("`api.key`: the file " + files.key +
                 " cannot be read, or holds no private key in PEM without a passphrase");
    case PairFault::NotItsKey: break;
  }
  return bad("`api.key`: the key in " + files.key + " is not that of the first certificate in " +
             files.certificate);
}

}  // namespace

Result<std::shared_ptr<grpc::ServerCredentials>> tls_credentials(const TlsFiles& files) {
  OORT_TRY(check(files));
  const auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      files.key, files.certificate, files.reload_seconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace oort::api
