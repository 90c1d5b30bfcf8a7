// SPDX-License-Identifier: Apache-2.0
#include "posix.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "oort/core/reasons.hpp"

namespace oort::host::posix {

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Error error_of(int number, std::string_view action, const std::filesystem::path& path) {
  std::string detail(action);
  detail += " " + path.string() + ": " + std::generic_category().message(number);
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return {ErrorCode::ResourceExhausted, reason::disk_full, std::move(detail)};
    case ENOENT:
    case ENOTDIR: return {ErrorCode::NotFound, reason::not_found, std::move(detail)};
    case EEXIST: return {ErrorCode::AlreadyExists, reason::already_exists, std::move(detail)};
    case EACCES:
    case EPERM:
    case EROFS: return {ErrorCode::PermissionDenied, reason::not_allowed, std::move(detail)};
    default: return {ErrorCode::Unavailable, reason::disk_failed, std::move(detail)};
  }
}

Result<Fd> open_file(const std::filesystem::path& path, int flags, unsigned mode) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return fail(error_of(errno, "cannot open", path));
  return Fd(fd);
}

int write_all(int fd, ByteView bytes, std::uint64_t offset) noexcept {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return 0;
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  OORT_TRY(const Fd fd, open_file(folder, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) {
    return fail(
        ErrorCode::Unavailable, reason::disk_failed,
        "cannot sync folder " + folder.string() + ": " + std::generic_category().message(errno));
  }
  return {};
}

Result<void> make_folder(const std::filesystem::path& folder, unsigned mode) {
  if (::mkdir(folder.c_str(), mode) != 0) {
    if (errno == EEXIST) {
      std::error_code problem;
      if (std::filesystem::is_directory(folder, problem)) return {};
      return fail(error_of(ENOTDIR, "cannot use as a folder", folder));
    }
    const auto above = folder.parent_path();
    if (errno != ENOENT || above.empty() || above == folder) {
      return fail(error_of(errno, "cannot make folder", folder));
    }
    OORT_TRY(make_folder(above, mode));
    if (::mkdir(folder.c_str(), mode) != 0 && errno != EEXIST) {
      return fail(error_of(errno, "cannot make folder", folder));
    }
  }
  const auto above = folder.parent_path();
  return sync_folder(above.empty() ? "." : above);
}

Result<void> write_new_file(const std::filesystem::path& path, ByteView bytes, unsigned mode) {
  OORT_TRY(const Fd fd, open_file(path, O_WRONLY | O_CREAT | O_EXCL, mode));
  int problem = write_all(fd.get(), bytes, 0);
  if (problem == 0 && ::fsync(fd.get()) != 0) problem = errno;
  if (problem == 0) return {};
  ::unlink(path.c_str());
  return fail(error_of(problem, "cannot write", path));
}

}  // namespace oort::host::posix
