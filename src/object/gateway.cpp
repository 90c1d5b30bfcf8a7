// SPDX-License-Identifier: Apache-2.0
#include "oort/object/gateway.hpp"

#include <algorithm>

#include "gateway_core.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/access_records.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/ledger/view.hpp"

namespace oort::object {

namespace {

EnvPtr env_of(GatewayParts parts, GatewayOptions options) {
  const AccountId account = crypto::account_of(parts.keys.public_key());
  return std::make_shared<const GatewayEnv>(
      GatewayEnv{std::move(parts), std::move(options), account, std::make_shared<NodeHealth>()});
}

}  // namespace

GatewayCore::GatewayCore(GatewayParts parts, GatewayOptions options)
    : env_(env_of(std::move(parts), std::move(options))),
      keyring_(std::make_shared<Keyring>(env_->parts.keys)),
      index_(env_, keyring_),
      budget_(std::make_shared<BytesBudget>(env_->options.coding_bytes_max)) {
  for (std::size_t i = 0; i < small_.size(); ++i) {
    small_.at(i) = std::make_shared<OpenSegments>(env_, static_cast<ledger::StorageClass>(i));
  }
  background_ = std::make_shared<Background>(
      env_,
      [small = small_](const SegmentId& segment) {
        return std::ranges::any_of(small, [&](const auto& one) { return one->is_in_use(segment); });
      },
      [small = small_](Duration idle) {
        for (const auto& one : small) one->retire_idle(idle);
      });
}

Result<void> GatewayCore::start() {
  OORT_TRY(index_.start(weak_from_this()));
  background_->start();
  return {};
}

void GatewayCore::with_current(UniqueFunction<void(const LedgerSnapshot&)> use) {
  // Without a quorum the last final state is served, and said to be stale.
  if (!env_->parts.ledger.has_quorum()) {
    is_current_ = false;
    use(snapshot());
    return;
  }
  env_->parts.ledger.read_barrier(
      env_->options.barrier_deadline,
      [self = shared_from_this(), use = std::move(use)](const Result<void>& reached) mutable {
        self->is_current_ = reached.has_value();
        use(self->snapshot());
      });
}

void GatewayCore::with_bucket(const std::string& name,
                              UniqueFunction<void(const LedgerSnapshot&)> use) {
  const LedgerSnapshot now = snapshot();
  if (ledger::View(*now.state).bucket(std::string_view(name))) {
    use(now);
  } else {
    with_current(std::move(use));
  }
}

LedgerSnapshot GatewayCore::snapshot() const {
  LedgerSnapshot now = env_->parts.ledger.snapshot();
  now.is_current = is_current_;
  return now;
}

PutPath GatewayCore::path_for(ledger::StorageClass storage_class) {
  return {env_, small_.at(static_cast<std::size_t>(storage_class)), budget_};
}

void GatewayCore::submit_one(ledger::SubmittedOperation operation, Callback<Result<Ordered>> done) {
  std::vector<ledger::SubmittedOperation> operations;
  operations.push_back(std::move(operation));
  env_->parts.submit.submit(
      std::move(operations), env_->options.submit_deadline,
      [done = std::move(done)](Result<SubmitResult> result) mutable {
        if (!result) {
          done(fail(std::move(result).error()));
        } else {
          done(Ordered{std::move(result->receipts.front()), result->height, result->time_ms});
        }
      });
}

Result<OpenBucket> GatewayCore::open(const LedgerSnapshot& now, const Caller& caller,
                                     const std::string& bucket,
                                     ledger::GrantedOperation operation) {
  return open_bucket(*env_, *keyring_, now, caller, bucket, operation);
}

namespace {

/// The door: every call hops onto the strand.
class StrandGateway final : public Gateway {
 public:
  explicit StrandGateway(std::shared_ptr<GatewayCore> core) : core_(std::move(core)) {}
  StrandGateway(const StrandGateway&) = delete;
  StrandGateway& operator=(const StrandGateway&) = delete;
  ~StrandGateway() override { core_->background().stop(); }

