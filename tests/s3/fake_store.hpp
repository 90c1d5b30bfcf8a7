// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "oort/env/clock.hpp"
#include "oort/object/object_store.hpp"

namespace oort::s3::test {

/// A whole object store in memory, on its own thread, which is its strand: the real semantics
/// without nodes, ledger or disk.
class FakeStore final : public object::ObjectStore {
 public:
  explicit FakeStore(env::Clock& clock);
  ~FakeStore() override;

  /// The account of every key is derived from `account`.
  void add_key(const std::string& id, const std::string& secret, std::uint8_t account = 1,
               bool is_read_only = false);
  /// From now on writes fail with this; nothing lets them succeed again.
  void fail_writes(Error error);
  /// From now on reads are stale as of this height.
  void become_stale(std::uint64_t height);
  /// From now on writes reach less tolerance than their class promises.
  void degrade() { is_degraded_ = true; }
  /// Reads of more than this many bytes break off there.
  void break_reads_after(std::uint64_t bytes) { break_reads_after_ = bytes; }
  [[nodiscard]] int key_lookups_count() const { return key_lookups_; }
  /// Bytes of the newest version; empty when there is none. Waits for the strand.
  [[nodiscard]] std::optional<std::string> bytes_of(const std::string& bucket,
                                                    const std::string& name);

  [[nodiscard]] object::StoreState state() const noexcept override;
  void find_access_key(std::string id, Callback<Result<object::AccessKey>> done) override;
  void create_bucket(object::Caller caller, std::string bucket,
                     Callback<Result<object::BucketSummary>> done) override;
  void delete_bucket(object::Caller caller, std::string bucket,
                     Callback<Result<void>> done) override;
  void list_buckets(object::Caller caller,
                    Callback<Result<std::vector<object::BucketSummary>>> done) override;
  void head_bucket(object::Caller caller, std::string bucket,
                   Callback<Result<object::BucketSummary>> done) override;
  void set_versioning(object::Caller caller, std::string bucket, object::Versioning versioning,
                      Callback<Result<void>> done) override;
  void put(object::PutRequest request,
           Callback<Result<std::unique_ptr<object::ObjectWriter>>> done) override;
  void get(object::ObjectRef ref,
           Callback<Result<std::unique_ptr<object::ObjectReader>>> done) override;
  void head(object::ObjectRef ref, Callback<Result<object::ObjectMeta>> done) override;
  void copy(object::CopyRequest request, Callback<Result<object::PutResult>> done) override;
  void remove(object::ObjectRef ref, Callback<Result<object::DeleteResult>> done) override;
  void remove_many(object::Caller caller, std::string bucket,
                   std::vector<object::DeleteTarget> targets,
                   Callback<Result<std::vector<Result<object::DeleteResult>>>> done) override;
  void set_tags(object::ObjectRef ref, object::Headers tags, Callback<Result<void>> done) override;
  void list(object::ListRequest request, Callback<Result<object::ListResult>> done) override;
  void list_versions(object::ListVersionsRequest request,
                     Callback<Result<object::ListVersionsResult>> done) override;
  void create_upload(object::CreateUploadRequest request,
                     Callback<Result<object::UploadSummary>> done) override;
  void put_part(object::PartRequest request,
                Callback<Result<std::unique_ptr<object::ObjectWriter>>> done) override;
  void copy_part(object::CopyPartRequest request, Callback<Result<object::PartMeta>> done) override;
  void complete_upload(object::CompleteRequest request,
                       Callback<Result<object::PutResult>> done) override;
  void abort_upload(object::UploadRef upload, Callback<Result<void>> done) override;
  void list_parts(object::ListPartsRequest request,
                  Callback<Result<object::ListPartsResult>> done) override;
  void list_uploads(object::ListUploadsRequest request,
                    Callback<Result<object::ListUploadsResult>> done) override;

 private:
  using Body = std::shared_ptr<const std::string>;

  struct Version {
    object::ObjectMeta meta;
    Body body;
  };
  struct Part {
    object::PartMeta meta;
    Body body;
  };
  struct Upload {
    object::CreateUploadRequest request;
    object::UploadSummary summary;
    std::map<std::uint32_t, Part> parts;
  };
  struct Bucket {
    object::BucketSummary summary;
    /// Newest first.
    std::map<std::string, std::vector<Version>> names;
    std::map<object::UploadId, Upload> uploads;
  };

  void post(std::function<void()> task);
  void run();
  /// Runs `act` on the strand and gives its result to `done`.
  template <class T, class Act>
  void answer(Callback<T> done, Act act) {
    auto shared = std::make_shared<Callback<T>>(std::move(done));
    post([shared, moved = std::move(act)]() mutable { (*shared)(moved()); });
  }

  // All below: on the strand.
  [[nodiscard]] Result<Bucket*> bucket_of(const object::Caller& caller, const std::string& name);
  [[nodiscard]] Result<Bucket*> writable(const object::Caller& caller, const std::string& name);
  [[nodiscard]] Result<Upload*> upload_of(const object::UploadRef& ref);
  [[nodiscard]] Result<Version*> find(const object::ObjectRef& ref);
  [[nodiscard]] static Result<void> check(const Bucket& bucket, const std::string& name,
                                          const object::Precondition& precondition);
  object::PutResult insert(Bucket& bucket, Version version);
  [[nodiscard]] Result<object::DeleteResult> erase(const object::ObjectRef& ref);
  [[nodiscard]] Result<object::PutResult> complete(const object::CompleteRequest& request);
  [[nodiscard]] ObjectVersionId next_version();

  env::Clock& clock_;
  std::map<std::string, object::AccessKey> keys_;
  std::map<std::string, Bucket> buckets_;
  std::uint64_t versions_count_ = 0;
  std::optional<Error> write_failure_;
  std::atomic<std::uint64_t> stale_height_{0};
  std::atomic<bool> is_degraded_{false};
  std::atomic<std::uint64_t> break_reads_after_{~std::uint64_t{0}};
  std::atomic<int> key_lookups_{0};

  std::mutex mutex_;
  std::condition_variable has_task_;
  std::deque<std::function<void()>> tasks_;  ///< Guarded by `mutex_`.
  bool is_stopping_ = false;                 ///< Guarded by `mutex_`.
  std::function<void(std::function<void()>)> post_ = [this](auto task) { post(std::move(task)); };
  std::thread thread_;
};

}  // namespace oort::s3::test
