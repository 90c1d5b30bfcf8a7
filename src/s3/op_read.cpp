// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "headers.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/http/date.hpp"
#include "oort/http/exchange.hpp"
#include "oort/object/object_store.hpp"
#include "oort/s3/checksums.hpp"
#include "oort/s3/conditions.hpp"
#include "oort/s3/xml.hpp"
#include "operations.hpp"

namespace oort::s3 {
namespace {

using object::ByteRange;
using object::ObjectMeta;
using object::ObjectReader;

/// Parameters by which a reader overrides a field of the answer.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> overrides = {{
    {"content-type", "response-content-type"},
    {"cache-control", "response-cache-control"},
    {"content-disposition", "response-content-disposition"},
    {"content-encoding", "response-content-encoding"},
    {"content-language", "response-content-language"},
    {"expires", "response-expires"},
}};

ReadConditions conditions_of(const Context& context) {
  return {context.header("if-match"), context.header("if-none-match"),
          context.header("if-modified-since"), context.header("if-unmodified-since")};
}

void add_stored_headers(http::ResponseHead& head, const Context& context, const ObjectMeta& meta) {
  bool has_type = context.has("response-content-type");
  for (const auto& [name, parameter] : overrides) {
    if (context.has(parameter)) head.add(name, context.parameter(parameter));
  }
  for (const object::Header& header : meta.headers) {
    const bool is_overridden =
        std::any_of(overrides.begin(), overrides.end(), [&](const auto& candidate) {
          return candidate.first == header.name && context.has(candidate.second);
        });
    if (is_overridden) continue;
    has_type = has_type || header.name == "content-type";
    head.add(header.name, header.value);
  }
  if (!has_type) head.add("content-type", "binary/octet-stream");
}

http::ResponseHead head_of(const Context& context, const ObjectMeta& meta, unsigned status) {
  http::ResponseHead head = context.head(status);
  head.add("ETag", quoted(meta.etag)).add("Last-Modified", http::to_http_date(meta.modified));
  std::string version = version_text(meta);
  if (version.empty() && context.has("versionId")) version = "null";
  if (!version.empty()) head.add("x-amz-version-id", version);
  if (status == 304) return head;
  head.add("Accept-Ranges", "bytes").add("x-amz-server-side-encryption", "AES256");
  if (meta.storage_class != object::StorageClass::Standard) {
    head.add("x-amz-storage-class", object::to_string(meta.storage_class));
  }
  if (!meta.tags.empty()) head.add("x-amz-tagging-count", meta.tags.size());
  if (meta.is_degraded) head.add("x-oort-durability", "degraded");
  add_stored_headers(head, context, meta);
  return head;
}

/// What of the object is to be sent, and how that is said.
struct Selection {
  unsigned status = 200;
  ByteRange range;
  bool is_part = false;
};

Result<Selection> select_part(const Context& context, const ObjectMeta& meta) {
  OORT_TRY(const std::uint64_t number, read_number(context, "partNumber", 0, 2'147'483'647));
  if (number < 1 || number > object::part_number_max) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "Part number must be an integer between 1 and 10000, inclusive");
  }
  if (!context.header("range").empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_request,
                "Cannot specify both Range header and partNumber query parameter");
  }
  const bool is_whole = meta.part_sizes.empty() && number == 1;
  if (is_whole) return Selection{206, {0, meta.size}, true};
  if (number > meta.part_sizes.size()) {
    return fail(ErrorCode::OutOfRange, reason::bad_part_number,
                "The requested partnumber is not satisfiable");
  }
  Selection selection{206, {0, meta.part_sizes[number - 1]}, true};
  for (std::size_t i = 0; i + 1 < number; ++i) selection.range.first += meta.part_sizes[i];
  return selection;
}

bool range_is_wanted(const Context& context, const ObjectMeta& meta) {
  const std::string_view if_range = context.header("if-range");
  if (if_range.empty()) return true;
  if (const auto date = http::from_http_date(if_range)) {
    return date->milliseconds / 1'000 == meta.modified.milliseconds / 1'000;
  }
  return if_range == quoted(meta.etag);
}

Result<Selection> select(const Context& context, const ObjectMeta& meta) {
  if (context.has("partNumber")) return select_part(context, meta);
  Selection selection{200, {0, meta.size}, false};
  if (!range_is_wanted(context, meta)) return selection;
  OORT_TRY(const auto range, select_range(context.header("range"), meta.size));
  if (range) selection = {206, *range, false};
  return selection;
}

