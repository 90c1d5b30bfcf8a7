// SPDX-License-Identifier: Apache-2.0
#include "layer_source.hpp"

#include <archive.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <utility>

#include "kernel.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::sandbox {
namespace {

constexpr std::uint64_t ratio_counts_from = 16U << 20U;
// What a tar says beside its files: headers of 512 bytes, and as much again to fill the last block.
constexpr std::uint64_t tar_bytes_per_name = 8192;

Result<void> check_digest(crypto::StreamDigest& digest, const std::string& expected,
                          const char* what) {
  const std::string found = to_hex(digest.finish());
  if (found == expected) return {};
  return fail(ErrorCode::DataLoss, reason::image_digest_mismatch,
              std::string("image: a layer's ") + what + " is " + found + ", not " + expected);
}

/// The blob as it is.
class BlobSource final : public LayerSource {
 public:
  BlobSource(int fd, std::uint64_t size, std::string sha256)
      : fd_(fd), size_(size), expected_(std::move(sha256)), digest_(crypto::Digest::Sha256) {}

  Result<ByteView> next() override {
    ssize_t count = -1;
    do {
      count = ::read(fd_, part_.data(), part_.size());
    } while (count < 0 && errno == EINTR);
    if (count < 0) return fail(kernel::error_of(errno, "cannot read a layer"));
    const ByteView bytes = ByteView(part_).first(static_cast<std::size_t>(count));
    read_ += bytes.size();
    if (read_ > size_) {
      return fail(ErrorCode::DataLoss, reason::image_digest_mismatch,
                  "image: a layer has more bytes than its descriptor says");
    }
    digest_.update(bytes);
    return bytes;
  }
  Result<void> verify() override {
    for (;;) {
      OORT_TRY(const ByteView bytes, next());
      if (bytes.empty()) break;
    }
    return check_digest(digest_, expected_, "blob");
  }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return read_; }

 private:
  int fd_;
  std::uint64_t size_;
  std::uint64_t read_ = 0;
  std::string expected_;
  crypto::StreamDigest digest_;
  std::array<std::byte, 65536> part_{};
};

struct FreeArchive {
  void operator()(archive* reader) const noexcept { archive_read_free(reader); }
};

/// What the blob unpacks to.
class TarSource final : public LayerSource {
 public:
  TarSource(std::unique_ptr<BlobSource> blob, std::string sha256, const ImageBudget& budget)
      : blob_(std::move(blob)),
        expected_(std::move(sha256)),
        digest_(crypto::Digest::Sha256),
        ratio_max_(budget.ratio) {
    const std::uint64_t around =
        std::min<std::uint64_t>(budget.names_count, std::numeric_limits<std::uint32_t>::max()) *
        tar_bytes_per_name;
    const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - around;
    bytes_max_ = std::min(budget.bytes, room) + around;
  }

  Result<void> open(const std::string& media_type) {
    if (media_type == media::layer) return {};
    reader_.reset(archive_read_new());
    archive_read_support_format_raw(reader_.get());
    archive_read_support_format_empty(reader_.get());
    const int filter = media_type == media::layer_gzip ? ARCHIVE_FILTER_GZIP : ARCHIVE_FILTER_ZSTD;
    if (archive_read_append_filter(reader_.get(), filter) != ARCHIVE_OK) return refuse();
    if (archive_read_open(reader_.get(), this, nullptr, give, nullptr) != ARCHIVE_OK) {
      return refuse();
    }
    archive_entry* entry = nullptr;
    const int found = archive_read_next_header(reader_.get(), &entry);
    if (found == ARCHIVE_EOF) return {};
    return found == ARCHIVE_OK ? Result<void>() : refuse();
  }

  Result<ByteView> next() override {
    OORT_TRY(const ByteView bytes, reader_ ? unpack() : blob_->next());
    digest_.update(bytes);
    written_ += bytes.size();
    const bool is_bomb = written_ > bytes_max_ || (written_ > ratio_counts_from &&
                                                   written_ / ratio_max_ > blob_->bytes_read());
    if (!is_bomb) return bytes;
    return fail(ErrorCode::ResourceExhausted, reason::image_bomb,
                "image: a layer unpacks to more than its limits allow");
  }
  Result<void> verify() override {
    for (;;) {
      OORT_TRY(const ByteView bytes, next());
      if (bytes.empty()) break;
    }
    OORT_TRY(blob_->verify());
    return check_digest(digest_, expected_, "tar");
  }

 private:
  /// libarchive's callback: more of the blob.
  static la_ssize_t give(archive* reader, void* self, const void** bytes) {
    auto* source = static_cast<TarSource*>(self);
    auto more = source->blob_->next();
    if (!more) {
      source->problem_ = std::move(more).error();
      archive_set_error(reader, EIO, "the blob cannot be read");
      return ARCHIVE_FATAL;
    }
    *bytes = more->data();
    return static_cast<la_ssize_t>(more->size());
  }

  tl::unexpected<Error> refuse() {
    if (problem_) return fail(*problem_);
    const char* why = archive_error_string(reader_.get());
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                std::string("image: a layer cannot be decompressed: ") +
                    (why == nullptr ? "unknown" : why));
  }

  Result<ByteView> unpack() {
    const la_ssize_t count = archive_read_data(reader_.get(), part_.data(), part_.size());
    if (count < 0) return refuse();
    return ByteView(part_).first(static_cast<std::size_t>(count));
  }

  std::unique_ptr<BlobSource> blob_;
  std::unique_ptr<archive, FreeArchive> reader_;
  std::optional<Error> problem_;
  std::string expected_;
  crypto::StreamDigest digest_;
  std::uint64_t ratio_max_;
  std::uint64_t bytes_max_ = 0;
  std::uint64_t written_ = 0;
  std::array<std::byte, 65536> part_{};
};

}  // namespace

Result<std::unique_ptr<LayerSource>> open_layer(int blob, const Descriptor& layer,
                                                const std::string& tar_sha256,
                                                const ImageBudget& budget) {
  auto source = std::make_unique<TarSource>(
      std::make_unique<BlobSource>(blob, layer.size, layer.sha256), tar_sha256, budget);
  OORT_TRY(source->open(layer.media_type));
  return source;
}

}  // namespace oort::sandbox