  StoreState state() const noexcept override {
    return {core_->env()->parts.ledger.snapshot().height, !core_->is_current()};
  }
  DurabilityState durability() const override { return core_->background().state(); }
  void missing_shards(std::size_t count_max,
                      Callback<Result<std::vector<MissingShard>>> done) override {
    run([count_max, done = std::move(done)](GatewayCore& core) mutable {
      done(core.background().missing(count_max));
    });
  }
  void seal_bucket_keys(std::string bucket, Callback<Result<BucketKeySeals>> done) override {
    run_current([bucket = std::move(bucket), done = std::move(done)](GatewayCore& core) mutable {
      done(core.seal_bucket_keys(bucket));
    });
  }
  void pause_repair(bool is_paused) override {
    run([is_paused](GatewayCore& core) { core.background().pause(is_paused); });
  }
  void step_repair(Callback<Result<RepairStep>> done) override {
    run([done = std::move(done)](GatewayCore& core) mutable {
      core.background().step(std::move(done));
    });
  }
  void seal_open_segments(Callback<Result<SealSummary>> done) override {
    run([done = std::move(done)](GatewayCore& core) mutable {
      core.background().seal_open(std::move(done));
    });
  }
  void stop(Task done) override {
    run([done = std::move(done)](GatewayCore& core) mutable {
      core.background().stop();
      done();
    });
  }

