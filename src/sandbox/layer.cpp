// SPDX-License-Identifier: Apache-2.0
#include "layer.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <clocale>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel.hpp"
#include "layer_source.hpp"
#include "oort/core/reasons.hpp"

namespace oort::sandbox {
namespace {

using kernel::Fd;

constexpr std::string_view whiteout = ".wh.";
constexpr std::string_view whiteout_opaque = ".wh..wh..opq";
constexpr std::string_view whiteout_reserved = ".wh..wh.";
constexpr std::size_t name_bytes_max = 255;
constexpr std::size_t path_bytes_max = 4095;

tl::unexpected<Error> refuse(std::string_view why, const std::string& what) {
  const ErrorCode code =
      why == reason::image_bomb ? ErrorCode::ResourceExhausted : ErrorCode::InvalidArgument;
  return fail(code, why, "image: " + what.substr(0, 500));
}

/// The parts of a path of the archive, below its root.
Result<std::vector<std::string>> parts_of(std::string_view path) {
  if (path.size() > path_bytes_max) {
    return refuse(reason::image_name_too_long, "a path of " + std::to_string(path.size()));
  }
  if (path.starts_with('/')) return refuse(reason::image_absolute_path, std::string(path));
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") return refuse(reason::image_traversal, std::string(path));
    if (part.size() > name_bytes_max) {
      return refuse(reason::image_name_too_long, std::string(part));
    }
    parts.emplace_back(part);
  }
  return parts;
}

/// Whether a relative link in the folder of `parts` (its own name last) stays below the root.
bool stays_inside(const std::vector<std::string>& parts, std::string_view target) {
  std::size_t depth = parts.size() - 1;
  std::size_t begin = 0;
  while (begin < target.size()) {
    const std::size_t end = std::min(target.find('/', begin), target.size());
    const std::string_view part = target.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == ".." && depth == 0) return false;
    depth = part == ".." ? depth - 1 : depth + 1;
  }
  return true;
}

class FreeArchive {
 public:
  void operator()(archive* reader) const noexcept { archive_read_free(reader); }
};

/// Names in archives are UTF-8 here, whatever the process' own locale is.
class Utf8 {
 public:
  Utf8() : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (utf8_ != nullptr) before_ = ::uselocale(utf8_);
  }
  ~Utf8() {
    if (utf8_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(utf8_);
  }
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;

 private:
  locale_t utf8_ = nullptr;
  locale_t before_ = nullptr;
};

class Unpacker {
 public:
  Unpacker(LayerSource& source, int folder, ImageBudget& budget)
      : source_(source), folder_(folder), budget_(budget), reader_(archive_read_new()) {}

  Result<void> run() {
    archive_read_support_format_tar(reader_.get());
    archive_read_support_format_empty(reader_.get());
    if (archive_read_open(reader_.get(), this, nullptr, give, nullptr) != ARCHIVE_OK) {
      return broken();
    }
    for (;;) {
      archive_entry* entry = nullptr;
      const int found = archive_read_next_header(reader_.get(), &entry);
      if (found == ARCHIVE_EOF) return {};
      // A warning is about an attribute that is not kept anyway, or a name that is checked below.
      if (found != ARCHIVE_OK && found != ARCHIVE_WARN) return broken();
      OORT_TRY(take(entry));
    }
  }

 private:
  static la_ssize_t give(archive* reader, void* self, const void** bytes) {
    auto* unpacker = static_cast<Unpacker*>(self);
    auto more = unpacker->source_.next();
    if (!more) {
      unpacker->problem_ = std::move(more).error();
      archive_set_error(reader, EIO, "the layer cannot be read");
      return ARCHIVE_FATAL;
    }
    *bytes = more->data();
    return static_cast<la_ssize_t>(more->size());
  }

  tl::unexpected<Error> broken() {
    if (problem_) return fail(*problem_);
    const char* why = archive_error_string(reader_.get());
    return refuse(reason::malformed,
                  std::string("a layer is no tar: ") + (why == nullptr ? "unknown" : why));
  }