/// Everything of an answer but its bytes; empty when it was answered already.
std::optional<http::ResponseHead> prepare(const ContextPtr& context, const ObjectMeta& meta,
                                          Selection& selection) {
  switch (judge(conditions_of(*context), meta.etag, meta.modified)) {
    case Verdict::NotModified: context->respond(head_of(*context, meta, 304)); return std::nullopt;
    case Verdict::PreconditionFailed:
      context->fail_with({"PreconditionFailed", 412},
                         "At least one of the pre-conditions you specified did not hold");
      return std::nullopt;
    case Verdict::Proceed: break;
  }
  const auto selected = select(*context, meta);
  if (!selected) {
    const S3Error error = to_s3(selected.error());
    http::ResponseHead head = context->head(error.status);
    if (error.status == 416) head.add("Content-Range", "bytes */" + std::to_string(meta.size));
    context->fail_with(error, selected.error().detail(), std::move(head));
    return std::nullopt;
  }
  selection = *selected;
  const ByteRange& range = selection.range;
  http::ResponseHead head = head_of(*context, meta, selection.status);
  if (selection.status == 206 && range.size > 0) {
    head.add("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                  std::to_string(range.first + range.size - 1) + "/" +
                                  std::to_string(meta.size));
  }
  if (selection.is_part && meta.parts_count > 0) {
    head.add("x-amz-mp-parts-count", meta.parts_count);
  }
  // A checksum is of the whole object, so a part of it carries none.
  if (context->header("x-amz-checksum-mode") == "ENABLED" && range.size == meta.size) {
    add_checksums(head, meta.checksums, meta.parts_count);
  }
  return head;
}

/// Carries an object from the store to the socket, one piece at a time.
class Download : public std::enable_shared_from_this<Download> {
 public:
  Download(ContextPtr context, std::unique_ptr<ObjectReader> reader, http::ResponseHead head,
           std::uint64_t size)
      : context_(std::move(context)),
        reader_(std::move(reader)),
        head_(std::move(head)),
        left_(size),
        size_(size) {}

  void step() {
    reader_->read(
        [self = shared_from_this()](Result<Bytes> piece) { self->take(std::move(piece)); });
  }

 private:
  void take(Result<Bytes> piece) {
    const bool is_short = piece && piece->empty() && left_ > 0;
    const bool is_long = piece && piece->size() > left_;
    if (!piece || is_short || is_long) return give_up(piece ? nullptr : &piece.error());
    // Nothing was promised before the first verified piece is here: a store that cannot read
    // answers with an error, not with a broken body.
    if (!is_begun_ && piece->size() == size_) {
      return context_->exchange().respond(std::move(head_), std::move(*piece));
    }
    if (!is_begun_) context_->exchange().begin(std::move(head_), size_);
    is_begun_ = true;
    left_ -= piece->size();
    context_->exchange().write(std::move(*piece),
                               [self = shared_from_this()](const Result<void>& sent) {
                                 if (!sent) return self->context_->exchange().abort();
                                 if (self->left_ == 0) return self->context_->exchange().finish();
                                 self->step();
                               });
  }

  void give_up(const Error* error) {
    const Error broken(ErrorCode::DataLoss, reason::corrupt_data,
                       "the store gave more or fewer bytes than the object has");
    if (!error) error = &broken;
    if (!is_begun_) return context_->fail_with(*error);
    log::error("s3", "an object broke off while it was sent",
               {{"id", context_->request().id}, {"error", error->to_string()}});
    context_->exchange().abort();
  }

  ContextPtr context_;
  std::unique_ptr<ObjectReader> reader_;
  http::ResponseHead head_;
  std::uint64_t left_;
  std::uint64_t size_;
  bool is_begun_ = false;
};

/// A delete marker addressed by its id is there, but has nothing to give.
void fail_read(const ContextPtr& context, const Error& error) {
  const S3Error mapped = to_s3(error);
  http::ResponseHead head = context->head(mapped.status);
  if (error.reason() == reason::method_not_allowed) {
    head.add("x-amz-delete-marker", "true").add("Allow", "DELETE");
    if (context->has("versionId")) head.add("x-amz-version-id", context->parameter("versionId"));
  }
  if (mapped.status == 500) return context->fail_with(error);
  context->fail_with(mapped, error.detail(), std::move(head));
}

}  // namespace

void get_object(const ContextPtr& context) {
  auto ref = context->object_ref();
  if (!ref) return context->fail_with(ref.error());
  context->store().get(std::move(*ref), [context](Result<std::unique_ptr<ObjectReader>> reader) {
    if (!reader) return fail_read(context, reader.error());
    Selection selection;
    auto head = prepare(context, (*reader)->meta(), selection);
    if (!head) return;
    if (selection.range.size == 0) return context->respond(std::move(*head));
    (*reader)->select(selection.range);
    std::make_shared<Download>(context, std::move(*reader), std::move(*head), selection.range.size)
        ->step();
  });
}

void head_object(const ContextPtr& context) {
  auto ref = context->object_ref();
  if (!ref) return context->fail_with(ref.error());
  context->store().head(std::move(*ref), [context](Result<ObjectMeta> meta) {
    if (!meta) return fail_read(context, meta.error());
    Selection selection;
    auto head = prepare(context, *meta, selection);
    if (!head) return;
    context->exchange().begin(std::move(*head), selection.range.size);
    context->exchange().finish();
  });
}

}  // namespace oort::s3
