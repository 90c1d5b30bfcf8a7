// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "oort/consensus/signer_record.hpp"
#include "oort/consensus/types.hpp"
#include "oort/env/blob_store.hpp"

namespace oort::consensus {

/// Kinds from 0x80 on belong to the driver: the log carries them and hands them back.
enum class RecordKind : std::uint8_t { Signer = 1, Certificate = 2, Block = 3 };

/// A piece of what must survive a crash. `bytes` is one encoded SignerRecord, Certificate or
/// PROPOSAL.
struct WalRecord {
  RecordKind kind = RecordKind::Signer;
  SharedBytes bytes;
};

/// What the log held when it was opened, decoded and in the order of writing.
struct Recovered {
  /// Nothing: no record was ever written here, so the key's past is unknown.
  std::optional<SignerRecord> record;
  std::vector<CertificateRef> certificates;
  std::vector<BlockRef> blocks;
  std::vector<WalRecord> others;
};

/// The write-ahead log: {"oortwal1", salt u64}, then records {length u32, crc32c of the length,
/// crc32c of kind and payload, kind u8, payload, 0xa5}. Checksums also cover the salt, so that no
/// payload can hold a record. The length has its own, so that a torn end is told from damage.
///
/// Invariants
///   W1  A crash at any byte of the part that was not synced loses only records of that part.
///   W2  Any other damage is found, and refused with CORRUPT_WAL: a key whose record may have been
///       rolled back must not sign.
///   W3  After a failure of append or sync nothing more is written; the process must end.
/// Threads: one; calls block.
class Wal {
 public:
  static constexpr std::size_t record_bytes_max = 16 * limits::mib;

  struct Opened {
    std::unique_ptr<Wal> wal;
    Recovered recovered;
  };
  /// Opens or creates. A torn tail is cut off. `salt` is used when the file is new.
  /// Fails with CORRUPT_WAL, DISK_FULL, DISK_FAILED.
  [[nodiscard]] static Result<Opened> open(env::BlobStore& store, std::string name,
                                           std::uint64_t salt);

  /// Buffers nothing: the bytes are with the blob on return, durable only after `sync`.
  [[nodiscard]] Result<void> append(std::span<const WalRecord> records);
  [[nodiscard]] Result<void> sync();
  /// Replaces everything by `records`, entirely or not at all, durably.
  [[nodiscard]] Result<void> compact(std::span<const WalRecord> records);
  /// Bytes of the file. Requires: `compact` did not fail.
  [[nodiscard]] std::uint64_t size() const noexcept { return blob_->size(); }

 private:
  Wal(env::BlobStore& store, std::string name, std::unique_ptr<env::Blob> blob, std::uint64_t salt);

  env::BlobStore& store_;
  std::string name_;
  std::unique_ptr<env::Blob> blob_;
  std::uint64_t salt_;
  bool has_failed_ = false;
};

}  // namespace oort::consensus
