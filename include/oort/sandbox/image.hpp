// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "oort/core/result.hpp"

namespace oort::sandbox {

/// How much an image may be. What is more is a bomb.
struct ImageLimits {
  /// Of all files of all layers together.
  std::uint64_t bytes_max = 64ULL << 30U;
  /// Names of all layers together.
  std::uint64_t names_count_max = 2'000'000;
  std::uint64_t layers_count_max = 100;
  /// How many times more bytes a layer may have than its blob, once it has 16 MiB.
  std::uint64_t ratio_max = 200;
};

/// An image ready to run: what a task takes from it.
struct Image {
  /// Of its manifest, "sha256:" and 64 hexadecimal digits.
  std::string digest;
  /// Folders of the store, the lowest first, as `env::SandboxTask::layers` takes them.
  std::vector<std::filesystem::path> layers;
  /// Entry point and default arguments.
  std::vector<std::string> command;
  std::vector<std::string> environment;
  /// Absolute; "/" when the image names none.
  std::string working_folder;
};

/// Unpacks an OCI image layout (image specification 1.0), a folder or a plain tar, into the layer
/// store at `store`, which is made when missing. `digest` names the manifest; when empty, the
/// layout holds one. A layer that the store has is not unpacked again. Blocks.
///
/// Nothing is taken on trust. Invariants
///   I1  A layer stands in the store entirely, under the digest of its plain tar, or not at all;
///   both
///       digests, of blob and of tar, were verified.
///   I2  Unpacking writes nothing outside of the layer's own folder, whatever names and links say.
///   I3  The store holds files, folders, links and overlay whiteouts; no device, no setuid, no
///   setgid,
///       no attribute of the archive. Everything is readable by all.
///   I4  No image takes more than its limits, and a refused one leaves nothing of the refused
///   layer.
///
/// Fails with IMAGE_TRAVERSAL, IMAGE_ABSOLUTE_PATH, IMAGE_LINK_ESCAPES, IMAGE_DEVICE, IMAGE_BOMB,
/// IMAGE_DIGEST_MISMATCH, IMAGE_MEDIA_TYPE, IMAGE_NAME_TOO_LONG, MALFORMED, NOT_FOUND for a blob
/// that the layout lacks, SANDBOX_FAILED for the disk. Threads: any; two may unpack the same image
/// into the same store.
[[nodiscard]] Result<Image> unpack_image(const std::filesystem::path& layout,
                                         const std::string& digest,
                                         const std::filesystem::path& store,
                                         const ImageLimits& limits);

}  // namespace oort::sandbox