  void find_access_key(std::string id, Callback<Result<AccessKey>> done) override {
    run([id = std::move(id), done = std::move(done)](GatewayCore& core) mutable {
      const LedgerSnapshot now = core.snapshot();
      done(core.keyring().access_key(ledger::View(*now.state), id));
    });
  }
  void create_bucket(Caller caller, std::string bucket,
                     Callback<Result<BucketSummary>> done) override {
    run([caller = std::move(caller), bucket = std::move(bucket), done = std::move(done)](
            GatewayCore& core) mutable { core.create_bucket(caller, bucket, std::move(done)); });
  }
  void delete_bucket(Caller caller, std::string bucket, Callback<Result<void>> done) override {
    run([caller = std::move(caller), bucket = std::move(bucket), done = std::move(done)](
            GatewayCore& core) mutable { core.delete_bucket(caller, bucket, std::move(done)); });
  }
  void list_buckets(Caller caller, Callback<Result<std::vector<BucketSummary>>> done) override {
    run_current([caller = std::move(caller), done = std::move(done)](GatewayCore& core) mutable {
      done(core.list_buckets(caller));
    });
  }
  void head_bucket(Caller caller, std::string bucket,
                   Callback<Result<BucketSummary>> done) override {
    run_current([caller = std::move(caller), bucket = std::move(bucket), done = std::move(done)](
                    GatewayCore& core) mutable { done(core.head_bucket(caller, bucket)); });
  }
  void set_versioning(Caller caller, std::string bucket, Versioning versioning,
                      Callback<Result<void>> done) override {
    run([caller = std::move(caller), bucket = std::move(bucket), versioning,
         done = std::move(done)](GatewayCore& core) mutable {
      core.set_versioning(caller, bucket, versioning, std::move(done));
    });
  }
  void put(PutRequest request, Callback<Result<std::unique_ptr<ObjectWriter>>> done) override {
    pass(&GatewayCore::put, std::move(request), std::move(done));
  }
  void get(ObjectRef ref, Callback<Result<std::unique_ptr<ObjectReader>>> done) override {
    pass(&GatewayCore::get, std::move(ref), std::move(done));
  }
  void head(ObjectRef ref, Callback<Result<ObjectMeta>> done) override {
    pass(&GatewayCore::head, std::move(ref), std::move(done));
  }
  void copy(CopyRequest request, Callback<Result<PutResult>> done) override {
    pass(&GatewayCore::copy, std::move(request), std::move(done));
  }
  void remove(ObjectRef ref, Callback<Result<DeleteResult>> done) override {
    pass(&GatewayCore::remove, std::move(ref), std::move(done));
  }
  void remove_many(Caller caller, std::string bucket, std::vector<DeleteTarget> targets,
                   Callback<Result<std::vector<Result<DeleteResult>>>> done) override {
    run([caller = std::move(caller), bucket = std::move(bucket), targets = std::move(targets),
         done = std::move(done)](GatewayCore& core) mutable {
      auto remove = [self = core.shared_from_this(), caller, bucket, targets = std::move(targets),
                     done = std::move(done)](const LedgerSnapshot&) mutable {
        self->remove_many(caller, bucket, std::move(targets), std::move(done));
      };
      core.with_bucket(bucket, std::move(remove));
    });
  }
  void set_tags(ObjectRef ref, Headers tags, Callback<Result<void>> done) override {
    run([ref = std::move(ref), tags = std::move(tags), done = std::move(done)](
            GatewayCore& core) mutable { core.set_tags(ref, std::move(tags), std::move(done)); });
  }
  void list(ListRequest request, Callback<Result<ListResult>> done) override {
    pass(&GatewayCore::list, std::move(request), std::move(done));
  }
  void list_versions(ListVersionsRequest request,
                     Callback<Result<ListVersionsResult>> done) override {
    pass(&GatewayCore::list_versions, std::move(request), std::move(done));
  }
  void create_upload(CreateUploadRequest request, Callback<Result<UploadSummary>> done) override {
    run([request = std::move(request), done = std::move(done)](GatewayCore& core) mutable {
      auto create = [self = core.shared_from_this(), request,
                     done = std::move(done)](const LedgerSnapshot&) mutable {
        self->create_upload(request, std::move(done));
      };
      core.with_bucket(request.bucket, std::move(create));
    });
  }
  void put_part(PartRequest request,
                Callback<Result<std::unique_ptr<ObjectWriter>>> done) override {
    pass(&GatewayCore::put_part, std::move(request), std::move(done));
  }
  void copy_part(CopyPartRequest request, Callback<Result<PartMeta>> done) override {
    pass(&GatewayCore::copy_part, std::move(request), std::move(done));
  }
  void complete_upload(CompleteRequest request, Callback<Result<PutResult>> done) override {
    pass(&GatewayCore::complete_upload, std::move(request), std::move(done));
  }
  void abort_upload(UploadRef upload, Callback<Result<void>> done) override {
    pass(&GatewayCore::abort_upload, std::move(upload), std::move(done));
  }
  void list_parts(ListPartsRequest request, Callback<Result<ListPartsResult>> done) override {
    run_current([request = std::move(request), done = std::move(done)](GatewayCore& core) mutable {
      done(core.list_parts(request));
    });
  }
  void list_uploads(ListUploadsRequest request, Callback<Result<ListUploadsResult>> done) override {
    run_current([request = std::move(request), done = std::move(done)](GatewayCore& core) mutable {
      done(core.list_uploads(request));
    });
  }

 private:
  template <class Use>
  void run(Use use) {
    core_->env()->parts.strand.post([core = core_, use = std::move(use)]() mutable { use(*core); });
  }
  /// With a state that is not older than what was acknowledged before.
  template <class Use>
  void run_current(Use use) {
    run([use = std::move(use)](GatewayCore& core) mutable {
      core.with_current([core = core.shared_from_this(),
                         use = std::move(use)](const LedgerSnapshot&) mutable { use(*core); });
    });
  }
  template <class Function, class Request, class T>
  void pass(Function function, Request request, Callback<T> done) {
    run([function, request = std::move(request), done = std::move(done)](
            GatewayCore& core) mutable { (core.*function)(std::move(request), std::move(done)); });
  }

  // Shared with what is in flight.
  std::shared_ptr<GatewayCore> core_;
};

}  // namespace

Result<std::unique_ptr<Gateway>> Gateway::start(GatewayParts parts, GatewayOptions options) {
  auto core = std::make_shared<GatewayCore>(std::move(parts), std::move(options));
  OORT_TRY(core->start());
  return std::make_unique<StrandGateway>(std::move(core));
}

}  // namespace oort::object
