// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>

#include "oort/core/reasons.hpp"
#include "oort/datahub/exports.hpp"
#include "oort/datahub/manifest.hpp"

namespace oort::datahub {

namespace {

constexpr std::size_t block_bytes = 512;
constexpr std::size_t name_bytes_max = 100;
constexpr std::size_t prefix_bytes_max = 155;
constexpr std::uint64_t file_bytes_max = (std::uint64_t{1} << 33) - 1;  // Eleven octal digits.

using Block = std::array<char, block_bytes>;

void put_text(Block& block, std::size_t at, std::string_view text) {
  std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
}

/// `digits` octal digits and a zero byte.
void put_octal(Block& block, std::size_t at, std::size_t digits, std::uint64_t value) {
  for (std::size_t i = digits; i-- > 0; value >>= 3) {
    block[at + i] = static_cast<char>('0' + (value & 7));
  }
}

Block header_of(std::string_view prefix, std::string_view name, std::uint64_t size) {
  Block block{};
  put_text(block, 0, name);
  put_octal(block, 100, 7, 0644);
  put_octal(block, 108, 7, 0);
  put_octal(block, 116, 7, 0);
  put_octal(block, 124, 11, size);
  put_octal(block, 136, 11, 0);
  put_text(block, 148, "        ");  // The checksum counts itself as blanks.
  block[156] = '0';
  put_text(block, 257, "ustar");
  put_text(block, 263, "00");
  put_octal(block, 329, 7, 0);
  put_octal(block, 337, 7, 0);
  put_text(block, 345, prefix);
  std::uint64_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put_octal(block, 148, 6, sum);
  block[154] = '\0';
  return block;
}

bool is_of(std::string_view text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           more.find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<void> TarWriter::add(std::string_view name, ByteView bytes) {
  std::string_view prefix;
  std::string_view rest = name;
  if (rest.size() > name_bytes_max) {
    // The last slash that leaves enough in the prefix.
    const std::size_t slash = name.substr(0, prefix_bytes_max + 1).rfind('/');
    if (slash != std::string_view::npos) {
      prefix = name.substr(0, slash);
      rest = name.substr(slash + 1);
    }
  }
  if (!is_canonical_path(name) || rest.size() > name_bytes_max || bytes.size() > file_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "ustar does not hold a file of that name or size: " + std::string(name));
  }
  const Block header = header_of(prefix, rest, bytes.size());
  const ByteView head = as_bytes(std::string_view(header.data(), header.size()));
  bytes_.insert(bytes_.end(), head.begin(), head.end());
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  bytes_.resize((bytes_.size() + block_bytes - 1) / block_bytes * block_bytes);
  return {};
}

Bytes TarWriter::take() && {
  bytes_.resize(bytes_.size() + 2 * block_bytes);
  return std::move(bytes_);
}

Result<std::optional<NamedFile>> WebShards::add(const WebSample& sample) {
  auto parts = sample.parts;
  std::sort(parts.begin(), parts.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto twice = std::adjacent_find(
      parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  const bool is_fine = is_of(sample.key, "_-/") && !parts.empty() && twice == parts.end() &&
                       std::all_of(parts.begin(), parts.end(),
                                   [](const auto& part) { return is_of(part.first, "._-"); });
  if (!is_fine) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "no key and extensions of a WebDataset: " + sample.key);
  }
  TarWriter own;
  for (const auto& [extension, bytes] : parts) {
    std::string name = sample.key;
    name += '.';
    name += extension;
    OORT_TRY(own.add(name, bytes));
  }
  std::optional<NamedFile> full;
  const std::size_t end_bytes = 2 * block_bytes;
  if (tar_.size() > 0 && tar_.size() + own.size() + end_bytes > target_bytes_) full = close();
  for (const auto& [extension, bytes] : parts) {
    std::string name = sample.key;
    name += '.';
    name += extension;
    OORT_TRY(tar_.add(name, bytes));
  }
  return full;
}

std::optional<NamedFile> WebShards::finish() {
  if (tar_.size() == 0) return std::nullopt;
  return close();
}

NamedFile WebShards::close() {
  std::string number = std::to_string(shards_count_++);
  number.insert(0, number.size() < 6 ? 6 - number.size() : 0, '0');
  NamedFile shard{prefix_ + "-" + number + ".tar", std::move(tar_).take()};
  tar_ = TarWriter();
  return shard;
}

}  // namespace oort::datahub
