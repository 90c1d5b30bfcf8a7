// SPDX-License-Identifier: Apache-2.0
#include "address.hpp"

#include <algorithm>

#include "oort/core/limits.hpp"
#include "oort/core/reasons.hpp"
#include "oort/http/target.hpp"

namespace oort::s3 {
namespace {

/// Well-formed UTF-8 (RFC 3629) without NUL.
bool is_text(std::string_view text) noexcept {
  std::size_t i = 0;
  const auto at = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  while (i < text.size()) {
    const unsigned char lead = at(i);
    if (lead == 0) return false;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = lead >= 0xc2 && lead <= 0xdf   ? 1
                             : lead >= 0xe0 && lead <= 0xef ? 2
                             : lead >= 0xf0 && lead <= 0xf4 ? 3
                                                            : 0;
    if (more == 0 || i + more >= text.size()) return false;
    const unsigned char second = at(i + 1);
    // Overlong forms, surrogates and what lies past U+10FFFF show in the second byte.
    if (lead == 0xe0 && second < 0xa0) return false;
    if (lead == 0xed && second > 0x9f) return false;
    if (lead == 0xf0 && second < 0x90) return false;
    if (lead == 0xf4 && second > 0x8f) return false;
    for (std::size_t j = 1; j <= more; ++j) {
      if ((at(i + j) & 0xc0U) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

std::string host_name(std::string_view host) {
  if (!host.starts_with('[')) host = host.substr(0, host.rfind(':'));
  std::string name(host);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c); });
  return name;
}

bool looks_like_ipv4(std::string_view name) noexcept {
  return std::count(name.begin(), name.end(), '.') == 3 &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

}  // namespace

Result<Address> parse_address(std::string_view host, std::string_view path,
                              const std::vector<std::string>& base_domains) {
  Address address;
  path.remove_prefix(1);
  if (!base_domains.empty()) {
    const std::string name = host_name(host);
    for (const std::string& domain : base_domains) {
      if (name.size() > domain.size() + 1 && name.ends_with("." + domain)) {
        address.bucket = name.substr(0, name.size() - domain.size() - 1);
      }
    }
  }
  if (address.bucket.empty()) {
    const std::size_t slash = path.find('/');
    address.bucket = std::string(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  address.key = std::string(path);
  OORT_TRY(check_key(address.key));
  return address;
}

Result<void> check_key(std::string_view key) {
  if (key.size() > limits::object_name_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::key_too_long, "Your key is too long");
  }
  if (!is_text(key)) {
    return fail(ErrorCode::InvalidArgument, reason::bad_uri,
                "The key is not well-formed UTF-8, or holds a NUL");
  }
  return {};
}

Result<void> check_bucket_name(std::string_view name) {
  const auto is_inner = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  const auto is_edge = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool is_good =
      name.size() >= 3 && name.size() <= 63 && std::all_of(name.begin(), name.end(), is_inner) &&
      is_edge(name.front()) && is_edge(name.back()) && name.find("..") == std::string_view::npos &&
      name.find(".-") == std::string_view::npos && name.find("-.") == std::string_view::npos &&
      !looks_like_ipv4(name) && !name.starts_with("xn--") && !name.ends_with("-s3alias");
  if (is_good) return {};
  return fail(ErrorCode::InvalidArgument, reason::bad_bucket_name,
              "The specified bucket is not valid.");
}

Result<VersionText> parse_version(std::string_view text) {
  if (text == "null") return VersionText{std::nullopt, true};
  const auto version = ObjectVersionId::from_hex(text);
  if (!version) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, "Invalid version id specified");
  }
  return VersionText{version, false};
}

Result<CopySource> parse_copy_source(std::string_view field) {
  if (field.starts_with("arn:")) {
    return fail(ErrorCode::Unimplemented, reason::not_supported,
                "access points are not supported as a copy source");
  }
  CopySource source;
  constexpr std::string_view version_mark = "?versionId=";
  const std::size_t mark = field.find(version_mark);
  if (mark != std::string_view::npos) {
    OORT_TRY(source.version, parse_version(field.substr(mark + version_mark.size())));
    field = field.substr(0, mark);
  }
  OORT_TRY(const std::string path, http::percent_decode(field, http::Plus::IsPlus));
  const std::string_view text = std::string_view(path).substr(path.starts_with('/') ? 1 : 0);
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  }
  source.address.bucket = std::string(text.substr(0, slash));
  source.address.key = std::string(text.substr(slash + 1));
  OORT_TRY(check_key(source.address.key));
  return source;
}

}  // namespace oort::s3
