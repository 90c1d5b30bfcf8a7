// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "background.hpp"
#include "bucket_access.hpp"
#include "bucket_index.hpp"
#include "gateway_env.hpp"
#include "oort/core/reasons.hpp"
#include "open_segments.hpp"
#include "put_stream.hpp"

namespace oort::object {

inline constexpr std::size_t storage_classes_count = ledger::storage_class_last + 1;

/// A version with everything that is needed to read or change it.
struct FoundObject {
  OpenBucket bucket;
  ledger::Object object;
  Body body;
  ObjectMeta meta;
};

/// The state of a gateway; its operations run on the strand. Owned by the gateway and by what is in
/// flight.
class GatewayCore : public std::enable_shared_from_this<GatewayCore> {
 public:
  GatewayCore(GatewayParts parts, GatewayOptions options);

  [[nodiscard]] Result<void> start();

  // gateway_buckets.cpp
  void create_bucket(const Caller& caller, const std::string& bucket,
                     Callback<Result<BucketSummary>> done);
  void delete_bucket(const Caller& caller, const std::string& bucket, Callback<Result<void>> done);
  [[nodiscard]] Result<std::vector<BucketSummary>> list_buckets(const Caller& caller);
  [[nodiscard]] Result<BucketKeySeals> seal_bucket_keys(const std::string& name);
  [[nodiscard]] Result<BucketSummary> head_bucket(const Caller& caller, const std::string& bucket);
  void set_versioning(const Caller& caller, const std::string& bucket, Versioning versioning,
                      Callback<Result<void>> done);
  void list(ListRequest request, Callback<Result<ListResult>> done);
  void list_versions(ListVersionsRequest request, Callback<Result<ListVersionsResult>> done);

  // gateway_objects.cpp
  void put(PutRequest request, Callback<Result<std::unique_ptr<ObjectWriter>>> done);
  void get(const ObjectRef& ref, Callback<Result<std::unique_ptr<ObjectReader>>> done);
  void head(const ObjectRef& ref, Callback<Result<ObjectMeta>> done);
  void remove(const ObjectRef& ref, Callback<Result<DeleteResult>> done);
  void remove_many(const Caller& caller, const std::string& bucket,
                   std::vector<DeleteTarget> targets,
                   Callback<Result<std::vector<Result<DeleteResult>>>> done);
  void set_tags(const ObjectRef& ref, Headers tags, Callback<Result<void>> done);

  // gateway_copy.cpp
  void copy(CopyRequest request, Callback<Result<PutResult>> done);
  void copy_part(CopyPartRequest request, Callback<Result<PartMeta>> done);

  // gateway_uploads.cpp
  void create_upload(const CreateUploadRequest& request, Callback<Result<UploadSummary>> done);
  void put_part(PartRequest request, Callback<Result<std::unique_ptr<ObjectWriter>>> done);
  void complete_upload(const CompleteRequest& request, Callback<Result<PutResult>> done);
  void abort_upload(const UploadRef& upload, Callback<Result<void>> done);
  [[nodiscard]] Result<ListPartsResult> list_parts(const ListPartsRequest& request);
  [[nodiscard]] Result<ListUploadsResult> list_uploads(const ListUploadsRequest& request);

  [[nodiscard]] const EnvPtr& env() const noexcept { return env_; }
  [[nodiscard]] Keyring& keyring() noexcept { return *keyring_; }
  [[nodiscard]] Background& background() noexcept { return *background_; }

  /// Runs `use` with a state that shows every write acknowledged before this call; with the last
  /// final one where the ledger has no quorum.
  void with_current(UniqueFunction<void(const LedgerSnapshot&)> use);
  /// For writes, which the ledger judges again: runs `use` at once where the state at hand knows
  /// the bucket, else as above, for another gateway may have made it a moment ago.
  void with_bucket(const std::string& name, UniqueFunction<void(const LedgerSnapshot&)> use);
  /// The same for writes to an upload.
  void with_upload(const UploadRef& ref, UniqueFunction<void(const LedgerSnapshot&)> use);
  /// Is current exactly if the last read behind the barrier was.
  [[nodiscard]] LedgerSnapshot snapshot() const;
  /// Whether reads show all that was acknowledged. Any thread.
  [[nodiscard]] bool is_current() const noexcept {
    return is_current_ && env_->parts.ledger.has_quorum();
  }
  [[nodiscard]] PutPath path_for(ledger::StorageClass storage_class);
  void submit_one(ledger::SubmittedOperation operation, Callback<Result<Ordered>> done);

