// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <mutex>
#include <string>

#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/http/server.hpp"

namespace oort::http {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

/// What a server shows its clients, as the files had it last: a pair that cannot be used leaves the
/// one before in place, and the log says so once. Threads: any.
class Certificate {
 public:
  /// Fails with BAD_CONFIG naming the file that is at fault.
  [[nodiscard]] static Result<std::unique_ptr<Certificate>> open(const TlsOptions& options,
                                                                 MonoTime now);
  /// For one connection, which keeps it.
  [[nodiscard]] TlsContext context() const;
  /// Reads the files again when it is time to.
  void refresh(MonoTime now);

 private:
  /// The files' contents.
  struct Pair {
    std::string chain;
    std::string key;
    friend bool operator==(const Pair&, const Pair&) = default;
  };
  explicit Certificate(TlsOptions options) : options_(std::move(options)) {}
  [[nodiscard]] Pair read() const;
  [[nodiscard]] Result<TlsContext> context_of(const Pair& pair) const;

  TlsOptions options_;
  mutable std::mutex mutex_;
  // Guarded by it:
  Pair tried_;
  TlsContext context_;
  MonoTime read_;
};

}  // namespace oort::http
