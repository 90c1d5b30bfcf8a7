// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace oort::bench {

/// One connection that is kept alive, with blocking calls and as little work as can be, so that the
/// client is not what is measured. Any failure ends the program. Threads: none.
class HttpClient {
 public:
  /// `endpoint` is "host:port" with a numeric host.
  explicit HttpClient(const std::string& endpoint);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  struct Answer {
    int status = 0;
    std::string_view body;  ///< Valid until the next call.
  };
  /// Sends a whole head, ended by its empty line, and a body; returns the answer, which must have
  /// a Content-Length.
  Answer call(std::string_view head, std::string_view body = {});

 private:
  void send_all(std::string_view bytes) const;
  /// Waits for more bytes, until `buffer_` holds `size`.
  void receive(std::size_t size);

  int socket_ = -1;
  std::string buffer_;
  std::size_t filled_ = 0;
};

/// A server that answers every GET with the same bytes at once, on threads of this process: what
/// loopback, the kernel and HttpClient allow. Ends with the process. Returns "host:port".
std::string start_trivial_server(std::size_t body_bytes);

}  // namespace oort::bench
