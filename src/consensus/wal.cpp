// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/wal.hpp"

#include <algorithm>
#include <string_view>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/env/blob_store.hpp"

namespace oort::consensus {
namespace {

constexpr std::string_view magic = "oortwal1";
constexpr std::size_t file_header_bytes = 16;
/// Length and its checksum.
constexpr std::size_t head_bytes = 8;
/// Head, body checksum, kind, end mark.
constexpr std::size_t overhead_bytes = head_bytes + 4 + 1 + 1;
/// Not zero, so that a record that ends is told from one whose end was filled with zeros.
constexpr std::byte end_mark{0xa5};

tl::unexpected<Error> corrupt(const std::string& name, std::uint64_t offset, const char* what) {
  return fail(ErrorCode::DataLoss, reason::corrupt_wal,
              name + ": " + what + " at byte " + std::to_string(offset) +
                  "; this key must not sign until it was started as one that lost its record");
}

Bytes checksum(std::uint64_t salt, ByteView a, ByteView b = {}) {
  codec::Writer salted;
  salted.u64(salt);
  crypto::StreamDigest digest(crypto::Digest::Crc32c);
  digest.update(salted.bytes());
  digest.update(a);
  digest.update(b);
  return digest.finish();
}

bool is_equal(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

bool is_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

void put_record(codec::Writer& out, std::uint64_t salt, const WalRecord& record) {
  OORT_ASSERT(record.bytes->size() <= Wal::record_bytes_max, "the engine bounds its records");
  codec::Writer length;
  length.u32(static_cast<std::uint32_t>(record.bytes->size()));
  const std::byte kind{static_cast<std::uint8_t>(record.kind)};
  out.raw(length.bytes());
  out.raw(checksum(salt, length.bytes()));
  out.raw(checksum(salt, ByteView(&kind, 1), *record.bytes));
  out.raw(ByteView(&kind, 1));
  out.raw(*record.bytes);
  out.raw(ByteView(&end_mark, 1));
}

Bytes file_header(std::uint64_t salt) {
  codec::Writer out;
  out.raw(as_bytes(magic));
  out.u64(salt);
  return std::move(out).take();
}

enum class Found : std::uint8_t { Record, Torn, Corrupt };

struct Scan {
  Found found = Found::Corrupt;
  std::size_t size = 0;
  WalRecord record{};
};

// What stands at the beginning of `rest`. A crash leaves a prefix of what was appended, followed by
// nothing or by zeros; whatever does not look like that was damaged later.
Scan scan(ByteView rest, std::uint64_t salt) {
  if (rest.size() < head_bytes) return {.found = Found::Torn};
  const ByteView length_bytes = rest.first(4);
  if (!is_equal(checksum(salt, length_bytes), rest.subspan(4, 4))) {
    return {.found = is_zero(rest.subspan(head_bytes)) ? Found::Torn : Found::Corrupt};
  }
  const std::size_t length = *codec::Reader(length_bytes).u32();
  const std::size_t size = length + overhead_bytes;
  if (length > Wal::record_bytes_max) return {.found = Found::Corrupt};
  if (size > rest.size()) return {.found = Found::Torn};
  const ByteView kind = rest.subspan(head_bytes + 4, 1);
  const ByteView payload = rest.subspan(head_bytes + 5, length);
  if (rest[size - 1] != end_mark ||
      !is_equal(checksum(salt, kind, payload), rest.subspan(head_bytes, 4))) {
    return {.found = is_zero(rest.subspan(size - 1)) ? Found::Torn : Found::Corrupt};
  }
  const auto code = std::to_integer<std::uint8_t>(kind.front());
  return {
      .found = Found::Record,
      .size = size,
      .record = {static_cast<RecordKind>(code), std::make_shared<const Bytes>(to_bytes(payload))}};
}

Result<void> collect(Recovered& recovered, WalRecord record) {
  switch (record.kind) {
    case RecordKind::Signer: {
      OORT_TRY(recovered.record, codec::from_bytes<SignerRecord>(*record.bytes));
      return {};
    }
    case RecordKind::Certificate: {
      OORT_TRY(Certificate certificate, codec::from_bytes<Certificate>(*record.bytes));
      recovered.certificates.push_back(std::make_shared<const Certificate>(std::move(certificate)));
      return {};
    }
    case RecordKind::Block: {
      OORT_TRY(BlockRef block, decode_proposal(std::move(record.bytes)));
      recovered.blocks.push_back(std::move(block));
      return {};
    }
  }
  recovered.others.push_back(std::move(record));
  return {};
}

// The log's records, and the size of the part that is whole.
Result<std::pair<Recovered, std::size_t>> read_all(const std::string& name, ByteView bytes,
                                                   std::uint64_t salt) {
  Recovered recovered;
  std::size_t offset = file_header_bytes;
  while (offset < bytes.size()) {
    Scan here = scan(bytes.subspan(offset), salt);
    if (here.found == Found::Torn) break;
    if (here.found == Found::Corrupt) return corrupt(name, offset, "a record is damaged");
    if (!collect(recovered, std::move(here.record))) {
      return corrupt(name, offset, "a record does not decode");
    }
    offset += here.size;
  }
  return std::pair(std::move(recovered), offset);
}

}  // namespace

Wal::Wal(env::BlobStore& store, std::string name, std::unique_ptr<env::Blob> blob,
         std::uint64_t salt)
    : store_(store), name_(std::move(name)), blob_(std::move(blob)), salt_(salt) {}

Result<Wal::Opened> Wal::open(env::BlobStore& store, std::string name, std::uint64_t salt) {
  OORT_TRY(auto blob, store.open(name));
  OORT_TRY(const Bytes bytes, blob->read(0, blob->size()));
  Recovered recovered;
  const bool has_header = bytes.size() >= file_header_bytes &&
                          is_equal(ByteView(bytes).first(magic.size()), as_bytes(magic));
  if (!has_header) {
    // Records follow only a durable header, so a short log was never used.
    if (bytes.size() > file_header_bytes) return corrupt(name, 0, "the header is damaged");
    OORT_TRY(blob->truncate(0));
    OORT_TRY(blob->append(file_header(salt)));
    OORT_TRY(blob->sync());
  } else {
    salt = *codec::Reader(ByteView(bytes).subspan(magic.size(), 8)).u64();
    OORT_TRY(auto read, read_all(name, bytes, salt));
    recovered = std::move(read.first);
    if (read.second < bytes.size()) OORT_TRY(blob->truncate(read.second));
  }
  return Opened{std::unique_ptr<Wal>(new Wal(store, std::move(name), std::move(blob), salt)),
                std::move(recovered)};
}

Result<void> Wal::append(std::span<const WalRecord> records) {
  OORT_ASSERT(!has_failed_, "after a failed write nothing is known of the log");
  codec::Writer out;
  for (const WalRecord& record : records) put_record(out, salt_, record);
  const auto appended = blob_->append(out.bytes());
  has_failed_ = !appended;
  if (!appended) return fail(appended.error());
  return {};
}

Result<void> Wal::sync() {
  OORT_ASSERT(!has_failed_, "after a failed write nothing is known of the log");
  auto synced = blob_->sync();
  has_failed_ = !synced;
  return synced;
}

Result<void> Wal::compact(std::span<const WalRecord> records) {
  OORT_ASSERT(!has_failed_, "after a failed write nothing is known of the log");
  codec::Writer out;
  out.raw(file_header(salt_));
  for (const WalRecord& record : records) put_record(out, salt_, record);
  has_failed_ = true;
  blob_.reset();
  OORT_TRY(store_.replace(name_, out.bytes()));
  OORT_TRY(blob_, store_.open(name_));
  has_failed_ = false;
  return {};
}

}  // namespace oort::consensus
