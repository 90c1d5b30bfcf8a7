// SPDX-License-Identifier: Apache-2.0
#include "headers.hpp"
#include "oort/http/exchange.hpp"
#include "oort/object/object_store.hpp"
#include "oort/s3/xml.hpp"
#include "operations.hpp"

namespace oort::s3 {
namespace {

void set_tags(const ContextPtr& context, object::Headers tags, unsigned status) {
  auto ref = context->object_ref();
  if (!ref) return context->fail_with(ref.error());
  context->store().set_tags(std::move(*ref), std::move(tags), [context, status](Result<void> set) {
    if (!set) return context->fail_with(set.error());
    http::ResponseHead head = context->head(status);
    if (context->has("versionId")) head.add("x-amz-version-id", context->parameter("versionId"));
    context->respond(std::move(head));
  });
}

}  // namespace

void get_object_tagging(const ContextPtr& context) {
  auto ref = context->object_ref();
  if (!ref) return context->fail_with(ref.error());
  context->store().head(std::move(*ref), [context](Result<object::ObjectMeta> meta) {
    if (!meta) return context->fail_with(meta.error());
    XmlWriter xml;
    xml.root("Tagging").open("TagSet");
    for (const object::Header& tag : meta->tags) {
      xml.open("Tag").leaf("Key", tag.name).leaf("Value", tag.value).close("Tag");
    }
    http::ResponseHead head = context->head(200);
    const std::string version = version_text(*meta);
    if (!version.empty()) head.add("x-amz-version-id", version);
    context->respond_xml(std::move(head), xml.close("TagSet").close("Tagging").take());
  });
}

void put_object_tagging(const ContextPtr& context) {
  context->payload().collect(xml_bytes_max, [context](Result<std::string> body) {
    if (!body) return context->fail_with(body.error());
    auto tags = parse_tagging(*body);
    if (!tags) return context->fail_with(tags.error());
    set_tags(context, std::move(*tags), 200);
  });
}

void delete_object_tagging(const ContextPtr& context) { set_tags(context, {}, 204); }

}  // namespace oort::s3
