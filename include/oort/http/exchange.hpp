// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/result.hpp"

namespace oort::http {

/// One header field of a request. The name is in lower case, the value has no outer white space.
struct Field {
  std::string_view name;
  std::string_view value;
};

/// The head of a request: everything before the body. All views live until the response is
/// finished or aborted.
struct Request {
  /// As sent: "GET", "PUT", any token.
  std::string_view method;
  /// As sent: path and query, still percent-encoded. See `parse_target`.
  std::string_view target;
  /// In the order of arrival; a repeated field stands here several times.
  std::span<const Field> fields;
  /// Size of the body in bytes; empty when the body is chunked and its size unknown.
  std::optional<std::uint64_t> body_size;
  /// "192.0.2.1:4711".
  std::string_view peer;
  /// 16 upper-case hexadecimal characters, unique in this process.
  std::string_view id;
  /// It came by TLS.
  bool is_tls = false;

  /// The first field of that name (given in lower case); empty when there is none.
  [[nodiscard]] std::string_view field(std::string_view name) const noexcept;
  [[nodiscard]] bool has_field(std::string_view name) const noexcept;
  [[nodiscard]] bool is_head() const noexcept { return method == "HEAD"; }
};

/// Status and fields of a response. `Content-Length`, `Transfer-Encoding`, `Connection` and `Date`
/// belong to the server and are refused here.
class ResponseHead {
 public:
  /// Requires: 200 <= status <= 599.
  explicit ResponseHead(unsigned status);

  /// Adds a field. Control characters in `value` become spaces, so that no value can end the field.
  ResponseHead& add(std::string_view name, std::string_view value);
  ResponseHead& add(std::string_view name, std::uint64_t value);

  [[nodiscard]] unsigned status() const noexcept { return status_; }
  /// The fields as they go on the wire.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  unsigned status_;
  std::string text_;
};

/// What an exchange stands on: a connection, or a test's record of one. All calls from any thread.
class ExchangeBackend {
 public:
  virtual ~ExchangeBackend() = default;
  [[nodiscard]] virtual const Request& request() const noexcept = 0;
  virtual void read(Callback<Result<ByteView>> done) = 0;
  virtual void begin(ResponseHead head, std::optional<std::uint64_t> size) = 0;
  virtual void write(Bytes piece, Callback<Result<void>> done) = 0;
  virtual void respond(ResponseHead head, Bytes body) = 0;
  virtual void finish() = 0;
  virtual void abort() = 0;
};

/// One request and the response to it.
///
/// Invariants
///   X1  Every callback given to `read` or `write` runs exactly once, on the connection's thread.
///   X2  The socket is read only while a `read` waits: a slow reader slows the client down.
///   X3  An exchange dropped without a response answers 500, or closes the connection when a
///       response had begun; the client never takes half a body for a whole one.
/// Threads: any, one call at a time. A call from the connection's own thread costs no hop.
class Exchange {
 public:
  explicit Exchange(std::shared_ptr<ExchangeBackend> backend) noexcept
      : backend_(std::move(backend)) {}
  Exchange(Exchange&&) noexcept = default;
  Exchange& operator=(Exchange&&) = delete;
  ~Exchange();

  [[nodiscard]] bool is_open() const noexcept { return backend_ != nullptr; }
  /// Requires: is_open(), as does everything below.
  [[nodiscard]] const Request& request() const noexcept { return backend_->request(); }

  /// Asks for the next piece of the body; an empty piece is its end. The first call also tells a
  /// client that waits for `100 Continue` to go on. The view lives until the next call on this
  /// exchange. Fails with BODY_TOO_SHORT when the client left, MALFORMED on broken chunks,
  /// TOO_LARGE past the limit, DEADLINE_EXCEEDED when nothing came in time.
  /// Requires: no other read waits.
  void read(Callback<Result<ByteView>> done) { backend_->read(std::move(done)); }

  /// Begins a streamed response of `size` bytes, or of unknown size (chunked).
  void begin(ResponseHead head, std::optional<std::uint64_t> size) {
    backend_->begin(std::move(head), size);
  }
  /// Sends a piece; `done` runs when the socket took it. Fails with CANCELLED when the client left
  /// or the server is stopping by force. Requires: begun, and no other write waits.
  void write(Bytes piece, Callback<Result<void>> done) {
    backend_->write(std::move(piece), std::move(done));
  }
  /// Ends the streamed response. Fewer bytes than promised close the connection instead.
  void finish();
  /// Closes the connection, so that the client sees that the response is broken.
  void abort();
  /// The whole response at once. The body of an answer to HEAD is measured and not sent.
  void respond(ResponseHead head, Bytes body = {});
  void respond(ResponseHead head, std::string_view body);

 private:
  /// Owned by the connection, which outlives its exchanges only while they are open.
  std::shared_ptr<ExchangeBackend> backend_;
};

/// Who answers requests. `handle` runs on the connection's thread and must not block.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void handle(Exchange exchange) = 0;
};

}  // namespace oort::http
