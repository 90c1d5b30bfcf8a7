// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "oort/consensus/wal.hpp"
#include "oort/core/callback.hpp"
#include "oort/env/executor.hpp"

namespace oort::chain {

/// Brings the engine's records to the log in order, many with one sync.
///
/// At most one task is on the disk's executor; what comes meanwhile waits and goes together. An
/// answer covers everything up to its token.
/// Threads: the chain's strand; the log itself is touched by the disk's executor alone.
class LogWriter : public std::enable_shared_from_this<LogWriter> {
 public:
  using OnPersisted = std::function<void(std::uint64_t token)>;
  using OnFailure = std::function<void(const Error&)>;

  LogWriter(std::shared_ptr<consensus::Wal> wal, env::Executor& strand, env::Executor& disk,
            OnPersisted on_persisted, OnFailure on_failure)
      : wal_(std::move(wal)),
        strand_(strand),
        disk_(disk),
        on_persisted_(std::move(on_persisted)),
        on_failure_(std::move(on_failure)),
        bytes_(wal_->size()) {}

  /// With `is_sync`, `on_persisted` hears of `token` when everything so far is durable.
  void append(const std::vector<consensus::WalRecord>& records, std::uint64_t token, bool is_sync);
  /// Replaces the whole log. Requires: `is_idle()`; `records` cover what waits without a sync.
  void compact(std::vector<consensus::WalRecord> records);
  [[nodiscard]] bool is_idle() const noexcept { return !is_writing_ && !sync_token_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  /// Nothing is called any more.
  void close() noexcept { is_closed_ = true; }

 private:
  void write_waiting();
  void run(UniqueFunction<Result<void>(consensus::Wal&)> work, std::optional<std::uint64_t> token);
  void written(const Result<std::uint64_t>& size, std::optional<std::uint64_t> token);

  // Owned together with the task on the disk's executor, which may outlive this object.
  std::shared_ptr<consensus::Wal> wal_;
  env::Executor& strand_;
  env::Executor& disk_;
  OnPersisted on_persisted_;
  OnFailure on_failure_;
  std::vector<consensus::WalRecord> waiting_;
  std::optional<std::uint64_t> sync_token_;
  std::uint64_t bytes_;
  bool is_writing_ = false;
  bool is_closed_ = false;
};

}  // namespace oort::chain
