// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/datahub/json.hpp"

/// Datasets in the formats that others read.
///
/// Invariants
///   X1  Equal input makes equal bytes: no time, user or machine is in any of them.
///   X2  What a format cannot hold is refused with BAD_ARGUMENT, never changed.
namespace oort::datahub {

struct NamedFile {
  std::string name;
  Bytes bytes;
  friend bool operator==(const NamedFile&, const NamedFile&) = default;
};

/// One canonical JSON value a line.
[[nodiscard]] Result<std::string> jsonl_of(const std::vector<Json>& values);

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};
/// RFC 4180 with a header line: CRLF, and quotes where they are needed. Every row must be as long
/// as the header; texts are UTF-8.
[[nodiscard]] Result<std::string> csv_of(const Table& table);

/// A rectangle in thousandths of a pixel from the upper left corner.
struct Box {
  std::uint32_t label = 0;  ///< Its place in the list of labels.
  std::uint64_t left = 0;
  std::uint64_t top = 0;
  std::uint64_t width = 0;
  std::uint64_t height = 0;
};
struct BoxedImage {
  std::string file_name;
  std::uint32_t width = 0;   ///< Pixels.
  std::uint32_t height = 0;  ///< Pixels.
  std::vector<Box> boxes;
};
struct BoxedSet {
  std::string description;
  std::vector<std::string> labels;
  std::vector<BoxedImage> images;
};
/// COCO's object detection. Ids count from 1 in the order of the lists; a box has x, y, width and
/// height in pixels.
[[nodiscard]] Result<Json> coco_of(const BoxedSet& set);
/// `data.yaml`, and for each image `labels/STEM.txt` with a line a box: label, centre, width and
/// height as shares with six digits. An image without boxes has an empty file. Stems must differ.
[[nodiscard]] Result<std::vector<NamedFile>> yolo_of(const BoxedSet& set);
/// For each image `Annotations/STEM.xml` as in Pascal VOC: pixels from 1, both ends included,
/// rounded to the nearest. Stems must differ.
[[nodiscard]] Result<std::vector<NamedFile>> voc_of(const BoxedSet& set);

/// A POSIX ustar archive: files only, mode 0644, owner 0, time 0.
class TarWriter {
 public:
  /// Fails with BAD_ARGUMENT for a path that is not canonical or too long for ustar (100 bytes
  /// after a directory of 155).
  [[nodiscard]] Result<void> add(std::string_view name, ByteView bytes);
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  /// The archive with its end.
  [[nodiscard]] Bytes take() &&;

 private:
  Bytes bytes_;
};

/// One sample of a WebDataset: its parts share the key and differ in their extension.
struct WebSample {
  std::string key;  ///< Letters, digits, "_", "-" and "/"; no dot, for the extension begins there.
  std::vector<std::pair<std::string, Bytes>> parts;  ///< Extension without its dot, and content.
};
/// Shards `PREFIX-000000.tar` and so on, each at most the target where one sample is not larger.
class WebShards {
 public:
  WebShards(std::string prefix, std::size_t target_bytes)
      : prefix_(std::move(prefix)), target_bytes_(target_bytes) {}
  /// A shard that this sample did not fit into any more, if so. Parts are put in the order of their
  /// extensions. Fails with BAD_ARGUMENT for a key or an extension of other characters, a sample
  /// without parts, and an extension that stands twice.
  [[nodiscard]] Result<std::optional<NamedFile>> add(const WebSample& sample);
  /// The last shard; empty when there was no sample since.
  [[nodiscard]] std::optional<NamedFile> finish();

 private:
  [[nodiscard]] NamedFile close();
  std::string prefix_;
  std::size_t target_bytes_;
  std::uint32_t shards_count_ = 0;
  TarWriter tar_;
};

}  // namespace oort::datahub
