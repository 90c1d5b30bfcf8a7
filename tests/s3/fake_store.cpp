// SPDX-License-Identifier: Apache-2.0
#include "fake_store.hpp"

#include <algorithm>
#include <future>

#include "fake_writer.hpp"
#include "oort/core/reasons.hpp"

namespace oort::s3::test {

using namespace oort::object;  // NOLINT: a test's twin of the room

FakeStore::FakeStore(env::Clock& clock) : clock_(clock), thread_([this] { run(); }) {}

FakeStore::~FakeStore() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  has_task_.notify_one();
  thread_.join();
}

void FakeStore::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  has_task_.notify_one();
}

void FakeStore::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    has_task_.wait(lock, [this] { return is_stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

void FakeStore::add_key(const std::string& id, const std::string& secret, std::uint8_t account,
                        bool is_read_only) {
  AccessKey key;
  key.id = id;
  key.secret = secret;
  std::array<std::byte, 20> bytes{};
  bytes.fill(static_cast<std::byte>(account));
  key.account = AccountId(bytes);
  key.is_read_only = is_read_only;
  post([this, key] { keys_.insert_or_assign(key.id, key); });
}

void FakeStore::fail_writes(Error error) {
  post([this, error = std::move(error)] { write_failure_ = error; });
}

void FakeStore::become_stale(std::uint64_t height) { stale_height_ = height; }

std::optional<std::string> FakeStore::bytes_of(const std::string& bucket, const std::string& name) {
  std::promise<std::optional<std::string>> answer;
  post([&] {
    std::optional<std::string> found;
    const auto at = buckets_.find(bucket);
    if (at != buckets_.end()) {
      const auto versions = at->second.names.find(name);
      if (versions != at->second.names.end() && versions->second.front().body) {
        found = *versions->second.front().body;
      }
    }
    answer.set_value(std::move(found));
  });
  return answer.get_future().get();
}

StoreState FakeStore::state() const noexcept {
  const std::uint64_t height = stale_height_;
  return {Height(height), height != 0};
}

void FakeStore::find_access_key(std::string id, Callback<Result<AccessKey>> done) {
  ++key_lookups_;
  answer(std::move(done), [=, this]() mutable -> Result<AccessKey> {
    const auto found = keys_.find(id);
    if (found == keys_.end()) return no(reason::not_found, "no such key", ErrorCode::NotFound);
    return found->second;
  });
}

Result<FakeStore::Bucket*> FakeStore::bucket_of(const Caller& caller, const std::string& name) {
  const auto found = buckets_.find(name);
  if (found == buckets_.end()) {
    return no(reason::no_such_bucket, "The specified bucket does not exist", ErrorCode::NotFound);
  }
  if (found->second.summary.owner != caller.account) {
    return no(reason::not_allowed, "Access Denied", ErrorCode::PermissionDenied);
  }
  return &found->second;
}

Result<FakeStore::Bucket*> FakeStore::writable(const Caller& caller, const std::string& name) {
  if (write_failure_) return fail(*write_failure_);
  if (caller.is_read_only) {
    return no(reason::not_allowed, "this key may only read", ErrorCode::PermissionDenied);
  }
  return bucket_of(caller, name);
}

ObjectVersionId FakeStore::next_version() {
  std::array<std::byte, 16> bytes{};
  ++versions_count_;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[15 - i] = static_cast<std::byte>(versions_count_ >> (8 * i));
  }
  return ObjectVersionId(bytes);
}

void FakeStore::create_bucket(Caller caller, std::string bucket,
                              Callback<Result<BucketSummary>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<BucketSummary> {
    if (write_failure_) return fail(*write_failure_);
    const auto found = buckets_.find(bucket);
    if (found != buckets_.end()) {
      const bool is_own = found->second.summary.owner == caller.account;
      return no(is_own ? reason::bucket_already_owned : reason::bucket_already_exists,
                "the name is taken", ErrorCode::AlreadyExists);
    }
    Bucket& made = buckets_[bucket];
    made.summary.name = bucket;
    made.summary.owner = caller.account;
    made.summary.created = clock_.now_wall();
    return made.summary;
  });
}

