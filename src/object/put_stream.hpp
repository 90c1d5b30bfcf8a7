// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "coded_store.hpp"
#include "gateway_env.hpp"
#include "oort/crypto/aead.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/transaction.hpp"
#include "open_segments.hpp"

namespace oort::object {

/// What was streamed, once all of it is placed.
struct StreamedContent {
  std::uint64_t size = 0;
  Bytes md5;
  /// In the order of the request's kinds; of the whole content.
  std::vector<Checksum> checksums;
};

/// What the stream is for: an object or a part.
struct PutTarget {
  crypto::SecretKey data_key;
  ledger::StorageClass storage_class = ledger::StorageClass::Standard;
  std::optional<std::uint64_t> size;
  std::uint64_t size_max = 0;
  std::vector<crypto::Digest> checksums;
  /// Makes the operation that cites the extents; called on the strand, perhaps again.
  UniqueFunction<Result<ledger::SubmittedOperation>(const StreamedContent&,
                                                    const std::vector<ledger::Extent>&)>
      make_operation;
};

/// What the ledger made of it.
struct PutDone {
  StreamedContent content;
  Ordered ordered;
};

/// The gateway's parts that a stream writes through.
struct PutPath {
  EnvPtr env;
  std::shared_ptr<OpenSegments> small;
  std::shared_ptr<BytesBudget> budget;
};

/// Content on its way in: hashed, cut, sealed, coded and placed as it streams; cited by one
/// operation at the end. Threads: any for the ObjectWriter's calls, the strand for callbacks.
class PutStream : public std::enable_shared_from_this<PutStream> {
 public:
  PutStream(PutPath path, PutTarget target);

  void write(Bytes piece, Callback<Result<void>> done);
  void finish(PutEnd end, Callback<Result<PutDone>> done);
  void abort();

 private:
  struct Job {
    std::size_t index = 0;
    Bytes plain;
    SegmentId segment;
    std::uint64_t nonce = 0;
    Bytes sealed;
    ledger::Extent extent;
  };
  using JobPtr = std::shared_ptr<Job>;

  void absorb(Bytes piece, Callback<Result<void>> done);
  void absorbed(Callback<Result<void>> done);
  void start_job(Bytes plain);
  void seal_job(const JobPtr& job);
  void store_job(const JobPtr& job);
  void stored(const JobPtr& job, Result<CodedStoreResult> result);
  void flush_segments();
  void settle();
  void try_finish();
  void submit_small();
  void submit_coded();
  void ordered(Result<Ordered> result);
  void failed(Error error);
  [[nodiscard]] Result<void> check_end();

  PutPath path_;
  PutTarget target_;
  // Touched by one pool task at a time while a write is open.
  std::optional<crypto::StreamDigest> md5_;
  std::vector<crypto::StreamDigest> digests_;
  Bytes plain_;
  // Strand.
  std::uint64_t size_ = 0;
  std::vector<ledger::Extent> extents_;
  std::vector<ledger::SubmittedOperation> segments_;
  std::size_t jobs_open_ = 0;
  std::size_t flushes_open_ = 0;
  Callback<Result<void>> waiting_write_;
  std::optional<PutEnd> end_;
  Callback<Result<PutDone>> done_;
  StreamedContent content_;
  std::optional<Error> error_;
  bool is_aborted_ = false;
};

}  // namespace oort::object
