// SPDX-License-Identifier: Apache-2.0
// Documents and layers of images that strangers made. The first byte says what the rest is: a
// document, or a layer of one of the three packings. A layer is unpacked into an empty folder in
// memory beside which nothing may appear, and in which nothing may stand that I3 forbids.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "image_document.hpp"
#include "kernel.hpp"
#include "layer.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"

namespace {

namespace fs = std::filesystem;
using namespace oort::sandbox;

void check_tree(const fs::path& root) {
  for (const auto& one : fs::recursive_directory_iterator(root)) {
    struct stat facts{};
    OORT_ASSERT(::lstat(one.path().c_str(), &facts) == 0, "what was listed is there");
    const bool is_whiteout = S_ISCHR(facts.st_mode) && facts.st_rdev == makedev(0, 0);
    const bool is_plain =
        S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode) || S_ISLNK(facts.st_mode);
    OORT_ASSERT(is_plain || is_whiteout, "a store holds no devices");
    const bool is_link = S_ISLNK(facts.st_mode);
    OORT_ASSERT(is_link || (facts.st_mode & 07000U) == 0, "a store gives no rights");
  }
}

void unpack(const char* media_type, oort::ByteView bytes) {
  const fs::path root = "/dev/shm/oort-fuzz-" + std::to_string(::getpid());
  fs::remove_all(root);
  fs::create_directories(root / "layer");
  Descriptor layer;
  layer.media_type = media_type;
  layer.sha256 = oort::crypto::sha256(bytes).hex();
  layer.size = bytes.size();
  const kernel::Fd blob(::memfd_create("layer", MFD_CLOEXEC));
  const kernel::Fd folder(::open((root / "layer").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!kernel::send_all(blob.get(), bytes)) std::abort();
  ::lseek(blob.get(), 0, SEEK_SET);
  ImageBudget budget({1U << 20U, 200, 1, 200});
  static_cast<void>(unpack_layer(blob.get(), layer, layer.sha256, folder.get(), budget));
  check_tree(root / "layer");
  OORT_ASSERT(std::distance(fs::directory_iterator(root), {}) == 1, "nothing stands beside it");
  fs::remove_all(root);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const oort::ByteView bytes(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      static_cast<void>(parse_index(bytes));
      static_cast<void>(parse_manifest(bytes));
      static_cast<void>(parse_image_config(bytes));
      break;
    case 1: unpack(media::layer, bytes); break;
    case 2: unpack(media::layer_gzip, bytes); break;
    default: unpack(media::layer_zstd, bytes); break;
  }
  return 0;
}
