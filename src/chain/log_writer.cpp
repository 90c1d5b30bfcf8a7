// SPDX-License-Identifier: Apache-2.0
#include "log_writer.hpp"

#include <utility>

#include "oort/consensus/wal.hpp"
#include "oort/core/assert.hpp"

namespace oort::chain {

void LogWriter::append(const std::vector<consensus::WalRecord>& records, std::uint64_t token,
                       bool is_sync) {
  waiting_.insert(waiting_.end(), records.begin(), records.end());
  if (is_sync) sync_token_ = token;
  if (sync_token_ && !is_writing_) write_waiting();
}

void LogWriter::compact(std::vector<consensus::WalRecord> records) {
  OORT_ASSERT(is_idle(), "a log is compacted between two writes");
  waiting_.clear();
  run([records = std::move(records)](consensus::Wal& wal) { return wal.compact(records); }, {});
}

void LogWriter::write_waiting() {
  const auto token = std::exchange(sync_token_, std::nullopt);
  run(
      [records = std::exchange(waiting_, {})](consensus::Wal& wal) -> Result<void> {
        OORT_TRY(wal.append(records));
        return wal.sync();
      },
      token);
}

void LogWriter::run(UniqueFunction<Result<void>(consensus::Wal&)> work,
                    std::optional<std::uint64_t> token) {
  is_writing_ = true;
  disk_.post([weak = weak_from_this(), wal = wal_, &strand = strand_, work = std::move(work),
              token]() mutable {
    const Result<void> done = work(*wal);
    Result<std::uint64_t> size = done ? Result<std::uint64_t>(wal->size())
                                      : Result<std::uint64_t>(fail(Error(done.error())));
    strand.post([weak, size = std::move(size), token] {
      if (const auto self = weak.lock()) self->written(size, token);
    });
  });
}

void LogWriter::written(const Result<std::uint64_t>& size, std::optional<std::uint64_t> token) {
  if (is_closed_) return;
  is_writing_ = false;
  if (!size) {
    // Nothing is known of what is on the disk: a signature must not leave on a guess.
    is_closed_ = true;
    on_failure_(size.error());
    return;
  }
  bytes_ = *size;
  if (sync_token_) write_waiting();
  if (token) on_persisted_(*token);
}

}  // namespace oort::chain