  Result<void> take(archive_entry* entry) {
    const char* named = archive_entry_pathname(entry);
    if (named == nullptr || *named == '\0') return refuse(reason::malformed, "a name is no UTF-8");
    const std::string path = named;
    OORT_TRY(const std::vector<std::string> parts, parts_of(path));
    // The root itself, which is there.
    if (parts.empty()) return {};
    if (budget_.names_count-- == 0) {
      budget_.names_count = 0;
      return refuse(reason::image_bomb, "more names than the limit allows");
    }
    OORT_TRY(const Fd above, open_above(parts, path));
    const std::string& name = parts.back();
    if (name.starts_with(whiteout)) return take_whiteout(above, name, path);
    if (const char* target = archive_entry_hardlink(entry)) {
      return take_hard_link(above, name, target);
    }
    switch (archive_entry_filetype(entry)) {
      case AE_IFREG: return take_file(above, name, path, entry);
      case AE_IFDIR: return take_folder(above, name, path, entry);
      case AE_IFLNK: return take_link(above, parts, entry);
      default: return refuse(reason::image_device, path + " is no file, folder or link");
    }
  }

  static Fd open_beneath(int folder, const std::string& name) {
    open_how how{};
    how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return Fd(static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how)));
  }

  /// The folder in which the last of `parts` stands; those that are missing are made.
  Result<Fd> open_above(const std::vector<std::string>& parts, const std::string& path) {
    Fd at(::openat(folder_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (std::size_t i = 0; i + 1 < parts.size() && at.is_open(); ++i) {
      if (::mkdirat(at.get(), parts[i].c_str(), 0755) == 0) {
        if (budget_.names_count == 0) {
          return refuse(reason::image_bomb, "more names than the limit allows");
        }
        --budget_.names_count;
      }
      Fd next = open_beneath(at.get(), parts[i]);
      if (!next.is_open() && (errno == ELOOP || errno == EXDEV || errno == ENOTDIR)) {
        return refuse(reason::image_traversal, path + " goes through what is no folder");
      }
      std::swap(at, next);
    }
    if (at.is_open()) return at;
    return fail(kernel::error_of(errno, "cannot open the folder of " + path));
  }

  static Result<void> take_whiteout(const Fd& above, const std::string& name,
                                    const std::string& path) {
    if (name == whiteout_opaque) {
      return kernel::check(::fsetxattr(above.get(), "user.overlay.opaque", "y", 1, 0),
                           "cannot mark " + path + " as opaque");
    }
    const std::string hidden = name.substr(whiteout.size());
    const bool is_name = !hidden.empty() && hidden != "." && hidden != "..";
    if (!is_name || name.starts_with(whiteout_reserved)) {
      return refuse(reason::malformed, path + " is no whiteout");
    }
    OORT_TRY(make_room(above, hidden, path));
    return kernel::check(::mknodat(above.get(), hidden.c_str(), S_IFCHR | 0600, makedev(0, 0)),
                         "cannot white out " + path);
  }

  /// A name may come again, and then the last one counts; but a folder with something in it is not
  /// taken away.
  static Result<void> make_room(const Fd& above, const std::string& name, const std::string& path) {
    if (::unlinkat(above.get(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
    if (errno == EISDIR && ::unlinkat(above.get(), name.c_str(), AT_REMOVEDIR) == 0) return {};
    return refuse(reason::malformed, path + " stands twice");
  }

  static mode_t mode_of(archive_entry* entry, mode_t always) {
    return (archive_entry_perm(entry) & 0777) | always;
  }

  static Result<void> take_folder(const Fd& above, const std::string& name, const std::string& path,
                                  archive_entry* entry) {
    if (::mkdirat(above.get(), name.c_str(), 0755) != 0) {
      struct stat facts{};
      if (errno != EEXIST ||
          ::fstatat(above.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
        return fail(kernel::error_of(errno, "cannot make " + path));
      }
      if (!S_ISDIR(facts.st_mode)) return refuse(reason::malformed, path + " stands twice");
    }
    const Fd made = open_beneath(above.get(), name);
    return kernel::check(::fchmod(made.get(), mode_of(entry, 0755)), "cannot make " + path);
  }

  static Result<void> take_link(const Fd& above, const std::vector<std::string>& parts,
                                archive_entry* entry) {
    const char* target = archive_entry_symlink(entry);
    const std::string& name = parts.back();
    if (target == nullptr || *target == '\0') return refuse(reason::malformed, name);
    const std::string_view text = target;
    if (text.size() > path_bytes_max) return refuse(reason::image_name_too_long, name);
    // An absolute target counts from the task's root; nothing here ever follows it.
    if (!text.starts_with('/') && !stays_inside(parts, text)) {
      return refuse(reason::image_link_escapes, name + " -> " + target);
    }
    OORT_TRY(make_room(above, name, name));
    return kernel::check(::symlinkat(target, above.get(), name.c_str()), "cannot link " + name);
  }

  Result<void> take_hard_link(const Fd& above, const std::string& name, const std::string& target) {
    const auto parts = parts_of(target);
    if (!parts || parts->empty()) {
      return refuse(reason::image_link_escapes, name + " is " + target);
    }
    auto folder = open_above(*parts, target);
    struct stat facts{};
    const bool is_file =
        folder &&
        ::fstatat(folder->get(), parts->back().c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(facts.st_mode);
    if (!is_file) {
      return refuse(reason::image_link_escapes, name + " is " + target + ", which is not there");
    }
    struct stat same{};
    if (::fstatat(above.get(), name.c_str(), &same, AT_SYMLINK_NOFOLLOW) == 0 &&
        same.st_ino == facts.st_ino) {
      return {};
    }
    OORT_TRY(make_room(above, name, name));
    return kernel::check(
        ::linkat(folder->get(), parts->back().c_str(), above.get(), name.c_str(), 0),
        "cannot link " + name);
  }

  Result<void> take_file(const Fd& above, const std::string& name, const std::string& path,
                         archive_entry* entry) {
    const la_int64_t size = archive_entry_size(entry);
    if (size < 0 || static_cast<std::uint64_t>(size) > budget_.bytes) {
      return refuse(reason::image_bomb, path + " has more bytes than the limit allows");
    }
    budget_.bytes -= static_cast<std::uint64_t>(size);
    OORT_TRY(make_room(above, name, path));
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const Fd file(::openat(above.get(), name.c_str(), flags, 0600));
    if (!file.is_open()) return fail(kernel::error_of(errno, "cannot create " + path));
    OORT_TRY(write_data(file, static_cast<std::uint64_t>(size), path));
    const timespec time{archive_entry_mtime(entry), 0};
    const std::array<timespec, 2> times = {time, time};
    static_cast<void>(::futimens(file.get(), times.data()));
    return kernel::check(::fchmod(file.get(), mode_of(entry, 0444)), "cannot create " + path);
  }

  /// Holes stay holes, but count as what they claim to be.
  Result<void> write_data(const Fd& file, std::uint64_t size, const std::string& path) {
    OORT_TRY(
        kernel::check(::ftruncate(file.get(), static_cast<off_t>(size)), "cannot size " + path));
    for (;;) {
      const void* data = nullptr;
      std::size_t count = 0;
      la_int64_t offset = 0;
      const int read = archive_read_data_block(reader_.get(), &data, &count, &offset);
      if (read == ARCHIVE_EOF) return {};
      if (read != ARCHIVE_OK) return broken();
      const auto begin = static_cast<std::uint64_t>(offset);
      if (offset < 0 || begin > size || count > size - begin) {
        return refuse(reason::malformed, path + " has more bytes than it says");
      }
      if (::lseek(file.get(), offset, SEEK_SET) < 0) {
        return fail(kernel::error_of(errno, "cannot write " + path));
      }
      const ByteView bytes(static_cast<const std::byte*>(data), count);
      OORT_TRY(kernel::send_all(file.get(), bytes));
    }
  }

  LayerSource& source_;
  int folder_;
  ImageBudget& budget_;
  std::unique_ptr<archive, FreeArchive> reader_;
  std::optional<Error> problem_;
};

}  // namespace

Result<void> unpack_layer(int blob, const Descriptor& layer, const std::string& tar_sha256,
                          int folder, ImageBudget& budget) {
  const Utf8 names;
  OORT_TRY(const std::unique_ptr<LayerSource> source, open_layer(blob, layer, tar_sha256, budget));
  Unpacker unpacker(*source, folder, budget);
  OORT_TRY(unpacker.run());
  return source->verify();
}

}  // namespace oort::sandbox
