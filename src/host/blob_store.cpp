// SPDX-License-Identifier: Apache-2.0
#include "oort/host/blob_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <set>
#include <system_error>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/blob_store.hpp"
#include "posix.hpp"

namespace oort::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t name_chars_max = 200;
// Before a name: a file that is being written aside.
constexpr std::string_view aside_prefix = ".new-";

bool is_name_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

Result<void> check_name(std::string_view name) {
  const bool is_good = !name.empty() && name.size() <= name_chars_max && name.front() != '.' &&
                       std::ranges::all_of(name, is_name_char);
  if (is_good) return {};
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "'" + std::string(name) +
                  "' is no blob name: 1 to 200 letters, digits, '.', '-', '_', no '.' in front");
}

/// The names that are open, so that two writers of one blob are a broken program and not a
/// broken blob. Shared by the store and its blobs.
class OpenNames {
 public:
  void add(const std::string& name) {
    const std::lock_guard lock(mutex_);
    OORT_ASSERT(names_.insert(name).second, "a blob is open once at a time");
  }
  void remove(const std::string& name) noexcept {
    const std::lock_guard lock(mutex_);
    names_.erase(name);
  }

 private:
  std::mutex mutex_;
  std::set<std::string> names_;
};

class FileBlob final : public env::Blob {
 public:
  FileBlob(posix::Fd fd, fs::path path, std::uint64_t size, std::shared_ptr<OpenNames> names)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size), names_(std::move(names)) {}
  ~FileBlob() override { names_->remove(path_.filename().string()); }
  FileBlob(const FileBlob&) = delete;
  FileBlob& operator=(const FileBlob&) = delete;

  Result<std::uint64_t> append(ByteView bytes) override {
    OORT_TRY(check_usable());
    const std::uint64_t begin = size_;
    const int problem = posix::write_all(fd_.get(), bytes, begin);
    if (problem != 0) {
      // What arrived of the bytes would otherwise stand at the end after a restart.
      if (::ftruncate(fd_.get(), static_cast<off_t>(begin)) != 0) is_poisoned_ = true;
      return fail(posix::error_of(problem, "cannot append to", path_));
    }
    size_ = begin + bytes.size();
    return begin;
  }

  Result<Bytes> read(std::uint64_t offset, std::size_t size) const override {
    OORT_TRY(check_usable());
    const std::uint64_t end = size_;
    if (offset > end || size > end - offset) {
      return fail(ErrorCode::OutOfRange, reason::bad_argument,
                  path_.string() + " ends at " + std::to_string(end) + ", before " +
                      std::to_string(offset) + " + " + std::to_string(size));
    }
    Bytes bytes(size);
    std::size_t done = 0;
    while (done < size) {
      const ssize_t count =
          ::pread(fd_.get(), bytes.data() + done, size - done, static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return fail(short_read(count < 0 ? errno : 0));
      done += static_cast<std::size_t>(count);
    }
    return bytes;
  }

  Result<void> sync() override {
    OORT_TRY(check_usable());
    if (::fdatasync(fd_.get()) == 0) return {};
    // The kernel may have dropped the dirty pages: a second call would succeed and mean nothing.
    is_poisoned_ = true;
    return fail(ErrorCode::Unavailable, reason::disk_failed,
                "cannot sync " + path_.string() + ": " + std::generic_category().message(errno));
  }

  Result<void> truncate(std::uint64_t size) override {
    OORT_TRY(check_usable());
    OORT_ASSERT(size <= size_, "a cut never makes a blob longer");
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
      return fail(posix::error_of(errno, "cannot truncate", path_));
    }
    size_ = size;
    return sync();
  }

  std::uint64_t size() const noexcept override { return size_; }

 private:
  Result<void> check_usable() const {
    if (!is_poisoned_) return {};
    return fail(ErrorCode::Unavailable, reason::disk_failed,
                path_.string() + " failed before; open it anew and check what it holds");
  }
  Error short_read(int number) const {
    if (number != 0) {
      return {ErrorCode::Unavailable, reason::disk_failed,
              "cannot read " + path_.string() + ": " + std::generic_category().message(number)};
    }
    return {ErrorCode::Unavailable, reason::disk_failed,
            path_.string() + " became shorter than it was written"};
  }

  posix::Fd fd_;
  fs::path path_;
  // Grows after the bytes are in the file, so that a reader beside an append sees only whole ones.
  std::atomic<std::uint64_t> size_;
  std::atomic<bool> is_poisoned_{false};
  std::shared_ptr<OpenNames> names_;
};

