// SPDX-License-Identifier: Apache-2.0
#include "load/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <thread>

#include "load/arguments.hpp"

namespace oort::bench {
namespace {

constexpr std::size_t head_bytes_max = 16 * 1024;
constexpr std::string_view head_end = "\r\n\r\n";

sockaddr_in address_of(const std::string& endpoint) {
  const std::size_t colon = endpoint.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::uint16_t port = 0;
  if (colon != std::string::npos) {
    std::from_chars(endpoint.data() + colon + 1, endpoint.data() + endpoint.size(), port);
  }
  address.sin_port = htons(port);
  if (port == 0 ||
      ::inet_pton(AF_INET, endpoint.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    die("'" + endpoint + "' is no numeric host:port");
  }
  return address;
}

void set_no_delay(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/// The value of a header field of that lower-case name; empty when it is not there.
std::string_view field_of(std::string_view head, std::string_view name) {
  std::size_t line = head.find("\r\n");
  while (line != std::string_view::npos && line + 2 < head.size()) {
    const std::size_t begin = line + 2;
    line = head.find("\r\n", begin);
    const std::string_view text = head.substr(begin, line - begin);
    if (text.size() <= name.size() || text[name.size()] != ':') continue;
    if (::strncasecmp(text.data(), name.data(), name.size()) != 0) continue;
    const std::size_t value = text.find_first_not_of(' ', name.size() + 1);
    return value == std::string_view::npos ? std::string_view() : text.substr(value);
  }
  return {};
}

bool send_whole(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void serve(int socket, const std::string& answer) {
  set_no_delay(socket);
  std::string request;
  std::array<char, 4096> piece{};
  while (true) {
    const ssize_t size = ::recv(socket, piece.data(), piece.size(), 0);
    if (size <= 0) break;
    request.append(piece.data(), static_cast<std::size_t>(size));
    if (!request.ends_with(head_end)) continue;
    request.clear();
    if (!send_whole(socket, answer)) break;
  }
  ::close(socket);
}

}  // namespace

HttpClient::HttpClient(const std::string& endpoint) {
  const sockaddr_in address = address_of(endpoint);
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0 ||
      ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    die("no connection to " + endpoint + ": " + std::strerror(errno));
  }
  set_no_delay(socket_);
  buffer_.resize(64 * 1024);
}

HttpClient::~HttpClient() {
  if (socket_ >= 0) ::close(socket_);
}

void HttpClient::send_all(std::string_view bytes) const {
  if (!send_whole(socket_, bytes)) die(std::string("sending failed: ") + std::strerror(errno));
}

void HttpClient::receive(std::size_t size) {
  if (buffer_.size() < size) buffer_.resize(size);
  while (filled_ < size) {
    const ssize_t got = ::recv(socket_, buffer_.data() + filled_, buffer_.size() - filled_, 0);
    if (got <= 0) die("the server closed the connection in the middle of an answer");
    filled_ += static_cast<std::size_t>(got);
  }
}

HttpClient::Answer HttpClient::call(std::string_view head, std::string_view body) {
  filled_ = 0;
  send_all(head);
  send_all(body);
  std::size_t end = std::string_view::npos;
  while (end == std::string_view::npos) {
    if (filled_ > head_bytes_max) die("the answer's head has no end");
    receive(filled_ + 1);
    end = std::string_view(buffer_.data(), filled_).find(head_end);
  }
  Answer answer;
  const std::string_view answer_head(buffer_.data(), end + head_end.size());
  if (answer_head.size() < 12) die("the answer has no status");
  std::from_chars(answer_head.data() + 9, answer_head.data() + 12, answer.status);
  const std::string_view length = field_of(answer_head, "content-length");
  std::size_t body_bytes = 0;
  const auto parsed = std::from_chars(length.data(), length.data() + length.size(), body_bytes);
  if ((length.empty() || parsed.ec != std::errc()) && answer.status != 204) {
    die("the answer has no Content-Length");
  }
  const std::size_t head_bytes = answer_head.size();
  receive(head_bytes + body_bytes);
  answer.body = std::string_view(buffer_.data() + head_bytes, body_bytes);
  return answer;
}

std::string start_trivial_server(std::size_t body_bytes) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (listener < 0 || ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 128) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    die(std::string("no port to listen on: ") + std::strerror(errno));
  }
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body_bytes) +
                             "\r\n\r\n" + std::string(body_bytes, 'x');
  std::thread([listener, answer] {
    while (true) {
      const int socket = ::accept(listener, nullptr, nullptr);
      if (socket < 0) return;
      std::thread(serve, socket, answer).detach();
    }
  }).detach();
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

}  // namespace oort::bench
