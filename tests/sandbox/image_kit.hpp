// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "image_document.hpp"
#include "oort/sandbox/image.hpp"

namespace oort::sandbox::test {

/// One name of a tar. The type is that of a tar's header: '0' file, '1' hard link, '2' symbolic
/// link, '3' character device, '5' folder, '6' pipe.
struct TarEntry {
  std::string path;
  char type = '0';
  std::string content = {};
  std::string link = {};
  unsigned mode = 0644;
};

/// A tar as it is defined (POSIX ustar; a long name in a pax header), which lets us write what no
/// tool would.
[[nodiscard]] std::string make_tar(const std::vector<TarEntry>& entries);

enum class Packing { None, Gzip, Zstd };
[[nodiscard]] std::string pack(const std::string& tar, Packing packing);
[[nodiscard]] std::string sha256_of(const std::string& bytes);

/// A layout in a folder, layer by layer.
class LayoutBuilder {
 public:
  explicit LayoutBuilder(std::filesystem::path folder);
  void add_layer(const std::string& tar, Packing packing = Packing::None);
  /// Writes configuration, manifest and index; the manifest's digest.
  std::string finish();

  // What a test spoils before `finish`.
  std::string layer_type;
  std::string config_type = media::config;
  std::string manifest_type = media::manifest;
  std::string diff_id;

  /// Puts bytes under their digest, or under another; the digits.
  std::string put_blob(const std::string& bytes, const std::string& name = "") const;
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  std::filesystem::path folder_;
  std::string layers_;
  std::string diff_ids_;
};

}  // namespace oort::sandbox::test
