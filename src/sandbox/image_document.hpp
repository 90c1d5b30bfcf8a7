// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

/// The JSON documents of an OCI image: strangers' bytes to checked fields.
namespace oort::sandbox {

inline constexpr std::size_t document_bytes_max = 4U << 20U;

namespace media {
inline constexpr const char* index = "application/vnd.oci.image.index.v1+json";
inline constexpr const char* manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char* config = "application/vnd.oci.image.config.v1+json";
inline constexpr const char* layer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr const char* layer_gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr const char* layer_zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
}  // namespace media

struct Descriptor {
  std::string media_type;
  /// 64 hexadecimal digits of a SHA-256.
  std::string sha256;
  std::uint64_t size = 0;
  /// "linux/amd64", or empty.
  std::string platform;
};

struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;
};

struct ImageConfig {
  std::vector<std::string> command;
  std::vector<std::string> environment;
  std::string working_folder;
  /// SHA-256 of each layer's plain tar, in hexadecimal.
  std::vector<std::string> layers;
};

/// All fail with MALFORMED, or IMAGE_MEDIA_TYPE for a type that is none of those above or a digest
/// that is no SHA-256. Unknown fields are passed over.
[[nodiscard]] Result<std::vector<Descriptor>> parse_index(ByteView bytes);
[[nodiscard]] Result<Manifest> parse_manifest(ByteView bytes);
[[nodiscard]] Result<ImageConfig> parse_image_config(ByteView bytes);
/// The digits of "sha256:…".
[[nodiscard]] Result<std::string> parse_digest(const std::string& text);

}  // namespace oort::sandbox
