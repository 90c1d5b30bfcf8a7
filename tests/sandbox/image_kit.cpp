// SPDX-License-Identifier: Apache-2.0
#include "image_kit.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

#include "oort/crypto/hash.hpp"

namespace oort::sandbox::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t block = 512;

std::string header_of(const TarEntry& entry, std::size_t size) {
  std::string header(block, '\0');
  const auto put = [&header](std::size_t at, const std::string& text) {
    header.replace(at, text.size(), text);
  };
  const auto octal = [](std::uint64_t value, int digits) {
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "%0*llo", digits,
                  static_cast<unsigned long long>(value));
    return std::string(text.data());
  };
  put(0, entry.path.substr(0, 100));
  put(100, octal(entry.mode, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(1'700'000'000, 11));
  put(148, std::string(8, ' '));
  header[156] = entry.type;
  put(157, entry.link.substr(0, 100));
  put(257, std::string("ustar\00000", 8));
  std::uint64_t sum = 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  put(148, octal(sum, 6) + std::string("\0 ", 2));
  return header;
}

std::string padded(std::string content) {
  content.resize((content.size() + block - 1) / block * block, '\0');
  return content;
}

/// "LENGTH key=value\n", where the length counts itself.
std::string pax_record(const std::string& key, const std::string& value) {
  const std::string rest = " " + key + "=" + value + "\n";
  std::size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) {
    length = std::to_string(length).size() + rest.size();
  }
  return std::to_string(length) + rest;
}

}  // namespace

std::string make_tar(const std::vector<TarEntry>& entries) {
  std::string tar;
  for (const TarEntry& entry : entries) {
    std::string records;
    if (entry.path.size() > 100) records += pax_record("path", entry.path);
    if (entry.link.size() > 100) records += pax_record("linkpath", entry.link);
    if (!records.empty()) {
      tar += header_of({"pax", 'x', "", "", 0644}, records.size()) + padded(records);
    }
    tar += header_of(entry, entry.content.size()) + padded(entry.content);
  }
  return tar + std::string(2 * block, '\0');
}

std::string pack(const std::string& tar, Packing packing) {
  if (packing == Packing::None) return tar;
  archive* writer = archive_write_new();
  archive_write_set_format_raw(writer);
  if (packing == Packing::Gzip) {
    archive_write_add_filter_gzip(writer);
  } else {
    archive_write_add_filter_zstd(writer);
  }
  std::string packed(tar.size() + 65536, '\0');
  std::size_t used = 0;
  archive_write_set_bytes_in_last_block(writer, 1);
  archive_write_open_memory(writer, packed.data(), packed.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, tar.data(), tar.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  packed.resize(used);
  return packed;
}

std::string sha256_of(const std::string& bytes) { return crypto::sha256(as_bytes(bytes)).hex(); }

LayoutBuilder::LayoutBuilder(fs::path folder) : folder_(std::move(folder)) {
  fs::create_directories(folder_ / "blobs/sha256");
  std::ofstream(folder_ / "oci-layout") << R"({"imageLayoutVersion":"1.0.0"})";
}

std::string LayoutBuilder::put_blob(const std::string& bytes, const std::string& name) const {
  const std::string sha256 = name.empty() ? sha256_of(bytes) : name;
  std::ofstream(folder_ / "blobs/sha256" / sha256, std::ios::binary) << bytes;
  return sha256;
}

void LayoutBuilder::add_layer(const std::string& tar, Packing packing) {
  const std::string blob = pack(tar, packing);
  std::string type = media::layer;
  if (packing == Packing::Gzip) type = media::layer_gzip;
  if (packing == Packing::Zstd) type = media::layer_zstd;
  if (!layer_type.empty()) type = layer_type;
  const std::string comma = layers_.empty() ? "" : ",";
  layers_ += comma + R"({"mediaType":")" + type + R"(","digest":"sha256:)" + put_blob(blob) +
             R"(","size":)" + std::to_string(blob.size()) + "}";
  diff_ids_ += comma + R"("sha256:)" + (diff_id.empty() ? sha256_of(tar) : diff_id) + R"(")";
}

std::string LayoutBuilder::finish() {
  const std::string config =
      R"({"architecture":"amd64","os":"linux","config":{"Entrypoint":["/bin/prisoner"],)"
      R"("Cmd":["show","word"],"Env":["PATH=/bin"],"WorkingDir":"/etc"},"rootfs":)"
      R"({"type":"layers","diff_ids":[)" +
      diff_ids_ + "]}}";
  const std::string manifest = R"({"schemaVersion":2,"mediaType":")" + manifest_type +
                               R"(","config":{"mediaType":")" + config_type +
                               R"(","digest":"sha256:)" + put_blob(config) + R"(","size":)" +
                               std::to_string(config.size()) + R"(},"layers":[)" + layers_ + "]}";
  const std::string digest = put_blob(manifest);
  std::ofstream(folder_ / "index.json")
      << R"({"schemaVersion":2,"manifests":[{"mediaType":")" << media::manifest
      << R"(","digest":"sha256:)" << digest << R"(","size":)" << manifest.size() << "}]}";
  return "sha256:" + digest;
}

}  // namespace oort::sandbox::test
