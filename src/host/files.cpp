// SPDX-License-Identifier: Apache-2.0
#include "oort/host/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "oort/core/reasons.hpp"
#include "posix.hpp"

namespace oort::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view lock_name = ".lock";
constexpr std::size_t lock_bytes_max = 32;

class FlockedFolder final : public FolderLock {
 public:
  explicit FlockedFolder(posix::Fd fd) noexcept : fd_(std::move(fd)) {}

 private:
  posix::Fd fd_;
};

/// Who holds the lock, as it wrote itself down; for the message only.
std::string holder_of(int fd) {
  std::string text(lock_bytes_max, '\0');
  const ssize_t count = ::pread(fd, text.data(), text.size(), 0);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.empty() ? "another process" : "process " + text;
}

Result<Bytes> read_all(int fd, const fs::path& path, std::size_t size_max) {
  Bytes bytes(size_max + 1);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(fd, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(posix::error_of(errno, "cannot read", path));
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  if (done > size_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large,
                path.string() + " has more than " + std::to_string(size_max) + " bytes");
  }
  bytes.resize(done);
  return bytes;
}

fs::path folder_of(const fs::path& path) {
  const fs::path folder = path.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

unsigned mode_of(FileMode mode) noexcept { return mode == FileMode::Secret ? 0600 : 0644; }

/// Writes beside `path`, under a name that no other process uses.
Result<fs::path> write_aside(const fs::path& path, ByteView bytes, FileMode mode) {
  const std::string name = ".new-" + path.filename().string() + "." + std::to_string(::getpid());
  fs::path aside = folder_of(path) / name;
  ::unlink(aside.c_str());
  OORT_TRY(posix::write_new_file(aside, bytes, mode_of(mode)));
  return aside;
}

}  // namespace

Result<std::unique_ptr<FolderLock>> lock_folder(const fs::path& folder) {
  OORT_TRY(posix::make_folder(folder, 0700));
  const fs::path path = folder / lock_name;
  OORT_TRY(posix::Fd fd, posix::open_file(path, O_RDWR | O_CREAT, 0600));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(posix::error_of(errno, "cannot lock", path));
    return fail(ErrorCode::FailedPrecondition, reason::already_running,
                holder_of(fd.get()) + " uses " + folder.string() +
                    "; stop it, or give this node another data folder");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  const bool is_written =
      ::ftruncate(fd.get(), 0) == 0 && posix::write_all(fd.get(), as_bytes(pid), 0) == 0;
  if (!is_written) return fail(posix::error_of(errno, "cannot write", path));
  return std::make_unique<FlockedFolder>(std::move(fd));
}

Result<Bytes> read_file(const fs::path& path, std::size_t size_max) {
  OORT_TRY(const posix::Fd fd, posix::open_file(path, O_RDONLY));
  return read_all(fd.get(), path, size_max);
}

Result<Bytes> read_secret_file(const fs::path& path, std::size_t size_max) {
  OORT_TRY(const posix::Fd fd, posix::open_file(path, O_RDONLY));
  struct stat facts{};
  if (::fstat(fd.get(), &facts) != 0) return fail(posix::error_of(errno, "cannot stat", path));
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(
        ErrorCode::PermissionDenied, reason::not_allowed,
        path.string() + " holds a secret that others may read; run: chmod 600 " + path.string());
  }
  return read_all(fd.get(), path, size_max);
}

Result<void> write_file(const fs::path& path, ByteView bytes, FileMode mode) {
  OORT_TRY(const fs::path aside, write_aside(path, bytes, mode));
  if (::rename(aside.c_str(), path.c_str()) != 0) {
    const int problem = errno;
    ::unlink(aside.c_str());
    return fail(posix::error_of(problem, "cannot write", path));
  }
  return posix::sync_folder(folder_of(path));
}

Result<void> create_file(const fs::path& path, ByteView bytes, FileMode mode) {
  OORT_TRY(const fs::path aside, write_aside(path, bytes, mode));
  // A link, unlike a rename, never replaces.
  const int problem = ::link(aside.c_str(), path.c_str()) == 0 ? 0 : errno;
  ::unlink(aside.c_str());
  if (problem != 0) return fail(posix::error_of(problem, "cannot create", path));
  return posix::sync_folder(folder_of(path));
}

}  // namespace oort::host
