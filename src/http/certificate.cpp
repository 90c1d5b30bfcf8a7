// SPDX-License-Identifier: Apache-2.0
#include "certificate.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/context_base.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "oort/core/error.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/http/server.hpp"

namespace oort::http {
namespace {

namespace ssl = boost::asio::ssl;

/// Empty where it cannot be read.
std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

tl::unexpected<Error> bad(const std::string& detail) {
  return fail(ErrorCode::FailedPrecondition, reason::bad_config, detail);
}

}  // namespace

Certificate::Pair Certificate::read() const {
  return {read_file(options_.certificate), read_file(options_.key)};
}

Result<TlsContext> Certificate::context_of(const Pair& pair) const {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  boost::system::error_code error;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                           ssl::context::no_tlsv1_1 | ssl::context::no_compression,
                       error);
  if (error) return bad("OpenSSL cannot make a TLS context: " + error.message());
  // A daemon has nobody to ask.
  context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return ""; },
                                 error);
  context->use_certificate_chain(boost::asio::buffer(pair.chain), error);
  if (error) {
    return bad("the file " + options_.certificate +
               " cannot be read, or holds no certificate in PEM");
  }
  context->use_private_key(boost::asio::buffer(pair.key), ssl::context::pem, error);
  if (error) {
    return bad("the file " + options_.key +
               " cannot be read, holds no private key in PEM without a passphrase, or not that of "
               "the first certificate in " +
               options_.certificate);
  }
  return context;
}

Result<std::unique_ptr<Certificate>> Certificate::open(const TlsOptions& options, MonoTime now) {
  std::unique_ptr<Certificate> opened(new Certificate(options));
  opened->tried_ = opened->read();
  opened->read_ = now;
  OORT_TRY(opened->context_, opened->context_of(opened->tried_));
  return opened;
}

TlsContext Certificate::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

void Certificate::refresh(MonoTime now) {
  const std::lock_guard lock(mutex_);
  if (now - read_ < options_.reload_every) return;
  read_ = now;
  Pair pair = read();
  if (pair == tried_) return;
  tried_ = std::move(pair);
  auto context = context_of(tried_);
  if (!context) {
    log::warn("http", "a renewed certificate cannot be used; the one before is shown",
              {{"why", context.error().detail()}});
    return;
  }
  context_ = *std::move(context);
  log::info("http", "a renewed certificate is shown", {{"certificate", options_.certificate}});
}

}  // namespace oort::http
