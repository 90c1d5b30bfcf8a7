// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/result.hpp"
#include "oort/object/object_store.hpp"

namespace oort::s3 {

inline constexpr std::string_view s3_namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Writes XML into one string. Names are literals of ours; text is escaped.
class XmlWriter {
 public:
  XmlWriter();
  /// `<name xmlns="…">`, the root.
  XmlWriter& root(std::string_view name);
  XmlWriter& open(std::string_view name);
  XmlWriter& close(std::string_view name);
  XmlWriter& leaf(std::string_view name, std::string_view text);
  /// Without it a literal would become a bool.
  XmlWriter& leaf(std::string_view name, const char* text) {
    return leaf(name, std::string_view(text));
  }
  XmlWriter& leaf(std::string_view name, std::uint64_t number);
  XmlWriter& leaf(std::string_view name, bool value);
  /// An element that is already XML.
  XmlWriter& raw(std::string_view xml);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::string take() noexcept { return std::move(text_); }

 private:
  std::string text_;
};
/// Escapes the five characters, and those that XML cannot hold as `&#N;`, as S3 does.
void append_xml_escaped(std::string& out, std::string_view text);

/// Bodies of requests. Each fails with MALFORMED_XML for what is no such document.

struct DeleteEntry {
  std::string key;
  /// As the client wrote it.
  std::optional<std::string> version_id;
};
struct DeleteDocument {
  std::vector<DeleteEntry> objects;
  bool is_quiet = false;
};
/// At most 1,000 objects. Fails with NOT_SUPPORTED for conditional deletes.
[[nodiscard]] Result<DeleteDocument> parse_delete(std::string_view xml);
/// 1 to 10,000 parts. Also fails with INVALID_PART_ORDER, BAD_DIGEST.
[[nodiscard]] Result<std::vector<object::CompletedPart>> parse_complete(std::string_view xml);
/// Fails with NOT_SUPPORTED for MFA delete.
[[nodiscard]] Result<object::Versioning> parse_versioning(std::string_view xml);
/// The location constraint; empty when the document has none. An empty body is fine.
[[nodiscard]] Result<std::string> parse_create_bucket(std::string_view xml);
/// At most 10 tags. Also fails with BAD_TAG.
[[nodiscard]] Result<object::Headers> parse_tagging(std::string_view xml);
/// Checks count, lengths and repeats of tags, for the XML and the header form. BAD_TAG.
[[nodiscard]] Result<void> check_tags(const object::Headers& tags);

}  // namespace oort::s3
