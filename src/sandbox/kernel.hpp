// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

/// The kernel's calls with our errors.
namespace oort::sandbox::kernel {

/// A file descriptor that closes itself.
class Fd {
 public:
  Fd() noexcept = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  ~Fd() { close(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  void close() noexcept;

 private:
  int fd_ = -1;
};

/// SANDBOX_FAILED for errno: "ACTION: message".
[[nodiscard]] Error error_of(int number, std::string_view action);
/// As above for a call's result below zero, with errno.
[[nodiscard]] Result<void> check(long result, std::string_view action);

[[nodiscard]] Result<std::string> read_text(const std::filesystem::path& path,
                                            std::size_t size_max = 1U << 20U);
/// Writes `text` to an existing file in one call.
[[nodiscard]] Result<void> write_text(const std::filesystem::path& path, std::string_view text);
/// Writes `text` to a file that is not there yet.
[[nodiscard]] Result<void> create_text(const std::string& path, std::string_view text);

/// All of `bytes`, or an error; a socket whose peer is gone is one.
[[nodiscard]] Result<void> send_all(int fd, ByteView bytes);
/// u32 length, then the bytes.
[[nodiscard]] Result<void> send_frame(int fd, ByteView bytes);
/// Fails with CANCELLED at the end of the stream, TOO_LARGE above `size_max`.
[[nodiscard]] Result<Bytes> receive_frame(int fd, std::size_t size_max);

/// Both ends of a socket of messages, closed on exec.
[[nodiscard]] Result<std::pair<Fd, Fd>> make_messages();
struct Message {
  std::string text;
  std::vector<Fd> fds;
};
void send_message(int fd, std::string_view text, const std::vector<int>& fds = {}) noexcept;
/// One message; empty at the end, or when none is there and the socket does not wait.
[[nodiscard]] Message receive_message(int fd) noexcept;

/// Reader and writer of a pipe, closed on exec.
[[nodiscard]] Result<std::pair<Fd, Fd>> make_pipe();

/// Nanoseconds of the monotonic clock.
[[nodiscard]] std::int64_t now() noexcept;

/// The whole words of one line, parted by spaces.
[[nodiscard]] std::vector<std::string> words_of(std::string_view line);
/// The lines of a text.
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);
/// The number after `key ` in lines of `key number`; 0 when there is none.
[[nodiscard]] std::uint64_t number_after(std::string_view text, std::string_view key);
/// The number at the beginning of the text; 0 when there is none.
[[nodiscard]] std::uint64_t number_of(std::string_view text);

}  // namespace oort::sandbox::kernel
