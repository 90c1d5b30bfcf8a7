// SPDX-License-Identifier: Apache-2.0
#include "outputs.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <utility>

#include "kernel.hpp"

namespace oort::sandbox {
namespace {

using kernel::Fd;

constexpr std::size_t refused_count_max = 100;
constexpr std::size_t names_count_max = 100'000;
constexpr std::size_t depth_max = 32;

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

Fd open_below(int folder, const char* name, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return Fd(static_cast<int>(::syscall(SYS_openat2, folder, name, &how, sizeof how)));
}

class Copier {
 public:
  explicit Copier(std::uint64_t bytes_max) noexcept : bytes_max_(bytes_max) {}

  Result<void> copy_folder(int from, int to, const std::string& path, std::size_t depth) {
    OORT_TRY(const std::vector<std::string> names, names_in(from));
    for (const std::string& name : names) {
      if (++names_count_ > names_count_max) {
        refuse(path + name, "more than 100,000 names");
        return {};
      }
      OORT_TRY(copy_one(from, to, path + name, name, depth));
    }
    return {};
  }

  Outputs take() && { return std::move(outputs_); }

 private:
  void refuse(const std::string& path, std::string_view why) {
    if (outputs_.refused.size() >= refused_count_max) return;
    outputs_.refused.push_back(path + ": " + std::string(why));
  }

  /// In ascending order, so that the same files give the same outcome.
  static Result<std::vector<std::string>> names_in(int folder) {
    std::vector<std::string> names;
    const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, CloseFolder> listing(copy < 0 ? nullptr : ::fdopendir(copy));
    if (!listing) return names;
    while (const dirent* one = ::readdir(listing.get())) {
      const std::string_view name = one->d_name;
      if (name == "." || name == "..") continue;
      names.emplace_back(name);
      if (names.size() > names_count_max) break;
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<void> copy_one(int from, int to, const std::string& path, const std::string& name,
                        std::size_t depth) {
    struct stat facts{};
    if (::fstatat(from, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
      refuse(path, "cannot be read");
      return {};
    }
    if (S_ISREG(facts.st_mode)) return copy_file(from, to, path, name);
    if (!S_ISDIR(facts.st_mode)) {
      refuse(path, S_ISLNK(facts.st_mode) ? "a symbolic link" : "neither a file nor a folder");
      return {};
    }
    if (depth >= depth_max) {
      refuse(path, "deeper than 32 folders");
      return {};
    }
    const Fd inner = open_below(from, name.c_str(), O_RDONLY | O_DIRECTORY);
    if (!inner.is_open()) {
      refuse(path, "cannot be read");
      return {};
    }
    OORT_TRY(kernel::check(::mkdirat(to, name.c_str(), 0755), "cannot make " + path));
    const Fd outer(::openat(to, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!outer.is_open()) return fail(kernel::error_of(errno, "cannot open " + path));
    return copy_folder(inner.get(), outer.get(), path + "/", depth + 1);
  }

  Result<void> copy_file(int from, int to, const std::string& path, const std::string& name) {
    const Fd source = open_below(from, name.c_str(), O_RDONLY);
    struct stat facts{};
    // What was a file a moment ago is one still: every process of the task is dead.
    if (!source.is_open() || ::fstat(source.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
      refuse(path, "cannot be read");
      return {};
    }
    const auto size = static_cast<std::uint64_t>(facts.st_size);
    if (size > bytes_max_ - outputs_.bytes) {
      refuse(path, "larger than the scratch space");
      return {};
    }
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const Fd target(::openat(to, name.c_str(), flags, 0644));
    if (!target.is_open()) return fail(kernel::error_of(errno, "cannot create " + path));
    std::array<std::byte, 65536> part{};
    std::uint64_t left = size;
    while (left > 0) {
      const ssize_t count =
          ::read(source.get(), part.data(), std::min<std::uint64_t>(left, part.size()));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return fail(kernel::error_of(errno, "cannot read " + path));
      const auto bytes = static_cast<std::size_t>(count);
      OORT_TRY(kernel::send_all(target.get(), ByteView(part).first(bytes)));
      left -= bytes;
    }
    outputs_.bytes += size;
    ++outputs_.files_count;
    return {};
  }

  std::uint64_t bytes_max_;
  std::size_t names_count_ = 0;
  Outputs outputs_;
};

}  // namespace

Result<Outputs> copy_outputs(int scratch, const std::filesystem::path& folder,
                             std::uint64_t bytes_max) {
  Copier copier(bytes_max);
  const Fd from = open_below(scratch, "out", O_RDONLY | O_DIRECTORY);
  if (!from.is_open()) return std::move(copier).take();
  const Fd to(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!to.is_open()) return fail(kernel::error_of(errno, "cannot open " + folder.string()));
  OORT_TRY(copier.copy_folder(from.get(), to.get(), "", 0));
  return std::move(copier).take();
}

}  // namespace oort::sandbox