void FakeStore::delete_bucket(Caller caller, std::string bucket, Callback<Result<void>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<void> {
    OORT_TRY(const Bucket* found, writable(caller, bucket));
    if (!found->names.empty() || !found->uploads.empty()) {
      return no(reason::bucket_not_empty, "The bucket you tried to delete is not empty",
                ErrorCode::FailedPrecondition);
    }
    buckets_.erase(bucket);
    return {};
  });
}

void FakeStore::list_buckets(Caller caller, Callback<Result<std::vector<BucketSummary>>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<std::vector<BucketSummary>> {
    std::vector<BucketSummary> out;
    for (const auto& [name, bucket] : buckets_) {
      if (bucket.summary.owner == caller.account) out.push_back(bucket.summary);
    }
    return out;
  });
}

void FakeStore::head_bucket(Caller caller, std::string bucket,
                            Callback<Result<BucketSummary>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<BucketSummary> {
    OORT_TRY(const Bucket* found, bucket_of(caller, bucket));
    return found->summary;
  });
}

void FakeStore::set_versioning(Caller caller, std::string bucket, Versioning versioning,
                               Callback<Result<void>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<void> {
    OORT_TRY(Bucket * found, writable(caller, bucket));
    found->summary.versioning = versioning;
    return {};
  });
}

Result<void> FakeStore::check(const Bucket& bucket, const std::string& name,
                              const Precondition& precondition) {
  const auto found = bucket.names.find(name);
  const bool exists = found != bucket.names.end() && !found->second.front().meta.is_delete_marker;
  const auto failed = [] {
    return no(reason::precondition_failed,
              "At least one of the pre-conditions you specified did not hold",
              ErrorCode::FailedPrecondition);
  };
  if (precondition.if_none_match_any && exists) return failed();
  if (!precondition.if_match) return {};
  if (!exists) {
    return no(reason::no_such_key, "The specified key does not exist.", ErrorCode::NotFound);
  }
  const std::string& wanted = *precondition.if_match;
  if (wanted != "*" && wanted != found->second.front().meta.etag) return failed();
  return {};
}

PutResult FakeStore::insert(Bucket& bucket, Version version) {
  const Versioning versioning = bucket.summary.versioning;
  version.meta.version = next_version();
  version.meta.modified = clock_.now_wall();
  version.meta.is_null_version = versioning != Versioning::Enabled;
  version.meta.is_degraded = is_degraded_;
  version.meta.owner = bucket.summary.owner;
  auto& versions = bucket.names[version.meta.name];
  if (version.meta.is_null_version) {
    std::erase_if(versions, [](const Version& old) { return old.meta.is_null_version; });
  }
  for (Version& old : versions) old.meta.is_latest = false;
  version.meta.is_latest = true;
  PutResult result;
  result.etag = version.meta.etag;
  result.version = version.meta.version;
  result.versioning = versioning;
  result.checksums = version.meta.checksums;
  result.is_degraded = is_degraded_;
  result.modified = version.meta.modified;
  versions.insert(versions.begin(), std::move(version));
  return result;
}

void FakeStore::put(PutRequest request, Callback<Result<std::unique_ptr<ObjectWriter>>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<std::unique_ptr<ObjectWriter>> {
    OORT_TRY(const Bucket* bucket, writable(request.caller, request.bucket));
    OORT_TRY(check(*bucket, request.name, request.precondition));
    const auto size = request.size;
    return std::make_unique<FakeWriter>(
        post_, size, [this, request](std::string body, const PutEnd& end) -> Result<PutResult> {
          OORT_TRY(Bucket * found, writable(request.caller, request.bucket));
          OORT_TRY(check(*found, request.name, request.precondition));
          Version version;
          OORT_TRY(version.meta.checksums, checksums_of(request.checksums, end, body));
          version.meta.name = request.name;
          version.meta.size = body.size();
          version.meta.etag = to_hex(digest_of(crypto::Digest::Md5, body));
          version.meta.headers = request.headers;
          version.meta.tags = request.tags;
          version.meta.storage_class = request.storage_class;
          version.body = std::make_shared<const std::string>(std::move(body));
          return insert(*found, std::move(version));
        });
  });
}

