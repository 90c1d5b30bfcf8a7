// SPDX-License-Identifier: Apache-2.0
#include "kernel.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <system_error>

#include "oort/core/reasons.hpp"

namespace oort::sandbox::kernel {
namespace {

constexpr std::size_t message_bytes_max = 4096;
constexpr std::size_t message_fds_max = 4;

Result<void> receive_exactly(int fd, std::span<std::byte> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t count = ::read(fd, into.data() + done, into.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(error_of(errno, "cannot read from the other side"));
    if (count == 0) {
      return fail(ErrorCode::Cancelled, reason::cancelled, "the other side is gone");
    }
    done += static_cast<std::size_t>(count);
  }
  return {};
}

}  // namespace

void Fd::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error error_of(int number, std::string_view action) {
  return {ErrorCode::Unavailable, reason::sandbox_failed,
          std::string(action) + ": " + std::generic_category().message(number)};
}

Result<void> check(long result, std::string_view action) {
  if (result >= 0) return {};
  return fail(error_of(errno, action));
}

Result<std::string> read_text(const std::filesystem::path& path, std::size_t size_max) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.is_open()) return fail(error_of(errno, "cannot open " + path.string()));
  std::string text;
  std::array<char, 4096> part{};
  while (text.size() < size_max) {
    const ssize_t count = ::read(fd.get(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(error_of(errno, "cannot read " + path.string()));
    if (count == 0) break;
    text.append(part.data(), static_cast<std::size_t>(count));
  }
  return text;
}

Result<void> write_text(const std::filesystem::path& path, std::string_view text) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.is_open()) return fail(error_of(errno, "cannot open " + path.string()));
  return check(::write(fd.get(), text.data(), text.size()), "cannot write " + path.string());
}

Result<void> create_text(const std::string& path, std::string_view text) {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const Fd fd(::open(path.c_str(), flags, 0644));
  if (!fd.is_open()) return fail(error_of(errno, "cannot create " + path));
  return send_all(fd.get(), as_bytes(text));
}

Result<void> send_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(error_of(errno, "cannot write"));
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> send_frame(int fd, ByteView bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::array<std::byte, sizeof size> head{};
  std::memcpy(head.data(), &size, sizeof size);
  OORT_TRY(send_all(fd, head));
  return send_all(fd, bytes);
}

Result<Bytes> receive_frame(int fd, std::size_t size_max) {
  std::uint32_t size = 0;
  std::array<std::byte, sizeof size> head{};
  OORT_TRY(receive_exactly(fd, head));
  std::memcpy(&size, head.data(), sizeof size);
  if (size > size_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large,
                "a frame of " + std::to_string(size) + " bytes");
  }
  Bytes bytes(size);
  OORT_TRY(receive_exactly(fd, bytes));
  return bytes;
}

Result<std::pair<Fd, Fd>> make_messages() {
  std::array<int, 2> ends{};
  OORT_TRY(check(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()),
                 "cannot make a pair of sockets"));
  return std::pair{Fd(ends[0]), Fd(ends[1])};
}

void send_message(int fd, std::string_view text, const std::vector<int>& fds) noexcept {
  iovec part{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * message_fds_max)> room{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = room.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(head), fds.data(), sizeof(int) * fds.size());
  }
  // A launcher that is gone needs no message: its child dies with it.
  static_cast<void>(::sendmsg(fd, &message, MSG_NOSIGNAL));
}

Message receive_message(int fd) noexcept {
  std::array<char, message_bytes_max> text{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * message_fds_max)> room{};
  iovec part{text.data(), text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  ssize_t count = -1;
  do {
    count = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  Message received;
  if (count <= 0) return received;
  received.text.assign(text.data(), static_cast<std::size_t>(count));
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t at = CMSG_LEN(0); at + sizeof(int) <= head->cmsg_len; at += sizeof(int)) {
      int passed = -1;
      std::memcpy(&passed, CMSG_DATA(head) + (at - CMSG_LEN(0)), sizeof passed);
      received.fds.emplace_back(passed);
    }
  }
  return received;
}

Result<std::pair<Fd, Fd>> make_pipe() {
  std::array<int, 2> ends{};
  OORT_TRY(check(::pipe2(ends.data(), O_CLOEXEC), "cannot make a pipe"));
  return std::pair{Fd(ends[0]), Fd(ends[1])};
}

std::int64_t now() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin < line.size()) {
    const std::size_t end = std::min(line.find(' ', begin), line.size());
    if (end > begin) words.emplace_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::uint64_t number_after(std::string_view text, std::string_view key) {
  for (const std::string& line : lines_of(text)) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() == 2 && words[0] == key) return number_of(words[1]);
  }
  return 0;
}

}  // namespace oort::sandbox::kernel
