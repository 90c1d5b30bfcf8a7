// SPDX-License-Identifier: Apache-2.0
#include "oort/host/blob_store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "failing_disk.hpp"
#include "oort/core/reasons.hpp"
#include "temp_folder.hpp"

namespace oort::host {
namespace {

using test::FailingDisk;

/// A store in a folder of its own.
struct Place {
  oort::test::TempFolder folder;
  std::unique_ptr<env::BlobStore> store = open_blob_store(folder.path() / "blobs").value();

  void reopen() {
    store.reset();
    store = open_blob_store(folder.path() / "blobs").value();
  }
};

Bytes text(std::string_view value) { return to_bytes(value); }

TEST(BlobStore, GivesBackWhatWasAppended) {
  Place place;
  auto blob = place.store->open("volume-1").value();
  EXPECT_EQ(blob->append(text("hello ")).value(), 0U);
  EXPECT_EQ(blob->append(text("world")).value(), 6U);
  EXPECT_EQ(blob->size(), 11U);
  EXPECT_EQ(blob->read(3, 5).value(), text("lo wo"));
  EXPECT_EQ(blob->read(11, 0).value(), Bytes{});
}

TEST(BlobStore, KeepsSyncedBytesOverReopening_B1) {
  Place place;
  {
    auto blob = place.store->open("wal").value();
    ASSERT_TRUE(blob->append(text("kept")));
    ASSERT_TRUE(blob->sync());
  }
  place.reopen();
  auto blob = place.store->open("wal").value();
  EXPECT_EQ(blob->read(0, blob->size()).value(), text("kept"));
  EXPECT_EQ(blob->append(text("!")).value(), 4U);
}

TEST(BlobStore, RefusesToReadPastTheEnd) {
  Place place;
  auto blob = place.store->open("a").value();
  ASSERT_TRUE(blob->append(text("1234")));
  EXPECT_EQ(blob->read(0, 5).error().code(), ErrorCode::OutOfRange);
  EXPECT_EQ(blob->read(5, 0).error().code(), ErrorCode::OutOfRange);
  EXPECT_EQ(blob->read(~std::uint64_t{0}, 2).error().code(), ErrorCode::OutOfRange);
}

TEST(BlobStore, AppendsNothingWhenTheDiskIsFull) {
  Place place;
  auto blob = place.store->open("a").value();
  ASSERT_TRUE(blob->append(text("before")));
  {
    FailingDisk disk;
    disk.write_error = ENOSPC;
    disk.bytes_left = 2;
    const auto refused = blob->append(text("rejected"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason(), reason::disk_full);
  }
  EXPECT_EQ(blob->size(), 6U);
  EXPECT_EQ(std::filesystem::file_size(place.folder.path() / "blobs" / "a"), 6U);
  EXPECT_EQ(blob->append(text("after")).value(), 6U);
  EXPECT_EQ(blob->read(0, 11).value(), text("beforeafter"));
}

TEST(BlobStore, TellsAFailedDiskFromAFullOne) {
  Place place;
  auto blob = place.store->open("a").value();
  FailingDisk disk;
  disk.write_error = EIO;
  EXPECT_EQ(blob->append(text("x")).error().reason(), reason::disk_failed);
  for (const int full : {EDQUOT, EFBIG}) {
    disk.write_error = full;
    EXPECT_EQ(blob->append(text("x")).error().reason(), reason::disk_full);
  }
}

TEST(BlobStore, RefusesEverythingAfterAFailedSync_B3) {
  Place place;
  auto blob = place.store->open("a").value();
  ASSERT_TRUE(blob->append(text("abc")));
  {
    FailingDisk disk;
    disk.sync_error = EIO;
    EXPECT_EQ(blob->sync().error().reason(), reason::disk_failed);
  }
  EXPECT_EQ(blob->sync().error().reason(), reason::disk_failed);
  EXPECT_EQ(blob->append(text("d")).error().reason(), reason::disk_failed);
  EXPECT_EQ(blob->read(0, 1).error().reason(), reason::disk_failed);
  EXPECT_EQ(blob->truncate(0).error().reason(), reason::disk_failed);
}

TEST(BlobStore, RefusesEverythingAfterAnAppendThatCouldNotBeUndone_B3) {
  Place place;
  auto blob = place.store->open("a").value();
  {
    FailingDisk disk;
    disk.write_error = ENOSPC;
    disk.truncate_error = EIO;
    EXPECT_EQ(blob->append(text("d")).error().reason(), reason::disk_full);
  }
  EXPECT_EQ(blob->append(text("d")).error().reason(), reason::disk_failed);
}

TEST(BlobStore, CutsABlob) {
  Place place;
  {
    auto blob = place.store->open("a").value();
    ASSERT_TRUE(blob->append(text("0123456789")));
    ASSERT_TRUE(blob->truncate(4));
    EXPECT_EQ(blob->size(), 4U);
    EXPECT_EQ(blob->append(text("x")).value(), 4U);
  }
  auto blob = place.store->open("a").value();
  EXPECT_EQ(blob->read(0, 5).value(), text("0123x"));
}

TEST(BlobStore, ReplacesEntirelyOrNotAtAll) {
  Place place;
  ASSERT_TRUE(place.store->replace("head", text("old")));
  {
    FailingDisk disk;
    disk.sync_error = EIO;
    EXPECT_FALSE(place.store->replace("head", text("new")));
  }
  EXPECT_EQ(place.store->open("head").value()->read(0, 3).value(), text("old"));
  ASSERT_TRUE(place.store->replace("head", text("newer")));
  EXPECT_EQ(place.store->open("head").value()->read(0, 5).value(), text("newer"));
  EXPECT_EQ(place.store->list().value(), std::vector<std::string>{"head"});
}

TEST(BlobStore, SweepsWhatACrashLeftAside) {
  Place place;
  const auto aside = place.folder.path() / "blobs" / ".new-head";
  std::ofstream(aside) << "half";
  EXPECT_EQ(place.store->list().value(), std::vector<std::string>{});
  place.reopen();
  EXPECT_FALSE(std::filesystem::exists(aside));
}

TEST(BlobStore, ListsNamesInOrderAndRemovesThem) {
  Place place;
  for (const char* name : {"b", "a-2", "A.1"}) ASSERT_TRUE(place.store->open(name));
  EXPECT_EQ(place.store->list().value(), (std::vector<std::string>{"A.1", "a-2", "b"}));
  ASSERT_TRUE(place.store->remove("a-2"));
  ASSERT_TRUE(place.store->remove("never-was"));
  EXPECT_EQ(place.store->list().value(), (std::vector<std::string>{"A.1", "b"}));
}

TEST(BlobStore, RefusesNamesThatAreNotPlain) {
  Place place;
  const std::string long_name(201, 'x');
  for (const std::string_view name : {"", ".", "..", "../x", "a/b", ".lock", "a b", "ü"}) {
    EXPECT_EQ(place.store->open(name).error().reason(), reason::bad_argument) << name;
    EXPECT_EQ(place.store->remove(name).error().reason(), reason::bad_argument) << name;
    EXPECT_EQ(place.store->replace(name, {}).error().reason(), reason::bad_argument) << name;
  }
  EXPECT_FALSE(place.store->open(long_name));
}

TEST(BlobStore, MeasuresTheDisk) {
  Place place;
  EXPECT_GT(place.store->free_bytes().value(), 0U);
}

TEST(BlobStore, NamesAFolderThatIsAFile) {
  oort::test::TempFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  const auto refused = open_blob_store(folder.path() / "file");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail().find("file"), std::string::npos);
}

}  // namespace
}  // namespace oort::host