 private:
  struct OpenUpload;
  template <class Value, class Request>
  using ListFunction = Result<Value> (*)(const env::KvReader& index, BucketId bucket,
                                         const AccountId& owner, const Request& request);
  /// Lists a bucket out of the index.
  template <class Value, class Request>
  void list_by(ListFunction<Value, Request> read, Request request, Callback<Result<Value>> done);
  /// For content that is there already, under the ETag that it had or has now.
  void submit_put(ledger::SubmittedOperation operation, std::string etag,
                  std::vector<Checksum> checksums, ledger::Versioning versioning,
                  Callback<Result<PutResult>> done);
  [[nodiscard]] Result<OpenBucket> open(const LedgerSnapshot& now, const Caller& caller,
                                        const std::string& bucket,
                                        ledger::GrantedOperation operation);
  /// Objects are listed to whoever may read them, versions to the owner alone.
  [[nodiscard]] Result<OpenBucket> open_for(const LedgerSnapshot& now, const ListRequest& request);
  [[nodiscard]] Result<OpenBucket> open_for(const LedgerSnapshot& now,
                                            const ListVersionsRequest& request);
  /// In one of the caller's buckets.
  [[nodiscard]] Result<FoundObject> find(const LedgerSnapshot& now, const ObjectRef& ref,
                                         ledger::GrantedOperation operation);
  /// There, or in a dataset that the caller has open.
  [[nodiscard]] Result<FoundObject> find_to_read(const LedgerSnapshot& now, const ObjectRef& ref);
  [[nodiscard]] static Result<FoundObject> find_in(const LedgerSnapshot& now, OpenBucket bucket,
                                                   const ObjectRef& ref);
  [[nodiscard]] Result<void> check_can_write(const LedgerSnapshot& now,
                                             ledger::StorageClass storage_class);
  [[nodiscard]] Result<ledger::Precondition> resolve(const LedgerSnapshot& now,
                                                     const OpenBucket& bucket,
                                                     const NameHash& name_hash,
                                                     const Precondition& wanted);
  [[nodiscard]] Result<std::unique_ptr<ObjectWriter>> open_writer(const LedgerSnapshot& now,
                                                                  PutRequest request);
  [[nodiscard]] Result<ledger::SubmittedOperation> delete_operation(const OpenBucket& bucket,
                                                                    const DeleteTarget& target);
  [[nodiscard]] Result<OpenUpload> find_upload(const LedgerSnapshot& now, const UploadRef& ref,
                                               ledger::GrantedOperation operation);
  void abort_upload_at(const LedgerSnapshot& now, const UploadRef& ref,
                       Callback<Result<void>> done);
  [[nodiscard]] Result<std::unique_ptr<ObjectWriter>> open_part_writer(const LedgerSnapshot& now,
                                                                       PartRequest request);
  [[nodiscard]] Result<ledger::SubmittedOperation> complete_operation(
      const LedgerSnapshot& now, const CompleteRequest& request, Body& body);
  [[nodiscard]] Result<ledger::SubmittedOperation> share_operation(const LedgerSnapshot& now,
                                                                   const CopyRequest& request,
                                                                   FoundObject& source);

  EnvPtr env_;
  std::shared_ptr<Keyring> keyring_;
  BucketIndex index_;
  std::shared_ptr<BytesBudget> budget_;
  std::array<std::shared_ptr<OpenSegments>, storage_classes_count> small_;
  std::shared_ptr<Background> background_;
  std::atomic<bool> is_current_ = true;  ///< Changes on the strand.
};

/// The change of that kind in a receipt; fails with what its rejection means.
[[nodiscard]] Result<ledger::ObjectChanged> change_of(const ledger::OperationReceipt& receipt,
                                                      ledger::ObjectChange change);
/// S3's rules for a key, and no zero byte. Fails with BAD_ARGUMENT.
[[nodiscard]] Result<void> check_object_name(const std::string& name);
[[nodiscard]] Result<void> check_metadata(const Headers& headers, const Headers& tags);
[[nodiscard]] PutResult put_result_of(const StreamedContent& content, const Ordered& ordered,
                                      const ledger::ObjectChanged& change,
                                      ledger::Versioning versioning);

/// What the S3 door holds of a PutStream.
template <class Finish>
class StreamWriter final : public ObjectWriter {
 public:
  StreamWriter(std::shared_ptr<PutStream> stream, Finish finish)
      : stream_(std::move(stream)), finish_(std::move(finish)) {}
  StreamWriter(const StreamWriter&) = delete;
  StreamWriter& operator=(const StreamWriter&) = delete;
  ~StreamWriter() override {
    if (!is_finished_) stream_->abort();
  }
  void write(Bytes piece, Callback<Result<void>> done) override {
    stream_->write(std::move(piece), std::move(done));
  }
  void finish(PutEnd end, Callback<Result<PutResult>> done) override {
    is_finished_ = true;
    stream_->finish(std::move(end),
                    [finish = finish_, done = std::move(done)](Result<PutDone> put) mutable {
                      if (!put) {
                        done(fail(std::move(put).error()));
                      } else {
                        done(finish(*put));
                      }
                    });
  }

 private:
  // Shared with its own tasks.
  std::shared_ptr<PutStream> stream_;
  Finish finish_;
  bool is_finished_ = false;
};

}  // namespace oort::object
