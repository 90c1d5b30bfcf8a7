// SPDX-License-Identifier: Apache-2.0
#include "oort/sandbox/image.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include "image_document.hpp"
#include "kernel.hpp"
#include "layer.hpp"
#include "layout_tar.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::sandbox {
namespace {

namespace fs = std::filesystem;
using kernel::Fd;

#if defined(__x86_64__)
constexpr std::string_view own_platform = "linux/amd64";
#elif defined(__aarch64__)
constexpr std::string_view own_platform = "linux/arm64";
#else
constexpr std::string_view own_platform = "";
#endif

tl::unexpected<Error> not_found(const std::string& what) {
  return fail(ErrorCode::NotFound, reason::not_found, "image: " + what);
}

/// A folder that goes with its owner, whatever stands in it.
class Scratch {
 public:
  explicit Scratch(fs::path path) : path_(std::move(path)) {}
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

Result<void> make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return fail(kernel::error_of(errno, "cannot make " + folder.string()));
}

/// A name in `store` that nobody else uses.
fs::path aside(const fs::path& store) {
  static std::atomic<std::uint64_t> number{0};
  return store / ("aside-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
}

fs::path blob_path(const fs::path& layout, const std::string& sha256) {
  return layout / "blobs" / "sha256" / sha256;
}

/// A small blob, whole and as its descriptor says.
Result<Bytes> read_document(const fs::path& layout, const Descriptor& descriptor) {
  if (descriptor.size > document_bytes_max) {
    return fail(ErrorCode::ResourceExhausted, reason::image_bomb, "image: a document is too large");
  }
  const fs::path path = blob_path(layout, descriptor.sha256);
  std::error_code problem;
  if (!fs::is_regular_file(path, problem)) return not_found("no blob " + descriptor.sha256);
  OORT_TRY(const std::string text, kernel::read_text(path, document_bytes_max + 1));
  Bytes bytes = to_bytes(text);
  if (bytes.size() == descriptor.size && crypto::sha256(bytes).hex() == descriptor.sha256) {
    return bytes;
  }
  return fail(ErrorCode::DataLoss, reason::image_digest_mismatch,
              "image: blob " + descriptor.sha256 + " holds other bytes");
}

/// The one for this machine, or the only one.
Result<Descriptor> choose(const std::vector<Descriptor>& manifests) {
  const auto own = std::find_if(manifests.begin(), manifests.end(), [](const Descriptor& manifest) {
    return manifest.platform == own_platform;
  });
  if (own != manifests.end()) return *own;
  if (manifests.size() == 1) return manifests.front();
  return not_found("no manifest for " + std::string(own_platform));
}

Result<Descriptor> find_manifest(const fs::path& layout, const std::string& digest) {
  OORT_TRY(const std::string text,
           kernel::read_text(layout / "index.json", document_bytes_max + 1));
  OORT_TRY(const std::vector<Descriptor> manifests, parse_index(as_bytes(text)));
  Descriptor found;
  if (digest.empty()) {
    OORT_TRY(found, choose(manifests));
  } else {
    OORT_TRY(const std::string sha256, parse_digest(digest));
    const auto named =
        std::find_if(manifests.begin(), manifests.end(),
                     [&sha256](const Descriptor& manifest) { return manifest.sha256 == sha256; });
    if (named == manifests.end()) return not_found("no manifest " + digest);
    found = *named;
  }
  if (found.media_type == media::manifest) return found;
  // An index of platforms; one below another has no use.
  OORT_TRY(const Bytes inner, read_document(layout, found));
  OORT_TRY(const std::vector<Descriptor> platforms, parse_index(inner));
  OORT_TRY(Descriptor chosen, choose(platforms));
  if (chosen.media_type == media::manifest) return chosen;
  return fail(ErrorCode::InvalidArgument, reason::image_media_type, "image: an index of indexes");
}

/// The folder of the layer in the store; unpacks it where it is not there yet.
Result<fs::path> take_layer(const fs::path& layout, const fs::path& store, const Descriptor& layer,
                            const std::string& tar_sha256, ImageBudget& budget) {
  fs::path kept = store / tar_sha256;
  std::error_code problem;
  if (fs::is_directory(kept, problem)) return kept;
  const fs::path path = blob_path(layout, layer.sha256);
  const Fd blob(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!blob.is_open()) return not_found("no blob " + layer.sha256);
  const Scratch made(aside(store));
  OORT_TRY(make_folder(made.path()));
  const Fd folder(::open(made.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return fail(kernel::error_of(errno, "cannot open the store"));
  OORT_TRY(unpack_layer(blob.get(), layer, tar_sha256, folder.get(), budget));
  // The name must not outlive a power cut that the files did not.
  OORT_TRY(kernel::check(::syncfs(folder.get()), "cannot sync the store"));
  // Somebody else may have been faster with the same bytes.
  if (::rename(made.path().c_str(), kept.c_str()) != 0 && !fs::is_directory(kept, problem)) {
    return fail(kernel::error_of(errno, "cannot keep a layer"));
  }
  return kept;
}

Result<Image> unpack_folder(const fs::path& layout, const std::string& digest,
                            const fs::path& store, const ImageLimits& limits) {
  OORT_TRY(const Descriptor found, find_manifest(layout, digest));
  OORT_TRY(const Bytes document, read_document(layout, found));
  OORT_TRY(const Manifest manifest, parse_manifest(document));
  OORT_TRY(const Bytes configuration, read_document(layout, manifest.config));
  OORT_TRY(ImageConfig config, parse_image_config(configuration));
  if (config.layers.size() != manifest.layers.size()) {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "image: manifest and configuration name different layers");
  }
  if (manifest.layers.size() > limits.layers_count_max) {
    return fail(ErrorCode::ResourceExhausted, reason::image_bomb, "image: too many layers");
  }
  Image image;
  image.digest = "sha256:" + found.sha256;
  image.command = std::move(config.command);
  image.environment = std::move(config.environment);
  image.working_folder = std::move(config.working_folder);
  ImageBudget budget(limits);
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    OORT_TRY(fs::path layer,
             take_layer(layout, store, manifest.layers[i], config.layers[i], budget));
    image.layers.push_back(std::move(layer));
  }
  return image;
}

}  // namespace

Result<Image> unpack_image(const fs::path& layout, const std::string& digest, const fs::path& store,
                           const ImageLimits& limits) {
  OORT_TRY(make_folder(store));
  const fs::path root = fs::absolute(store);
  std::error_code problem;
  if (fs::is_directory(layout, problem)) return unpack_folder(layout, digest, root, limits);
  const Fd archive(::open(layout.c_str(), O_RDONLY | O_CLOEXEC));
  if (!archive.is_open()) return not_found(layout.string() + " is not there");
  const Scratch unpacked(aside(root));
  OORT_TRY(make_folder(unpacked.path()));
  OORT_TRY(unpack_layout(archive.get(), unpacked.path(), limits));
  return unpack_folder(unpacked.path(), digest, root, limits);
}

}  // namespace oort::sandbox
