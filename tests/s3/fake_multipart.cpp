// SPDX-License-Identifier: Apache-2.0
#include "fake_store.hpp"
#include "fake_writer.hpp"
#include "oort/core/reasons.hpp"

namespace oort::s3::test {

using namespace oort::object;  // NOLINT: a test's twin of the room

Result<FakeStore::Upload*> FakeStore::upload_of(const UploadRef& ref) {
  OORT_TRY(Bucket * bucket, bucket_of(ref.caller, ref.bucket));
  const auto found = bucket->uploads.find(ref.upload);
  if (found == bucket->uploads.end() || found->second.summary.name != ref.name) {
    return no(reason::no_such_upload, "The specified upload does not exist.", ErrorCode::NotFound);
  }
  return &found->second;
}

void FakeStore::create_upload(CreateUploadRequest request, Callback<Result<UploadSummary>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<UploadSummary> {
    OORT_TRY(Bucket * bucket, writable(request.caller, request.bucket));
    Upload upload;
    upload.summary = {request.name,          next_version(),        clock_.now_wall(),
                      request.storage_class, bucket->summary.owner, request.checksum,
                      request.checksum_type};
    upload.request = request;
    const UploadSummary summary = upload.summary;
    bucket->uploads.emplace(summary.id, std::move(upload));
    return summary;
  });
}

void FakeStore::put_part(PartRequest request,
                         Callback<Result<std::unique_ptr<ObjectWriter>>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<std::unique_ptr<ObjectWriter>> {
    OORT_TRY(writable(request.upload.caller, request.upload.bucket));
    OORT_TRY(upload_of(request.upload));
    const auto size = request.size;
    return std::make_unique<FakeWriter>(
        post_, size, [this, request](std::string body, const PutEnd& end) -> Result<PutResult> {
          OORT_TRY(Upload * upload, upload_of(request.upload));
          std::vector<crypto::Digest> kinds = request.checksums;
          if (kinds.empty() && upload->summary.checksum) kinds.push_back(*upload->summary.checksum);
          Part part;
          OORT_TRY(part.meta.checksums, checksums_of(kinds, end, body));
          part.meta.number = request.number;
          part.meta.size = body.size();
          part.meta.etag = to_hex(digest_of(crypto::Digest::Md5, body));
          part.meta.modified = clock_.now_wall();
          part.body = std::make_shared<const std::string>(std::move(body));
          PutResult result;
          result.etag = part.meta.etag;
          result.checksums = part.meta.checksums;
          upload->parts.insert_or_assign(request.number, std::move(part));
          return result;
        });
  });
}

void FakeStore::copy_part(CopyPartRequest request, Callback<Result<PartMeta>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<PartMeta> {
    OORT_TRY(Upload * upload, upload_of(request.upload));
    OORT_TRY(const Version* source, find(request.source));
    const ByteRange range = request.range.value_or(ByteRange{0, source->body->size()});
    std::string body = source->body->substr(range.first, range.size);
    Part part;
    part.meta.number = request.number;
    part.meta.size = body.size();
    part.meta.etag = to_hex(digest_of(crypto::Digest::Md5, body));
    part.meta.modified = clock_.now_wall();
    if (upload->summary.checksum) {
      OORT_TRY(part.meta.checksums, checksums_of({*upload->summary.checksum}, {}, body));
    }
    part.body = std::make_shared<const std::string>(std::move(body));
    const PartMeta meta = part.meta;
    upload->parts.insert_or_assign(request.number, std::move(part));
    return meta;
  });
}

Result<PutResult> FakeStore::complete(const CompleteRequest& request) {
  OORT_TRY(Bucket * bucket, writable(request.upload.caller, request.upload.bucket));
  OORT_TRY(Upload * upload, upload_of(request.upload));
  OORT_TRY(check(*bucket, request.upload.name, request.precondition));
  Version version;
  std::string body;
  Bytes etags;
  Bytes digests;
  for (std::size_t i = 0; i < request.parts.size(); ++i) {
    const CompletedPart& named = request.parts[i];
    const auto found = upload->parts.find(named.number);
    if (found == upload->parts.end() || found->second.meta.etag != named.etag) {
      return no(reason::invalid_part, "One or more of the specified parts could not be found.");
    }
    const Part& part = found->second;
    if (i + 1 < request.parts.size() && part.meta.size < part_bytes_min) {
      return no(reason::part_too_small,
                "Your proposed upload is smaller than the minimum allowed size");
    }
    for (const Checksum& checksum : named.checksums) {
      if (part.meta.checksums.empty() || part.meta.checksums.front().value != checksum.value) {
        return no(reason::invalid_part, "A part's checksum is not the one that was uploaded.");
      }
    }
    const Bytes etag = *from_hex(part.meta.etag);
    etags.insert(etags.end(), etag.begin(), etag.end());
    if (!part.meta.checksums.empty()) {
      const Bytes& value = part.meta.checksums.front().value;
      digests.insert(digests.end(), value.begin(), value.end());
    }
    body.append(*part.body);
    version.meta.part_sizes.push_back(part.meta.size);
  }
  if (request.size && *request.size != body.size()) {
    return no(reason::bad_request, "The x-amz-mp-object-size does not match.");
  }
  if (upload->summary.checksum) {
    const crypto::Digest kind = *upload->summary.checksum;
    const bool is_full = upload->summary.checksum_type == ChecksumType::FullObject;
    Checksum checksum{kind, upload->summary.checksum_type,
                      digest_of(kind, is_full ? std::string_view(body) : as_text(digests))};
    if (request.expected && request.expected->value != checksum.value) {
      return no(reason::checksum_mismatch, "The checksum of the object did not match.");
    }
    version.meta.checksums.push_back(std::move(checksum));
  }
  version.meta.name = request.upload.name;
  version.meta.size = body.size();
  version.meta.parts_count = static_cast<std::uint32_t>(request.parts.size());
  version.meta.etag = to_hex(digest_of(crypto::Digest::Md5, as_text(etags))) + "-" +
                      std::to_string(request.parts.size());
  version.meta.headers = upload->request.headers;
  version.meta.tags = upload->request.tags;
  version.meta.storage_class = upload->request.storage_class;
  version.body = std::make_shared<const std::string>(std::move(body));
  bucket->uploads.erase(request.upload.upload);
  return insert(*bucket, std::move(version));
}

void FakeStore::complete_upload(CompleteRequest request, Callback<Result<PutResult>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<PutResult> { return complete(request); });
}

void FakeStore::abort_upload(UploadRef upload, Callback<Result<void>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<void> {
    OORT_TRY(Bucket * bucket, writable(upload.caller, upload.bucket));
    OORT_TRY(upload_of(upload));
    bucket->uploads.erase(upload.upload);
    return {};
  });
}

}  // namespace oort::s3::test