class FileBlobStore final : public env::BlobStore {
 public:
  explicit FileBlobStore(fs::path folder) : folder_(std::move(folder)) {}

  Result<std::unique_ptr<env::Blob>> open(std::string_view name) override {
    OORT_TRY(check_name(name));
    const fs::path path = folder_ / name;
    Result<posix::Fd> fd = posix::open_file(path, O_RDWR);
    if (!fd && fd.error().code() == ErrorCode::NotFound) {
      fd = posix::open_file(path, O_RDWR | O_CREAT);
      if (fd) OORT_TRY(posix::sync_folder(folder_));
    }
    if (!fd) return fail(std::move(fd).error());
    struct stat facts{};
    if (::fstat(fd->get(), &facts) != 0) return fail(posix::error_of(errno, "cannot stat", path));
    open_names_->add(std::string(name));
    return std::make_unique<FileBlob>(*std::move(fd), path,
                                      static_cast<std::uint64_t>(facts.st_size), open_names_);
  }

  Result<void> remove(std::string_view name) override {
    OORT_TRY(check_name(name));
    const fs::path path = folder_ / name;
    if (::unlink(path.c_str()) != 0) {
      if (errno == ENOENT) return {};
      return fail(posix::error_of(errno, "cannot remove", path));
    }
    return posix::sync_folder(folder_);
  }

  Result<void> replace(std::string_view name, ByteView bytes) override {
    OORT_TRY(check_name(name));
    const fs::path path = folder_ / name;
    const fs::path aside = folder_ / (std::string(aside_prefix) + std::string(name));
    // Two replacements of one name at a time would write the same file aside.
    const std::lock_guard lock(replace_mutex_);
    ::unlink(aside.c_str());
    OORT_TRY(posix::write_new_file(aside, bytes, 0644));
    if (::rename(aside.c_str(), path.c_str()) != 0) {
      const int problem = errno;
      ::unlink(aside.c_str());
      return fail(posix::error_of(problem, "cannot replace", path));
    }
    return posix::sync_folder(folder_);
  }

  Result<std::vector<std::string>> list() const override {
    std::vector<std::string> names;
    std::error_code problem;
    fs::directory_iterator entry(folder_, problem);
    for (; !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
      std::string name = entry->path().filename().string();
      if (!name.starts_with('.')) names.push_back(std::move(name));
    }
    if (problem) return fail(posix::error_of(problem.value(), "cannot list", folder_));
    std::ranges::sort(names);
    return names;
  }

  Result<std::uint64_t> free_bytes() const override {
    struct statvfs facts{};
    if (::statvfs(folder_.c_str(), &facts) != 0) {
      return fail(posix::error_of(errno, "cannot measure", folder_));
    }
    return std::uint64_t{facts.f_bavail} * std::uint64_t{facts.f_frsize};
  }

  /// Removes what a crash left half written.
  Result<void> sweep() {
    std::error_code problem;
    fs::directory_iterator entry(folder_, problem);
    for (; !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
      const fs::path path = entry->path();
      if (path.filename().string().starts_with(aside_prefix)) ::unlink(path.c_str());
    }
    if (problem) return fail(posix::error_of(problem.value(), "cannot list", folder_));
    return {};
  }

 private:
  fs::path folder_;
  std::mutex replace_mutex_;
  std::shared_ptr<OpenNames> open_names_ = std::make_shared<OpenNames>();
};

}  // namespace

Result<std::unique_ptr<env::BlobStore>> open_blob_store(const fs::path& folder) {
  OORT_TRY(posix::make_folder(folder, 0700));
  auto store = std::make_unique<FileBlobStore>(folder);
  OORT_TRY(store->sweep());
  return store;
}

}  // namespace oort::host
