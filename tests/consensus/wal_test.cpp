// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/wal.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"
#include "oort/core/reasons.hpp"
#include "sim/disk.hpp"
#include "sim/world.hpp"

namespace oort::consensus::test {
namespace {

template <class T>
WalRecord record_of(RecordKind kind, const T& value) {
  return {kind, std::make_shared<const Bytes>(codec::to_bytes(value))};
}
SignerRecord signer_at(std::uint64_t view) {
  SignerRecord record;
  record.epoch = Epoch(7);
  record.view = View(view);
  return record;
}

// A disk of its own, with the log written byte by byte as a test says.
class Log : public ::testing::Test {
 protected:
  sim::World world{1};
  sim::SimDisk disk{world};
  std::unique_ptr<env::BlobStore> blobs = disk.open_blobs("wal");

  // Three records: a certificate, a block, the signer's. Returns the file, and where each ends.
  Bytes write_three(std::vector<std::size_t>& ends) {
    const EpochStart epoch = make_epoch();
    auto wal = Wal::open(*blobs, "log", 42).value().wal;
    ends.push_back(wal->size());
    const SignedHeader header = sign(epoch, make_header(epoch));
    const WalRecord records[] = {
        record_of(RecordKind::Certificate,
                  certify(epoch, {0, 1, 2}, notarize(1, filled<BlockId>(1)))),
        {RecordKind::Block, encode_proposal(header, {}, to_bytes(std::string(700, '\0')))},
        record_of(RecordKind::Signer, signer_at(4)),
    };
    for (const WalRecord& record : records) {
      EXPECT_TRUE(wal->append(std::span(&record, 1)));
      ends.push_back(wal->size());
    }
    EXPECT_TRUE(wal->sync());
    return blobs->open("log").value()->read(0, ends.back()).value();
  }
  Result<Wal::Opened> open_with(const Bytes& bytes) {
    EXPECT_TRUE(blobs->replace("log", bytes));
    return Wal::open(*blobs, "log", 43);
  }
  static std::size_t count(const Recovered& recovered) {
    return recovered.certificates.size() + recovered.blocks.size() + (recovered.record ? 1U : 0U) +
           recovered.others.size();
  }
};

TEST_F(Log, GivesBackWhatItHolds_W1) {
  std::vector<std::size_t> ends;
  write_three(ends);
  auto wal = Wal::open(*blobs, "log", 43).value().wal;
  const WalRecord more[] = {{RecordKind{0x80}, std::make_shared<const Bytes>(to_bytes("mine"))},
                            record_of(RecordKind::Signer, signer_at(5))};
  ASSERT_TRUE(wal->append(more));
  const Recovered recovered = Wal::open(*blobs, "log", 43).value().recovered;
  EXPECT_EQ(recovered.certificates.size(), 1U);
  ASSERT_EQ(recovered.blocks.size(), 1U);
  EXPECT_EQ(recovered.blocks[0]->payload.size(), 700U);
  EXPECT_EQ(recovered.record, signer_at(5));
  ASSERT_EQ(recovered.others.size(), 1U);
  EXPECT_EQ(as_text(*recovered.others[0].bytes), "mine");
}

TEST_F(Log, ANewOneKnowsNoPast_W1) {
  EXPECT_FALSE(Wal::open(*blobs, "log", 42).value().recovered.record.has_value());
  EXPECT_FALSE(Wal::open(*blobs, "log", 43).value().recovered.record.has_value());
}

TEST_F(Log, ACrashAtAnyByteLosesOnlyWhatWasTorn_W1) {
  std::vector<std::size_t> ends;
  const Bytes whole = write_three(ends);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::size_t expected = 0;
    for (std::size_t i = 1; i < ends.size(); ++i) expected += ends[i] <= size ? 1U : 0U;
    Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    auto opened = open_with(cut);
    ASSERT_TRUE(opened.has_value()) << size << opened.error().to_string();
    EXPECT_EQ(count(opened->recovered), expected) << size;
    // What is written next is found next time.
    const WalRecord next = record_of(RecordKind::Signer, signer_at(9));
    ASSERT_TRUE(opened->wal->append(std::span(&next, 1)));
    EXPECT_EQ(Wal::open(*blobs, "log", 43).value().recovered.record, signer_at(9)) << size;
  }
}

TEST_F(Log, ATailOfZerosIsTorn_W1) {
  std::vector<std::size_t> ends;
  const Bytes whole = write_three(ends);
  for (std::size_t size = ends[0]; size < whole.size(); ++size) {
    Bytes filled = whole;
    std::fill(filled.begin() + static_cast<std::ptrdiff_t>(size), filled.end(), std::byte{0});
    const auto opened = open_with(filled);
    ASSERT_TRUE(opened.has_value()) << size;
    std::size_t expected = 0;
    for (std::size_t i = 1; i < ends.size(); ++i) expected += ends[i] <= size ? 1U : 0U;
    EXPECT_EQ(count(opened->recovered), expected) << size;
  }
}

TEST_F(Log, EveryFlippedBitIsFound_W2) {
  std::vector<std::size_t> ends;
  const Bytes whole = write_three(ends);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes damaged = whole;
    damaged[at] ^= std::byte{static_cast<std::uint8_t>(1U << (at % 8))};
    const auto opened = open_with(damaged);
    ASSERT_FALSE(opened.has_value()) << "byte " << at;
    EXPECT_EQ(opened.error().reason(), reason::corrupt_wal) << at;
  }
}

TEST_F(Log, ALostMiddleIsFound_W2) {
  std::vector<std::size_t> ends;
  Bytes whole = write_three(ends);
  std::fill(whole.begin() + static_cast<std::ptrdiff_t>(ends[1]),
            whole.begin() + static_cast<std::ptrdiff_t>(ends[2]), std::byte{0});
  EXPECT_FALSE(open_with(whole).has_value());
}

TEST_F(Log, CompactsToWhatIsGiven_W1) {
  std::vector<std::size_t> ends;
  write_three(ends);
  auto wal = Wal::open(*blobs, "log", 43).value().wal;
  const WalRecord kept = record_of(RecordKind::Signer, signer_at(6));
  ASSERT_TRUE(wal->compact(std::span(&kept, 1)));
  EXPECT_LT(wal->size(), 200U);
  const WalRecord next = record_of(RecordKind::Signer, signer_at(7));
  ASSERT_TRUE(wal->append(std::span(&next, 1)));
  ASSERT_TRUE(wal->sync());
  blobs.reset();
  wal.reset();
  disk.crash();
  blobs = disk.open_blobs("wal");
  const Recovered recovered = Wal::open(*blobs, "log", 43).value().recovered;
  EXPECT_EQ(recovered.record, signer_at(7));
  EXPECT_TRUE(recovered.certificates.empty());
}

TEST_F(Log, NothingIsWrittenAfterAFailedSync_W3) {
  auto wal = Wal::open(*blobs, "log", 42).value().wal;
  const WalRecord record = record_of(RecordKind::Signer, signer_at(1));
  ASSERT_TRUE(wal->append(std::span(&record, 1)));
  disk.fail_syncs(1);
  EXPECT_FALSE(wal->sync().has_value());
  EXPECT_DEATH(static_cast<void>(wal->append(std::span(&record, 1))), "failed write");
}

}  // namespace
}  // namespace oort::consensus::test
