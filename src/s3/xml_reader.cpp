// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <pugixml.hpp>
#include <set>

#include "oort/core/reasons.hpp"
#include "oort/object/object_store.hpp"
#include "oort/s3/checksums.hpp"
#include "oort/s3/xml.hpp"

namespace oort::s3 {
namespace {

constexpr std::size_t delete_objects_max = 1'000;
constexpr std::size_t tags_count_max = 10;
constexpr std::size_t tag_key_bytes_max = 128 * 4;
constexpr std::size_t tag_value_bytes_max = 256 * 4;

tl::unexpected<Error> malformed() {
  return fail(ErrorCode::InvalidArgument, reason::malformed_xml,
              "The XML you provided was not well-formed or did not validate against our published "
              "schema");
}

/// Names are compared without a prefix, since clients differ in how they say the namespace.
std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

/// All text of an element; comments and CDATA sections split it into several nodes.
std::string text_of(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      text.append(child.value());
    }
  }
  return text;
}

/// Whether every `&#…;` names a character that may stand in a document. A zero would end the
/// parser's strings early, and so turn one key into another.
bool has_good_references(std::string_view xml) {
  for (std::size_t at = xml.find("&#"); at != std::string_view::npos; at = xml.find("&#", at + 2)) {
    const bool is_hex = xml.substr(at + 2, 1) == "x";
    const std::string_view digits = xml.substr(at + (is_hex ? 3 : 2), 8);
    std::uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
    const bool is_ended = end != digits.data() + digits.size() && *end == ';';
    if (error != std::errc{} || !is_ended || code == 0 || code > 0x10ffff) return false;
  }
  return true;
}

/// The root element, if the document is well formed and the root has this name.
Result<pugi::xml_node> load(pugi::xml_document& document, std::string_view xml,
                            std::string_view root_name) {
  if (xml.find('\0') != std::string_view::npos || !has_good_references(xml)) return malformed();
  // No DOCTYPE is parsed, so there are no entities to expand; white space in values stays.
  constexpr unsigned options =
      pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_ws_pcdata_single;
  const auto result = document.load_buffer(xml.data(), xml.size(), options, pugi::encoding_utf8);
  if (!result) return malformed();
  const pugi::xml_node root = document.document_element();
  if (local_name(root) != root_name) return malformed();
  // A second element beside the root is no XML document.
  for (auto next = root.next_sibling(); next; next = next.next_sibling()) {
    if (next.type() == pugi::node_element) return malformed();
  }
  return root;
}

bool is_true(std::string_view text) noexcept { return text == "true" || text == "1"; }

Result<DeleteEntry> read_delete_entry(const pugi::xml_node& node) {
  DeleteEntry entry;
  bool has_key = false;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    const std::string_view name = local_name(child);
    if (name == "Key") {
      entry.key = text_of(child);
      has_key = true;
    } else if (name == "VersionId") {
      entry.version_id = text_of(child);
    } else if (name == "ETag" || name == "LastModifiedTime" || name == "Size") {
      return fail(ErrorCode::Unimplemented, reason::not_supported,
                  "conditional deletes are not supported");
    }
  }
  if (!has_key || entry.key.empty()) return malformed();
  return entry;
}

std::string unquoted(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

Result<object::CompletedPart> read_part(const pugi::xml_node& node) {
  object::CompletedPart part;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    const std::string_view name = local_name(child);
    const std::string text = text_of(child);
    if (name == "PartNumber") {
      const auto [end, error] =
          std::from_chars(text.data(), text.data() + text.size(), part.number);
      if (error != std::errc{} || end != text.data() + text.size()) return malformed();
    } else if (name == "ETag") {
      part.etag = unquoted(text);
    } else if (const ChecksumName* checksum = checksum_by_element(name)) {
      OORT_TRY(auto value, parse_checksum(*checksum, text));
      part.checksums.push_back(std::move(value));
    }
  }
  if (part.etag.empty()) return malformed();
  if (part.number < 1 || part.number > object::part_number_max) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "Part number must be an integer between 1 and 10000, inclusive");
  }
  return part;
}

}  // namespace

