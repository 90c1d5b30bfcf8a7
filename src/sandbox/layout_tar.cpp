// SPDX-License-Identifier: Apache-2.0
#include "layout_tar.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include "image_document.hpp"
#include "kernel.hpp"
#include "oort/core/reasons.hpp"

namespace oort::sandbox {
namespace {

using kernel::Fd;

constexpr std::size_t block_bytes = 65536;
constexpr std::uint64_t names_count_max = 10'000;

struct FreeArchive {
  void operator()(archive* reader) const noexcept { archive_read_free(reader); }
};

tl::unexpected<Error> malformed(archive* reader) {
  const char* why = archive_error_string(reader);
  return fail(ErrorCode::InvalidArgument, reason::malformed,
              std::string("image: the layout is no tar: ") + (why == nullptr ? "unknown" : why));
}

/// The name below the layout, as we write it; empty for what is none of it.
std::string place_of(std::string_view name) {
  constexpr std::string_view blobs = "blobs/sha256/";
  while (name.starts_with("./")) name.remove_prefix(2);
  if (name == "index.json") return std::string(name);
  if (!name.starts_with(blobs)) return {};
  const auto digits = parse_digest("sha256:" + std::string(name.substr(blobs.size())));
  return digits ? std::string(blobs) + *digits : std::string();
}

Result<void> copy(archive* reader, const std::filesystem::path& path) {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const Fd file(::open(path.c_str(), flags, 0644));
  if (!file.is_open() && errno == EEXIST) {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "image: the layout holds " + path.filename().string() + " twice");
  }
  if (!file.is_open()) return fail(kernel::error_of(errno, "cannot create a blob"));
  Bytes part(block_bytes);
  for (;;) {
    const la_ssize_t count = archive_read_data(reader, part.data(), part.size());
    if (count < 0) return malformed(reader);
    if (count == 0) return {};
    OORT_TRY(kernel::send_all(file.get(), ByteView(part).first(static_cast<std::size_t>(count))));
  }
}

}  // namespace

Result<void> unpack_layout(int archive_fd, const std::filesystem::path& folder,
                           const ImageLimits& limits) {
  for (const char* part : {"blobs", "blobs/sha256"}) {
    OORT_TRY(kernel::check(::mkdir((folder / part).c_str(), 0755), "cannot make the layout"));
  }
  const std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_fd(reader.get(), archive_fd, block_bytes) != ARCHIVE_OK) {
    return malformed(reader.get());
  }
  std::uint64_t bytes = 0;
  for (std::uint64_t names = 0;; ++names) {
    archive_entry* entry = nullptr;
    const int found = archive_read_next_header(reader.get(), &entry);
    if (found == ARCHIVE_EOF) return {};
    if (found != ARCHIVE_OK && found != ARCHIVE_WARN) return malformed(reader.get());
    const char* name = archive_entry_pathname(entry);
    const std::string place = name == nullptr ? "" : place_of(name);
    const la_int64_t size = archive_entry_size(entry);
    const auto left = limits.bytes_max - bytes;
    if (names > names_count_max || size < 0 || static_cast<std::uint64_t>(size) > left) {
      return fail(ErrorCode::ResourceExhausted, reason::image_bomb,
                  "image: the layout is larger than the limits allow");
    }
    bytes += static_cast<std::uint64_t>(size);
    const bool is_plain =
        archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == nullptr;
    if (place.empty() || !is_plain) continue;
    OORT_TRY(copy(reader.get(), folder / place));
  }
}

}  // namespace oort::sandbox
