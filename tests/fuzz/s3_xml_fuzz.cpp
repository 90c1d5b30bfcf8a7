// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "oort/core/assert.hpp"
#include "oort/s3/xml.hpp"

// A key that was read, and written by us, is read again as the same key.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oort;  // NOLINT: a program of its own
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto document = s3::parse_delete(text)) {
    std::string again = "<Delete>";
    for (const s3::DeleteEntry& entry : document->objects) {
      again += "<Object><Key>";
      s3::append_xml_escaped(again, entry.key);
      again += "</Key></Object>";
    }
    const auto repeated = s3::parse_delete(again + "</Delete>");
    OORT_ASSERT(repeated, "what we write is well formed");
    OORT_ASSERT(repeated->objects.size() == document->objects.size(), "as many keys");
    for (std::size_t i = 0; i < document->objects.size(); ++i) {
      OORT_ASSERT(repeated->objects[i].key == document->objects[i].key, "the same keys");
    }
  }
  static_cast<void>(s3::parse_complete(text));
  static_cast<void>(s3::parse_versioning(text));
  static_cast<void>(s3::parse_create_bucket(text));
  static_cast<void>(s3::parse_tagging(text));
  return 0;
}
