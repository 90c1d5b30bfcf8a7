// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "address.hpp"
#include "authenticator.hpp"
#include "oort/core/error.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/target.hpp"
#include "oort/object/object_store.hpp"
#include "oort/s3/errors.hpp"
#include "oort/s3/service.hpp"
#include "payload.hpp"

namespace oort::s3 {

/// What all requests of a service share.
struct Shared {
  Options options;
  object::ObjectStore& store;
  env::Clock& clock;
  std::shared_ptr<Authenticator> authenticator;  ///< Owners: this, and lookups in flight.
};

/// Largest XML body: a completion of 10,000 parts with checksums fits.
inline constexpr std::size_t xml_bytes_max = 4 * 1024 * 1024;

/// One request on its way through the service. One thing happens to it at a time, on the
/// connection's thread or the store's strand, so it has no locks.
class Context : public std::enable_shared_from_this<Context> {
 public:
  Context(std::shared_ptr<Shared> shared, http::Exchange exchange);

  [[nodiscard]] const http::Request& request() const noexcept { return exchange_.request(); }
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
    return request().field(name);
  }
  [[nodiscard]] const http::Target& target() const noexcept { return target_; }
  /// A parameter of the query; empty when absent.
  [[nodiscard]] std::string_view parameter(std::string_view name) const noexcept;
  [[nodiscard]] bool has(std::string_view name) const noexcept { return target_.has(name); }
  [[nodiscard]] const std::string& bucket() const noexcept { return address_.bucket; }
  [[nodiscard]] const std::string& key() const noexcept { return address_.key; }
  [[nodiscard]] const object::Caller& caller() const noexcept { return authenticated_.caller; }
  [[nodiscard]] object::ObjectStore& store() const noexcept { return shared_->store; }
  [[nodiscard]] const Options& options() const noexcept { return shared_->options; }
  [[nodiscard]] http::Exchange& exchange() noexcept { return exchange_; }
  /// Requires: `plan_payload` succeeded.
  [[nodiscard]] Payload& payload() noexcept { return *payload_; }
  /// The object and version that the request names. BAD_ARGUMENT for a malformed version.
  [[nodiscard]] Result<object::ObjectRef> object_ref() const;

  // Steps of the service, in this order.
  [[nodiscard]] Result<void> parse();
  void authenticate(Callback<Result<void>> done);
  [[nodiscard]] Result<void> plan_payload();

  /// A head with the fields that every answer has.
  [[nodiscard]] http::ResponseHead head(unsigned status) const;
  void respond(http::ResponseHead head) { exchange_.respond(std::move(head)); }
  void respond_xml(std::string_view xml);
  void respond_xml(http::ResponseHead head, std::string_view xml);
  /// Answers with S3's form of the error.
  void fail_with(const Error& error);
  void fail_with(S3Error error, std::string message);
  void fail_with(S3Error error, std::string message, http::ResponseHead head);

 private:
  void add_cors(http::ResponseHead& head) const;

  std::shared_ptr<Shared> shared_;  ///< Owners: the service and its requests in progress.
  http::Exchange exchange_;
  http::Target target_;
  Address address_;
  Authenticated authenticated_;
  std::optional<Payload> payload_;
};

/// Owners: the callbacks in flight of the request.
using ContextPtr = std::shared_ptr<Context>;

}  // namespace oort::s3
