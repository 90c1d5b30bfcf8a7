// SPDX-License-Identifier: Apache-2.0
#include "oort/http/client.hpp"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "oort/core/reasons.hpp"
#include "oort/env/clock.hpp"

namespace oort::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Body = beast::http::string_body;

constexpr Duration slice = 100ms;

tl::unexpected<Error> bad_url(std::string_view text, const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "'" + std::string(text) + "': " + why);
}

Result<std::uint16_t> parse_port(std::string_view url, std::string_view text) {
  std::uint16_t port = 0;
  const char* const begin = text.begin();
  const char* const end = text.end();
  const auto read = std::from_chars(begin, end, port);
  if (read.ec != std::errc() || read.ptr != end || port == 0) return bad_url(url, "no such port");
  return port;
}

/// One request on its way.
class Fetch {
 public:
  explicit Fetch(const ClientRequest& request)
      : origin_(request.url.origin), resolver_(loop_), socket_(loop_) {
    message_.version(11);
    message_.method_string(request.method);
    message_.target(request.url.target);
    message_.set(beast::http::field::host, origin_.authority());
    message_.set(beast::http::field::connection, "close");
    for (const Parameter& field : request.fields) message_.set(field.name, field.value);
    message_.body() = std::string(as_text(request.body));
    message_.prepare_payload();
    parser_.skip(request.method == "HEAD");
  }

  Result<ClientResponse> run(const ClientLimits& limits, const env::Clock& clock) {
    parser_.body_limit(limits.body_bytes_max);
    resolve();
    const MonoTime begun = clock.now_mono();
    while (!is_done_) {
      if (limits.is_cancelled && limits.is_cancelled()) {
        return fail(ErrorCode::Cancelled, reason::cancelled, "the request was given up");
      }
      const Duration left = limits.deadline - (clock.now_mono() - begun);
      if (left <= Duration::zero()) {
        return fail(ErrorCode::DeadlineExceeded, reason::deadline_exceeded,
                    origin_.authority() + " did not answer in time");
      }
      loop_.run_for(std::min(left, slice));
    }
    if (failure_) return fail(*failure_);
    ClientResponse response;
    response.status = parser_.get().result_int();
    response.body = to_bytes(std::string_view(parser_.get().body()));
    return response;
  }

 private:
  using Failed = boost::system::error_code;

  void finish(std::optional<Error> failure) {
    failure_ = std::move(failure);
    is_done_ = true;
  }
  void unreachable(const Failed& failed) {
    finish(Error(ErrorCode::Unavailable, reason::peer_unreachable,
                 origin_.authority() + ": " + failed.message()));
  }
  void resolve() {
    resolver_.async_resolve(origin_.host, std::to_string(origin_.port),
                            [this](const Failed& failed, const auto& places) {
                              if (failed) return unreachable(failed);
                              connect(places);
                            });
  }
  void connect(const asio::ip::tcp::resolver::results_type& places) {
    asio::async_connect(socket_, places, [this](const Failed& failed, const auto&) {
      if (failed) return unreachable(failed);
      write();
    });
  }
  void write() {
    beast::http::async_write(socket_, message_, [this](const Failed& failed, std::size_t) {
      // A server that refuses early closes while the body is sent; its answer says why.
      if (failed && failed != asio::error::broken_pipe && failed != asio::error::connection_reset) {
        return unreachable(failed);
      }
      read();
    });
  }
  void read() {
    beast::http::async_read(socket_, buffer_, parser_, [this](const Failed& failed, std::size_t) {
      if (!failed) return finish({});
      if (failed == beast::http::error::body_limit) {
        return finish(Error(ErrorCode::ResourceExhausted, reason::too_large,
                            origin_.authority() + " sent more than was asked for"));
      }
      using Broken = beast::http::error;
      const bool is_end = failed == Broken::end_of_stream || failed == Broken::partial_message;
      const auto& of_http = beast::http::make_error_code(Broken::end_of_stream).category();
      if (failed.category() == of_http && !is_end) {
        return finish(Error(ErrorCode::InvalidArgument, reason::malformed,
                            origin_.authority() + ": " + failed.message()));
      }
      unreachable(failed);
    });
  }

  Origin origin_;
  asio::io_context loop_;
  asio::ip::tcp::resolver resolver_;
  asio::ip::tcp::socket socket_;
  beast::http::request<Body> message_;
  beast::http::response_parser<Body> parser_;
  beast::flat_buffer buffer_;
  bool is_done_ = false;
  std::optional<Error> failure_;
};

}  // namespace

std::string Origin::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == 80 ? name : name + ":" + std::to_string(port);
}

Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (!text.starts_with(scheme)) return bad_url(text, "a URL that begins with http:// is wanted");
  std::string_view rest = text.substr(scheme.size());
  const std::size_t end = rest.find_first_of("/?#");
  std::string_view authority = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end));
  rest = rest.substr(0, rest.find('#'));
  if (authority.find('@') != std::string_view::npos) return bad_url(text, "no user is sent");
  for (const char c : rest) {
    if (c <= ' ' || c == '\x7f') return bad_url(text, "it holds white space or control characters");
  }
  Url url;
  url.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  std::size_t colon = authority.rfind(':');
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad_url(text, "a bracket is open");
    url.origin.host = std::string(authority.substr(1, close - 1));
    authority.remove_prefix(close + 1);
    if (!authority.empty() && !authority.starts_with(':')) return bad_url(text, "no such host");
    colon = authority.empty() ? std::string_view::npos : 0;
  } else {
    url.origin.host = std::string(authority.substr(0, colon));
  }
  if (url.origin.host.empty()) return bad_url(text, "there is no host");
  if (colon != std::string_view::npos) {
    OORT_TRY(url.origin.port, parse_port(text, authority.substr(colon + 1)));
  }
  return url;
}

Result<ClientResponse> send(const ClientRequest& request, const ClientLimits& limits,
                            const env::Clock& clock) {
  return Fetch(request).run(limits, clock);
}

}  // namespace oort::http
