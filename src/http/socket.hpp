// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <utility>

#include "certificate.hpp"

namespace oort::http {

/// A client's socket, in the clear or under TLS. Completions run on the socket's loop.
///
/// Under TLS it ends without a close_notify: answers say how long they are, and a client that
/// waits for the end of one that does not (HTTP/1.0) sees a connection that broke.
class Socket {
 public:
  using Tcp = boost::asio::ip::tcp;
  using Code = boost::system::error_code;

  /// In the clear without a context.
  Socket(Tcp::socket plain, TlsContext context) : plain_(std::move(plain)) {
    if (context != nullptr) tls_ = std::make_unique<Tls>(plain_, std::move(context));
  }

  [[nodiscard]] bool is_tls() const noexcept { return tls_ != nullptr; }

  /// TLS's handshake; in the clear there is none, and `done(Code())` runs at once.
  template <class Done>
  void begin(Done&& done) {
    if (!is_tls()) return done(Code());
    tls_->stream.async_handshake(boost::asio::ssl::stream_base::server, std::forward<Done>(done));
  }
  template <class Buffer, class Done>
  void read_some(const Buffer& buffer, Done&& done) {
    if (is_tls()) return tls_->stream.async_read_some(buffer, std::forward<Done>(done));
    plain_.async_read_some(buffer, std::forward<Done>(done));
  }
  template <class Buffers, class Done>
  void write(const Buffers& buffers, Done&& done) {
    if (is_tls()) return boost::asio::async_write(tls_->stream, buffers, std::forward<Done>(done));
    boost::asio::async_write(plain_, buffers, std::forward<Done>(done));
  }

  void set_no_delay() {
    Code ignored;
    plain_.set_option(Tcp::no_delay(true), ignored);
  }
  void end_sending() {
    Code ignored;
    plain_.shutdown(Tcp::socket::shutdown_send, ignored);
  }
  void close() {
    Code ignored;
    plain_.close(ignored);
  }

 private:
  struct Tls {
    Tls(Tcp::socket& socket, TlsContext shown)
        : context(std::move(shown)), stream(socket, *context) {}
    TlsContext context;
    boost::asio::ssl::stream<Tcp::socket&> stream;
  };

  Tcp::socket plain_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace oort::http