Result<DeleteDocument> parse_delete(std::string_view xml) {
  pugi::xml_document document;
  OORT_TRY(const auto root, load(document, xml, "Delete"));
  DeleteDocument out;
  for (const pugi::xml_node& child : root.children()) {
    if (child.type() != pugi::node_element) continue;
    const std::string_view name = local_name(child);
    if (name == "Quiet") {
      out.is_quiet = is_true(text_of(child));
    } else if (name == "Object") {
      if (out.objects.size() == delete_objects_max) return malformed();
      OORT_TRY(auto entry, read_delete_entry(child));
      out.objects.push_back(std::move(entry));
    }
  }
  if (out.objects.empty()) return malformed();
  return out;
}

Result<std::vector<object::CompletedPart>> parse_complete(std::string_view xml) {
  pugi::xml_document document;
  OORT_TRY(const auto root, load(document, xml, "CompleteMultipartUpload"));
  std::vector<object::CompletedPart> parts;
  for (const pugi::xml_node& child : root.children()) {
    if (child.type() != pugi::node_element) continue;
    if (local_name(child) != "Part" || parts.size() == object::part_number_max) return malformed();
    OORT_TRY(auto part, read_part(child));
    if (!parts.empty() && part.number <= parts.back().number) {
      return fail(ErrorCode::InvalidArgument, reason::invalid_part_order,
                  "The list of parts was not in ascending order. Parts must be ordered by part "
                  "number.");
    }
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return malformed();
  return parts;
}

Result<object::Versioning> parse_versioning(std::string_view xml) {
  pugi::xml_document document;
  OORT_TRY(const auto root, load(document, xml, "VersioningConfiguration"));
  std::optional<object::Versioning> versioning;
  for (const pugi::xml_node& child : root.children()) {
    if (child.type() != pugi::node_element) continue;
    const std::string_view name = local_name(child);
    const std::string text = text_of(child);
    if (name == "MfaDelete" && text == "Enabled") {
      return fail(ErrorCode::Unimplemented, reason::not_supported, "MFA delete is not supported");
    }
    if (name != "Status") continue;
    if (text == "Enabled") versioning = object::Versioning::Enabled;
    if (text == "Suspended") versioning = object::Versioning::Suspended;
    if (!versioning) return malformed();
  }
  if (!versioning) return malformed();
  return *versioning;
}

Result<std::string> parse_create_bucket(std::string_view xml) {
  if (xml.empty()) return std::string();
  pugi::xml_document document;
  OORT_TRY(const auto root, load(document, xml, "CreateBucketConfiguration"));
  std::string location;
  for (const pugi::xml_node& child : root.children()) {
    if (child.type() != pugi::node_element) continue;
    const std::string_view name = local_name(child);
    if (name == "LocationConstraint") {
      location = text_of(child);
    } else if (name == "Location" || name == "Bucket" || name == "Tags") {
      return fail(ErrorCode::Unimplemented, reason::not_supported,
                  "only LocationConstraint is supported in CreateBucketConfiguration");
    } else {
      return malformed();
    }
  }
  return location;
}

Result<object::Headers> parse_tagging(std::string_view xml) {
  pugi::xml_document document;
  OORT_TRY(const auto root, load(document, xml, "Tagging"));
  object::Headers tags;
  for (const pugi::xml_node& set : root.children()) {
    if (set.type() != pugi::node_element) continue;
    if (local_name(set) != "TagSet") return malformed();
    for (const pugi::xml_node& tag : set.children()) {
      if (tag.type() != pugi::node_element) continue;
      if (local_name(tag) != "Tag") return malformed();
      object::Header header;
      for (const pugi::xml_node& part : tag.children()) {
        if (local_name(part) == "Key") header.name = text_of(part);
        if (local_name(part) == "Value") header.value = text_of(part);
      }
      tags.push_back(std::move(header));
    }
  }
  OORT_TRY(check_tags(tags));
  return tags;
}

Result<void> check_tags(const object::Headers& tags) {
  const auto bad = [](std::string detail) {
    return fail(ErrorCode::InvalidArgument, reason::bad_tag, std::move(detail));
  };
  if (tags.size() > tags_count_max) return bad("Object tags cannot be greater than 10");
  std::set<std::string_view> keys;
  for (const object::Header& tag : tags) {
    if (tag.name.empty() || tag.name.size() > tag_key_bytes_max) {
      return bad("The TagKey you have provided is invalid");
    }
    if (tag.value.size() > tag_value_bytes_max) {
      return bad("The TagValue you have provided is invalid");
    }
    if (!keys.insert(tag.name).second) {
      return bad("Cannot provide multiple Tags with the same key");
    }
  }
  return {};
}

}  // namespace oort::s3
