// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace oort::http::test {

/// A blocking socket to a server of this process: says raw bytes, hears raw bytes.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool is_connected() const { return is_connected_; }

  RawClient& say(std::string_view text) {
    while (!text.empty()) {
      const auto count = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) break;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return *this;
  }
  /// Says what the kernel takes at once, and returns how much that was.
  std::size_t say_without_waiting(std::string_view text) {
    std::size_t said = 0;
    while (said < text.size()) {
      const auto count =
          ::send(socket_, text.data() + said, text.size() - said, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count <= 0) break;
      said += static_cast<std::size_t>(count);
    }
    return said;
  }
  void end_sending() { ::shutdown(socket_, SHUT_WR); }

  /// Reads until `stop` was heard (and returns up to its end) or the server closed.
  std::string hear_until(std::string_view stop) {
    while (heard_.find(stop) == std::string::npos) {
      if (!receive()) return take(heard_.size());
    }
    return take(heard_.find(stop) + stop.size());
  }
  /// Reads one response by its Content-Length, or a chunked one to its last chunk.
  std::string hear_response() {
    std::string head = hear_until("\r\n\r\n");
    const auto at = head.find("Content-Length: ");
    if (at == std::string::npos) {
      if (head.find("chunked") == std::string::npos) return head;
      return head + hear_until("\r\n0\r\n\r\n");
    }
    const std::size_t size = std::stoul(head.substr(at + 16));
    while (heard_.size() < size && receive()) {
    }
    return head + take(size);
  }
  /// Only the head of a response, as an answer to HEAD.
  std::string hear_head() { return hear_until("\r\n\r\n"); }
  /// Reads until the server closes.
  std::string hear_all() {
    while (receive()) {
    }
    return take(heard_.size());
  }

 private:
  bool receive() {
    char bytes[16384];
    const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    heard_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }
  std::string take(std::size_t count) {
    count = std::min(count, heard_.size());
    std::string taken = heard_.substr(0, count);
    heard_.erase(0, count);
    return taken;
  }

  int socket_;
  bool is_connected_ = false;
  std::string heard_;
};

}  // namespace oort::http::test