Result<FakeStore::Version*> FakeStore::find(const ObjectRef& ref) {
  OORT_TRY(Bucket * bucket, bucket_of(ref.caller, ref.bucket));
  const bool is_named = ref.version || ref.wants_null_version;
  const auto missing = [&] {
    return no(
        is_named ? reason::no_such_version : reason::no_such_key,
        is_named ? "The specified version does not exist." : "The specified key does not exist.",
        ErrorCode::NotFound);
  };
  const auto found = bucket->names.find(ref.name);
  if (found == bucket->names.end()) return missing();
  for (Version& version : found->second) {
    const bool fits = ref.version              ? version.meta.version == *ref.version
                      : ref.wants_null_version ? version.meta.is_null_version
                                               : true;
    if (!fits) continue;
    if (version.meta.is_delete_marker && is_named) {
      return no(reason::method_not_allowed, "the version is a delete marker");
    }
    if (version.meta.is_delete_marker) return missing();
    return &version;
  }
  return missing();
}

void FakeStore::get(ObjectRef ref, Callback<Result<std::unique_ptr<ObjectReader>>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<std::unique_ptr<ObjectReader>> {
    OORT_TRY(const Version* version, find(ref));
    return std::make_unique<FakeReader>(post_, break_reads_after_, version->meta, version->body);
  });
}

void FakeStore::head(ObjectRef ref, Callback<Result<ObjectMeta>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<ObjectMeta> {
    OORT_TRY(const Version* version, find(ref));
    return version->meta;
  });
}

void FakeStore::copy(CopyRequest request, Callback<Result<PutResult>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<PutResult> {
    OORT_TRY(const Version* source, find(request.source));
    OORT_TRY(Bucket * bucket, writable(request.source.caller, request.bucket));
    OORT_TRY(check(*bucket, request.name, request.precondition));
    Version version = *source;
    version.meta.name = request.name;
    version.meta.parts_count = 0;
    version.meta.part_sizes.clear();
    version.meta.etag = to_hex(digest_of(crypto::Digest::Md5, *version.body));
    if (request.headers) version.meta.headers = *request.headers;
    if (request.tags) version.meta.tags = *request.tags;
    if (request.storage_class) version.meta.storage_class = *request.storage_class;
    if (!request.checksums.empty()) {
      OORT_TRY(version.meta.checksums, checksums_of(request.checksums, {}, *version.body));
    }
    return insert(*bucket, std::move(version));
  });
}

Result<DeleteResult> FakeStore::erase(const ObjectRef& ref) {
  OORT_TRY(Bucket * bucket, writable(ref.caller, ref.bucket));
  DeleteResult result;
  auto found = bucket->names.find(ref.name);
  const Versioning versioning = bucket->summary.versioning;
  if (!ref.version && !ref.wants_null_version && versioning != Versioning::Off) {
    Version marker;
    marker.meta.name = ref.name;
    marker.meta.is_delete_marker = true;
    result.version = insert(*bucket, std::move(marker)).version;
    result.is_delete_marker = true;
    return result;
  }
  if (found == bucket->names.end()) return result;
  auto& versions = found->second;
  const auto at = std::find_if(versions.begin(), versions.end(), [&](const Version& version) {
    return ref.version ? version.meta.version == *ref.version : version.meta.is_null_version;
  });
  if (at == versions.end()) return result;
  if (versioning != Versioning::Off) result.version = at->meta.version;
  result.is_delete_marker = at->meta.is_delete_marker;
  versions.erase(at);
  if (versions.empty()) {
    bucket->names.erase(found);
  } else {
    versions.front().meta.is_latest = true;
  }
  return result;
}

void FakeStore::remove(ObjectRef ref, Callback<Result<DeleteResult>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<DeleteResult> { return erase(ref); });
}

void FakeStore::remove_many(Caller caller, std::string bucket, std::vector<DeleteTarget> targets,
                            Callback<Result<std::vector<Result<DeleteResult>>>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<std::vector<Result<DeleteResult>>> {
    OORT_TRY(writable(caller, bucket));
    std::vector<Result<DeleteResult>> results;
    for (const DeleteTarget& target : targets) {
      results.push_back(
          erase({caller, bucket, target.name, target.version, target.wants_null_version}));
    }
    return results;
  });
}

void FakeStore::set_tags(ObjectRef ref, Headers tags, Callback<Result<void>> done) {
  answer(std::move(done), [=, this]() mutable -> Result<void> {
    OORT_TRY(writable(ref.caller, ref.bucket));
    OORT_TRY(Version * version, find(ref));
    version->meta.tags = tags;
    return {};
  });
}

}  // namespace oort::s3::test
