// SPDX-License-Identifier: Apache-2.0
#include "key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"

namespace oort::cli {
namespace {

constexpr std::size_t key_file_bytes_max = 4096;

tl::unexpected<Error> file_problem(const std::filesystem::path& path, std::string_view what) {
  const int problem = errno;
  const std::string text = path.string() + " " + std::string(what) + ": " + std::strerror(problem);
  switch (problem) {
    case ENOENT: return fail(ErrorCode::NotFound, reason::not_found, text);
    case EEXIST: return fail(ErrorCode::AlreadyExists, reason::already_exists, text);
    case EACCES:
    case EPERM: return fail(ErrorCode::PermissionDenied, reason::not_allowed, text);
    case ENOSPC: return fail(ErrorCode::ResourceExhausted, reason::disk_full, text);
    default: return fail(ErrorCode::Unavailable, reason::disk_failed, text);
  }
}

/// Closes on leaving.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

Result<void> write_all(const std::filesystem::path& path, int flags, unsigned mode,
                       ByteView bytes) {
  const Descriptor file(::open(path.c_str(), flags | O_WRONLY | O_CLOEXEC, mode));
  if (file.number() < 0) return file_problem(path, "cannot be made");
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return file_problem(path, "cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  if (::fsync(file.number()) != 0) return file_problem(path, "cannot be synced");
  return {};
}

}  // namespace

Result<Bytes> read_file(const std::filesystem::path& path, std::size_t size_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return file_problem(path, "cannot be read");
  Bytes bytes;
  std::array<std::byte, 65536> piece{};
  while (true) {
    const ssize_t size = ::read(file.number(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return file_problem(path, "cannot be read");
    if (size == 0) return bytes;
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + size);
    if (bytes.size() > size_max) {
      return fail(ErrorCode::InvalidArgument, reason::too_large,
                  path.string() + " has more than " + std::to_string(size_max) + " bytes");
    }
  }
}

Result<void> write_file(const std::filesystem::path& path, ByteView bytes, unsigned mode) {
  std::filesystem::path aside = path;
  aside += ".new";
  OORT_TRY(write_all(aside, O_CREAT | O_TRUNC, mode, bytes));
  if (::rename(aside.c_str(), path.c_str()) != 0) return file_problem(path, "cannot be replaced");
  return {};
}

Result<crypto::KeyPair> load_key(const std::filesystem::path& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return file_problem(path, "cannot be read");
  if ((facts.st_mode & 077U) != 0) {
    return fail(ErrorCode::PermissionDenied, reason::not_allowed,
                path.string() + " can be read by others; run: chmod 600 " + path.string());
  }
  OORT_TRY(const Bytes bytes, read_file(path, key_file_bytes_max));
  std::string_view line = as_text(bytes);
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  for (const std::string_view label : {account_key_label, node_key_label}) {
    if (!line.starts_with(label) || line.size() <= label.size()) continue;
    const auto seed = Bytes32::from_hex(line.substr(label.size() + 1));
    if (seed && line[label.size()] == ' ')
      return crypto::KeyPair(crypto::SecretSeed(seed->array()));
  }
  return fail(ErrorCode::InvalidArgument, reason::bad_key,
              path.string() + " is no key file; `oortd keys new FILE` makes one");
}

Result<void> create_key(const std::filesystem::path& path, std::string_view label,
                        const crypto::SecretSeed& seed) {
  const std::string line = std::string(label) + " " + to_hex(seed.view()) + "\n";
  return write_all(path, O_CREAT | O_EXCL, 0600, as_bytes(line));
}

}  // namespace oort::cli
