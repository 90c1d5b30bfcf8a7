// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

/// The kernel's file calls with our errors.
namespace oort::host::posix {

/// A file descriptor that closes itself.
class Fd {
 public:
  Fd() noexcept = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  ~Fd();
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// The error for `number` (errno): DISK_FULL, NOT_FOUND, ALREADY_EXISTS, NOT_ALLOWED or
/// DISK_FAILED. `action` and `path` say what was tried.
[[nodiscard]] Error error_of(int number, std::string_view action,
                             const std::filesystem::path& path);

[[nodiscard]] Result<Fd> open_file(const std::filesystem::path& path, int flags,
                                   unsigned mode = 0644);
/// Writes all of `bytes` at `offset`; returns errno, 0 for success.
[[nodiscard]] int write_all(int fd, ByteView bytes, std::uint64_t offset) noexcept;
/// Makes names in `folder` durable.
[[nodiscard]] Result<void> sync_folder(const std::filesystem::path& folder);
/// Makes the folder, and those above it, durably; an existing one is left as it is.
[[nodiscard]] Result<void> make_folder(const std::filesystem::path& folder, unsigned mode);
/// Writes `bytes` to the new file `path` and syncs them; removes it again on failure.
[[nodiscard]] Result<void> write_new_file(const std::filesystem::path& path, ByteView bytes,
                                          unsigned mode);

}  // namespace oort::host::posix
