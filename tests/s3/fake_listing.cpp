// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fake_store.hpp"
#include "oort/core/reasons.hpp"

namespace oort::s3::test {

using namespace oort::object;  // NOLINT: a test's twin of the room

namespace {

/// The common prefix that swallows `name`; empty when it is listed itself.
std::string rolled_up(const std::string& name, const std::string& prefix,
                      const std::string& delimiter) {
  if (delimiter.empty()) return {};
  const std::size_t at = name.find(delimiter, prefix.size());
  return at == std::string::npos ? std::string() : name.substr(0, at + delimiter.size());
}

}  // namespace

void FakeStore::list(ListRequest request, Callback<Result<ListResult>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<ListResult> {
    OORT_TRY(const Bucket* bucket, bucket_of(request.caller, request.bucket));
    ListResult result;
    if (request.count_max == 0) return result;
    for (const auto& [name, versions] : bucket->names) {
      if (!name.starts_with(request.prefix) || versions.front().meta.is_delete_marker) continue;
      const std::string rolled = rolled_up(name, request.prefix, request.delimiter);
      const std::string& shown = rolled.empty() ? name : rolled;
      if (shown <= request.after) continue;
      if (!rolled.empty() && !result.common_prefixes.empty() &&
          result.common_prefixes.back() == rolled) {
        continue;
      }
      if (result.objects.size() + result.common_prefixes.size() == request.count_max) {
        result.is_truncated = true;
        break;
      }
      if (rolled.empty()) {
        result.objects.push_back(versions.front().meta);
      } else {
        result.common_prefixes.push_back(rolled);
      }
      result.next_after = shown;
    }
    return result;
  });
}

void FakeStore::list_versions(ListVersionsRequest request,
                              Callback<Result<ListVersionsResult>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<ListVersionsResult> {
    OORT_TRY(const Bucket* bucket, bucket_of(request.caller, request.bucket));
    ListVersionsResult result;
    if (request.count_max == 0) return result;
    for (const auto& [name, versions] : bucket->names) {
      if (!name.starts_with(request.prefix)) continue;
      const std::string rolled = rolled_up(name, request.prefix, request.delimiter);
      const std::string& shown = rolled.empty() ? name : rolled;
      for (const Version& version : versions) {
        const bool is_later_version = request.after_version && name == request.after &&
                                      version.meta.version < *request.after_version;
        if (shown <= request.after && !is_later_version) continue;
        if (!rolled.empty() && !result.common_prefixes.empty() &&
            result.common_prefixes.back() == rolled) {
          break;
        }
        if (result.versions.size() + result.common_prefixes.size() == request.count_max) {
          result.is_truncated = true;
          return result;
        }
        result.next_after = shown;
        if (!rolled.empty()) {
          result.common_prefixes.push_back(rolled);
          result.next_after_version.reset();
          break;
        }
        result.versions.push_back(version.meta);
        result.next_after_version = version.meta.version;
      }
    }
    return result;
  });
}

void FakeStore::list_parts(ListPartsRequest request, Callback<Result<ListPartsResult>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<ListPartsResult> {
    OORT_TRY(const Upload* upload, upload_of(request.upload));
    ListPartsResult result;
    result.upload = upload->summary;
    for (const auto& [number, part] : upload->parts) {
      if (number <= request.after_number) continue;
      if (result.parts.size() == request.count_max) {
        result.is_truncated = true;
        break;
      }
      result.parts.push_back(part.meta);
      result.next_after_number = number;
    }
    return result;
  });
}

void FakeStore::list_uploads(ListUploadsRequest request, Callback<Result<ListUploadsResult>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<ListUploadsResult> {
    OORT_TRY(const Bucket* bucket, bucket_of(request.caller, request.bucket));
    std::vector<UploadSummary> all;
    for (const auto& [id, upload] : bucket->uploads) all.push_back(upload.summary);
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
      return std::tie(a.name, a.id) < std::tie(b.name, b.id);
    });
    ListUploadsResult result;
    for (const UploadSummary& upload : all) {
      if (!upload.name.starts_with(request.prefix)) continue;
      const std::string rolled = rolled_up(upload.name, request.prefix, request.delimiter);
      const std::string& shown = rolled.empty() ? upload.name : rolled;
      const bool is_later =
          request.after_upload && upload.name == request.after && *request.after_upload < upload.id;
      if (shown <= request.after && !is_later) continue;
      if (!rolled.empty() && !result.common_prefixes.empty() &&
          result.common_prefixes.back() == rolled) {
        continue;
      }
      if (result.uploads.size() + result.common_prefixes.size() == request.count_max) {
        result.is_truncated = request.count_max > 0;
        break;
      }
      if (rolled.empty()) {
        result.uploads.push_back(upload);
        result.next_after_upload = upload.id;
      } else {
        result.common_prefixes.push_back(rolled);
        result.next_after_upload.reset();
      }
      result.next_after = shown;
    }
    return result;
  });
}

}  // namespace oort::s3::test
