// SPDX-License-Identifier: Apache-2.0
#include "put_stream.hpp"

#include <algorithm>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/shard_receipt.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/object/sealing.hpp"

namespace oort::object {
namespace {

/// Segments of one stream that may be in work while the next one fills.
constexpr std::size_t jobs_max = 2;
/// Segments that wait for their object before they are recorded by themselves.
constexpr std::size_t segments_waiting_max = 16;

Error checksum_mismatch(std::string detail) {
  return {ErrorCode::InvalidArgument, reason::checksum_mismatch, std::move(detail)};
}

}  // namespace

PutStream::PutStream(PutPath path, PutTarget target)
    : path_(std::move(path)), target_(std::move(target)) {
  md5_.emplace(crypto::Digest::Md5);
  for (const crypto::Digest kind : target_.checksums) digests_.emplace_back(kind);
}

void PutStream::write(Bytes piece, Callback<Result<void>> done) {
  path_.env->parts.strand.post(
      [self = shared_from_this(), piece = std::move(piece), done = std::move(done)]() mutable {
        if (self->error_) {
          done(fail(*self->error_));
          return;
        }
        self->size_ += piece.size();
        if (self->size_ > self->target_.size_max ||
            (self->target_.size && self->size_ > *self->target_.size)) {
          self->error_ = Error(ErrorCode::InvalidArgument, reason::too_large,
                               "more bytes came than were announced or are allowed");
          done(fail(*self->error_));
          return;
        }
        self->path_.env->parts.pool.post(
            [self, piece = std::move(piece), done = std::move(done)]() mutable {
              self->absorb(std::move(piece), std::move(done));
            });
      });
}

// On the pool.
void PutStream::absorb(Bytes piece, Callback<Result<void>> done) {
  md5_->update(piece);
  for (crypto::StreamDigest& digest : digests_) digest.update(piece);
  if (plain_.empty()) {
    plain_ = std::move(piece);
  } else {
    plain_.insert(plain_.end(), piece.begin(), piece.end());
  }
  path_.env->parts.strand.post([self = shared_from_this(), done = std::move(done)]() mutable {
    self->absorbed(std::move(done));
  });
}

void PutStream::absorbed(Callback<Result<void>> done) {
  const std::size_t segment = path_.env->options.segment_plain_bytes;
  std::size_t taken = 0;
  while (plain_.size() - taken >= segment) {
    start_job(to_bytes(ByteView(plain_).subspan(taken, segment)));
    taken += segment;
  }
  plain_.erase(plain_.begin(), plain_.begin() + static_cast<std::ptrdiff_t>(taken));
  if (jobs_open_ < jobs_max) {
    done(error_ ? Result<void>(fail(*error_)) : Result<void>());
  } else {
    // The writer waits for a segment to be placed: back-pressure to its socket.
    waiting_write_ = std::move(done);
  }
}

void PutStream::start_job(Bytes plain) {
  auto job = std::make_shared<Job>();
  job->index = extents_.size();
  extents_.emplace_back();
  job->plain = std::move(plain);
  job->nonce = path_.env->parts.random.below(~std::uint64_t{0});
  job->segment = ledger::segment_id_of(path_.env->account, job->nonce);
  ++jobs_open_;
  path_.budget->acquire(job->plain.size(), [self = shared_from_this(), job] {
    self->path_.env->parts.pool.post([self, job] { self->seal_job(job); });
  });
}

// On the pool.
void PutStream::seal_job(const JobPtr& job) {
  job->extent.slot = {job->segment, 0};
  job->sealed = seal_extent(extent_key(target_.data_key, job->extent.slot), job->plain);
  job->extent.length = job->sealed.size();
  job->extent.root = crypto::tree_root(job->sealed);
  path_.env->parts.strand.post([self = shared_from_this(), job] { self->store_job(job); });
}

void PutStream::store_job(const JobPtr& job) {
  if (is_aborted_ || error_) {
    stored(job, fail(ErrorCode::Cancelled, reason::cancelled, "the stream ended before"));
    return;
  }
  CodedStoreRequest request;
  request.segment = job->segment;
  request.storage_class = target_.storage_class;
  request.content = std::make_shared<const Bytes>(std::move(job->sealed));
  request.durability = path_.env->options.durability;
  store_coded(path_.env, std::move(request),
              [self = shared_from_this(), job](Result<CodedStoreResult> result) {
                self->stored(job, std::move(result));
              });
}

void PutStream::stored(const JobPtr& job, Result<CodedStoreResult> result) {
  path_.budget->release(job->plain.size());
  --jobs_open_;
  if (!result) {
    failed(std::move(result).error());
  } else {
    ledger::SegmentStore store;
    store.nonce = job->nonce;
    store.storage_class = target_.storage_class;
    store.data_shards = result->plan.scheme.data;
    store.length = job->extent.length;
    store.root = job->extent.root;
    store.receipts = std::move(result->receipts);
    segments_.push_back({std::move(store), {}});
    extents_[job->index] = job->extent;
    if (segments_.size() >= segments_waiting_max) flush_segments();
  }
  if (waiting_write_) {
    auto write_done = std::exchange(waiting_write_, {});
    write_done(error_ ? Result<void>(fail(*error_)) : Result<void>());
  }
  settle();
}

/// Records segments of a long stream early, so that their receipts do not grow old.
void PutStream::flush_segments() {
  ++flushes_open_;
  path_.env->parts.submit.submit(std::exchange(segments_, {}), path_.env->options.submit_deadline,
                                 [self = shared_from_this()](Result<SubmitResult> result) {
                                   --self->flushes_open_;
                                   if (!result) {
                                     self->failed(std::move(result).error());
                                   } else {
                                     for (const auto& receipt : result->receipts) {
                                       if (receipt.rejection != ledger::Rejection::None) {
                                         self->failed(ledger::error_of(receipt.rejection));
                                       }
                                     }
                                   }
                                   self->settle();
                                 });
}

void PutStream::failed(Error error) {
  if (!error_) error_ = std::move(error);
}

void PutStream::abort() {
  path_.env->parts.strand.post([self = shared_from_this()] {
    self->is_aborted_ = true;
    self->failed(Error(ErrorCode::Cancelled, reason::cancelled, "the writer gave up"));
  });
}

void PutStream::finish(PutEnd end, Callback<Result<PutDone>> done) {
  path_.env->parts.strand.post(
      [self = shared_from_this(), end = std::move(end), done = std::move(done)]() mutable {
        self->end_ = std::move(end);
        self->done_ = std::move(done);
        self->try_finish();
      });
}

Result<void> PutStream::check_end() {
  if (error_) return fail(*error_);
  if (target_.size && size_ < *target_.size) {
    return fail(ErrorCode::InvalidArgument, reason::body_too_short,
                std::to_string(size_) + " of " + std::to_string(*target_.size) + " bytes came");
  }
  content_.size = size_;
  content_.md5 = md5_->finish();
  for (std::size_t i = 0; i < digests_.size(); ++i) {
    content_.checksums.push_back(
        {target_.checksums[i], ChecksumType::FullObject, digests_[i].finish()});
  }
  if (end_->md5 && *end_->md5 != content_.md5) {
    return fail(checksum_mismatch("Content-MD5 is not that of the bytes"));
  }
  for (const Checksum& expected : end_->expected) {
    const auto found = std::ranges::find(content_.checksums, expected.kind, &Checksum::kind);
    if (found == content_.checksums.end() || found->value != expected.value) {
      return fail(checksum_mismatch("the announced checksum is not that of the bytes"));
    }
  }
  return {};
}

void PutStream::try_finish() {
  if (auto checked = check_end(); !checked) {
    failed(std::move(checked).error());
    settle();
    return;
  }
  const bool is_small =
      extents_.empty() && plain_.size() <= path_.env->options.small_object_bytes_max;
  if (is_small && !plain_.empty()) {
    submit_small();
    return;
  }
  if (!plain_.empty()) start_job(std::exchange(plain_, {}));
  settle();
}

/// Ends the stream once nothing is in work.
void PutStream::settle() {
  if (!end_ || !done_ || jobs_open_ > 0 || flushes_open_ > 0) return;
  if (error_) {
    std::exchange(done_, {})(fail(*error_));
    return;
  }
  submit_coded();
}

void PutStream::submit_small() {
  SmallPut put;
  put.plain = std::exchange(plain_, {});
  put.data_key = target_.data_key;
  put.make_operation = [self = shared_from_this()](const ledger::Extent& extent) {
    return self->target_.make_operation(self->content_, {extent});
  };
  put.done = [self = shared_from_this()](Result<Ordered> result) {
    self->ordered(std::move(result));
  };
  path_.small->put(std::move(put));
}

void PutStream::submit_coded() {
  auto operation = target_.make_operation(content_, extents_);
  if (!operation) {
    std::exchange(done_, {})(fail(std::move(operation).error()));
    return;
  }
  std::vector<ledger::SubmittedOperation> operations = std::exchange(segments_, {});
  operations.push_back(std::move(*operation));
  path_.env->parts.submit.submit(
      std::move(operations), path_.env->options.submit_deadline,
      [self = shared_from_this()](Result<SubmitResult> result) {
        if (!result) {
          self->ordered(fail(std::move(result).error()));
          return;
        }
        // A segment that was refused is the reason why its object was.
        for (auto& receipt : result->receipts) {
          const bool is_last = &receipt == &result->receipts.back();
          if (is_last || receipt.rejection != ledger::Rejection::None) {
            self->ordered(Ordered{std::move(receipt), result->height, result->time_ms});
            return;
          }
        }
      });
}

void PutStream::ordered(Result<Ordered> result) {
  auto done = std::exchange(done_, {});
  OORT_ASSERT(static_cast<bool>(done), "a stream ends once");
  if (!result) {
    done(fail(std::move(result).error()));
    return;
  }
  done(PutDone{content_, std::move(*result)});
}

}  // namespace oort::object
