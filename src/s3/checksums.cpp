// SPDX-License-Identifier: Apache-2.0
#include "oort/s3/checksums.hpp"

#include <algorithm>
#include <array>

#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/object/object_store.hpp"
#include "oort/s3/base64.hpp"

namespace oort::s3 {
namespace {

using crypto::Digest;

constexpr std::array<ChecksumName, 5> names = {{
    {Digest::Crc32, "x-amz-checksum-crc32", "CRC32", "ChecksumCRC32"},
    {Digest::Crc32c, "x-amz-checksum-crc32c", "CRC32C", "ChecksumCRC32C"},
    {Digest::Sha1, "x-amz-checksum-sha1", "SHA1", "ChecksumSHA1"},
    {Digest::Sha256, "x-amz-checksum-sha256", "SHA256", "ChecksumSHA256"},
    {Digest::Crc64Nvme, "x-amz-checksum-crc64nvme", "CRC64NVME", "ChecksumCRC64NVME"},
}};

bool is_same_word(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x >= 'a' && x <= 'z' ? x - 'a' + 'A' : x) == y; });
}

}  // namespace

const ChecksumName* checksum_by_header(std::string_view header) noexcept {
  for (const ChecksumName& name : names) {
    if (name.header == header) return &name;
  }
  return nullptr;
}

const ChecksumName* checksum_by_word(std::string_view word) noexcept {
  for (const ChecksumName& name : names) {
    if (is_same_word(word, name.word)) return &name;
  }
  return nullptr;
}

const ChecksumName* checksum_by_element(std::string_view element) noexcept {
  for (const ChecksumName& name : names) {
    if (name.element == element) return &name;
  }
  return nullptr;
}

const ChecksumName* checksum_of(Digest kind) noexcept {
  for (const ChecksumName& name : names) {
    if (name.kind == kind) return &name;
  }
  return nullptr;
}

std::string_view to_word(object::ChecksumType type) noexcept {
  return type == object::ChecksumType::FullObject ? "FULL_OBJECT" : "COMPOSITE";
}

std::string to_text(const object::Checksum& checksum, std::uint32_t parts_count) {
  std::string text = to_base64(checksum.value);
  if (checksum.type == object::ChecksumType::Composite) {
    text.append("-").append(std::to_string(parts_count));
  }
  return text;
}

Result<object::Checksum> parse_checksum(const ChecksumName& name, std::string_view value) {
  object::Checksum checksum;
  checksum.kind = name.kind;
  const std::size_t dash = value.find('-');
  if (dash != std::string_view::npos) {
    checksum.type = object::ChecksumType::Composite;
    value = value.substr(0, dash);
  }
  auto bytes = from_base64(value);
  if (!bytes || bytes->size() != crypto::digest_size(name.kind)) {
    return fail(ErrorCode::InvalidArgument, reason::bad_digest,
                "Value for " + std::string(name.header) + " header is invalid.");
  }
  checksum.value = std::move(*bytes);
  return checksum;
}

}  // namespace oort::s3
