// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "headers.hpp"
#include "oort/core/reasons.hpp"
#include "oort/http/date.hpp"
#include "oort/http/exchange.hpp"
#include "oort/object/object_store.hpp"
#include "oort/s3/checksums.hpp"
#include "oort/s3/conditions.hpp"
#include "oort/s3/xml.hpp"
#include "op_write.hpp"
#include "operations.hpp"

namespace oort::s3 {
namespace {

using object::ObjectMeta;

struct Wanted {
  bool etag = false, checksum = false, parts = false, storage_class = false, size = false;
  std::uint64_t parts_max = 1'000;
  std::uint64_t after_part = 0;
};

Result<std::uint64_t> number_field(const Context& context, std::string_view name,
                                   std::uint64_t otherwise) {
  const std::string_view text = context.header(name);
  if (text.empty()) return otherwise;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                std::string(name) + " must be a number");
  }
  return value;
}

Result<Wanted> read_wanted(const Context& context) {
  Wanted wanted;
  bool has_any = false;
  for (const http::Field& field : context.request().fields) {
    if (field.name != "x-amz-object-attributes") continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      std::string_view word = list.substr(0, list.find(','));
      list.remove_prefix(std::min(list.size(), word.size() + 1));
      while (word.starts_with(' ')) word.remove_prefix(1);
      while (word.ends_with(' ')) word.remove_suffix(1);
      bool* const flag = word == "ETag"           ? &wanted.etag
                         : word == "Checksum"     ? &wanted.checksum
                         : word == "ObjectParts"  ? &wanted.parts
                         : word == "StorageClass" ? &wanted.storage_class
                         : word == "ObjectSize"   ? &wanted.size
                                                  : nullptr;
      if (!flag) {
        return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                    "Invalid attribute name specified.");
      }
      *flag = has_any = true;
    }
  }
  if (!has_any) {
    return fail(ErrorCode::InvalidArgument, reason::bad_request,
                "The x-amz-object-attributes header specifying the attributes to be retrieved is "
                "either missing or empty");
  }
  OORT_TRY(wanted.parts_max, number_field(context, "x-amz-max-parts", 1'000));
  OORT_TRY(wanted.after_part, number_field(context, "x-amz-part-number-marker", 0));
  wanted.parts_max = std::min<std::uint64_t>(wanted.parts_max, 1'000);
  return wanted;
}

void write_parts(XmlWriter& xml, const ObjectMeta& meta, const Wanted& wanted) {
  if (meta.parts_count == 0) return;
  const std::uint64_t count = meta.part_sizes.size();
  const std::uint64_t first = std::min(wanted.after_part, count);
  const std::uint64_t last = first + std::min(wanted.parts_max, count - first);
  xml.open("ObjectParts").leaf("PartsCount", std::uint64_t{meta.parts_count});
  xml.leaf("PartNumberMarker", wanted.after_part).leaf("MaxParts", wanted.parts_max);
  xml.leaf("NextPartNumberMarker", last).leaf("IsTruncated", last < count);
  for (std::uint64_t i = first; i < last; ++i) {
    xml.open("Part").leaf("PartNumber", i + 1).leaf("Size", meta.part_sizes[i]).close("Part");
  }
  xml.close("ObjectParts");
}

std::string attributes_of(const ObjectMeta& meta, const Wanted& wanted) {
  XmlWriter xml;
  xml.root("GetObjectAttributesResponse");
  if (wanted.etag) xml.leaf("ETag", meta.etag);
  if (wanted.checksum && !meta.checksums.empty()) {
    xml.open("Checksum");
    for (const object::Checksum& checksum : meta.checksums) {
      const ChecksumName* name = checksum_of(checksum.kind);
      if (!name) continue;
      // Here alone S3 leaves the count of parts out.
      object::Checksum plain = checksum;
      plain.type = object::ChecksumType::FullObject;
      xml.leaf(name->element, to_text(plain, 0)).leaf("ChecksumType", to_word(checksum.type));
    }
    xml.close("Checksum");
  }
  if (wanted.parts) write_parts(xml, meta, wanted);
  if (wanted.storage_class) xml.leaf("StorageClass", object::to_string(meta.storage_class));
  if (wanted.size) xml.leaf("ObjectSize", meta.size);
  return xml.close("GetObjectAttributesResponse").take();
}

}  // namespace

void get_object_attributes(const ContextPtr& context) {
  const auto wanted = read_wanted(*context);
  if (!wanted) return context->fail_with(wanted.error());
  auto ref = context->object_ref();
  if (!ref) return context->fail_with(ref.error());
  context->store().head(std::move(*ref), [context, wanted = *wanted](Result<ObjectMeta> meta) {
    if (!meta) return context->fail_with(meta.error());
    http::ResponseHead head = context->head(200);
    head.add("Last-Modified", http::to_http_date(meta->modified));
    const std::string version = version_text(*meta);
    if (!version.empty()) head.add("x-amz-version-id", version);
    context->respond_xml(std::move(head), attributes_of(*meta, wanted));
  });
}

}  // namespace oort::s3
