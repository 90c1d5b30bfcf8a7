// SPDX-License-Identifier: Apache-2.0
// What readers of others make of these files: tests/integration/datahub_exports_test.py.
#include "oort/datahub/exports.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "sample_exports.hpp"

namespace oort::datahub {
namespace {

std::string text_of(const NamedFile& file) { return std::string(as_text(file.bytes)); }

TEST(Exports, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(*csv_of(sample_table()),
            "sample,\"label, quoted\",note\r\n"
            "a,cat,\r\n"
            "\"b,c\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n"
            " lead,\xc3\xa9,\"cr\rhere\"\r\n"
            ",,\r\n");
  EXPECT_EQ(*csv_of({{"one"}, {{""}}}), "one\r\n\"\"\r\n");
}

TEST(Exports, WhatAFormatCannotHoldIsRefused_X2) {
  EXPECT_EQ(csv_of({{"a", "b"}, {{"1"}}}).error().reason(), reason::bad_argument);
  EXPECT_FALSE(csv_of({}));
  EXPECT_FALSE(csv_of({{"a"}, {{"\xff"}}}));
  EXPECT_FALSE(jsonl_of({Json("\xff")}));
  const auto with = [](const auto& change) {
    BoxedSet set = sample_boxes();
    change(set);
    return coco_of(set).has_value() || yolo_of(set).has_value() || voc_of(set).has_value();
  };
  EXPECT_TRUE(with([](BoxedSet&) {}));
  EXPECT_FALSE(with([](BoxedSet& set) { set.images[0].boxes[0].label = 3; }));
  EXPECT_FALSE(with([](BoxedSet& set) { set.images[0].boxes[0].width = 640'001; }));
  EXPECT_FALSE(with([](BoxedSet& set) { set.images[0].boxes[0].top = 1; }));
  EXPECT_FALSE(with([](BoxedSet& set) { set.images[0].boxes[0].left = ~std::uint64_t{0}; }));
  EXPECT_FALSE(with([](BoxedSet& set) { set.images[0].boxes[0].height = 0; }));
  EXPECT_FALSE(with([](BoxedSet& set) { set.images[0].width = 0; }));
  EXPECT_FALSE(with([](BoxedSet& set) { set.images[0].file_name = "../one.jpg"; }));
  EXPECT_FALSE(with([](BoxedSet& set) { set.images[0].file_name = set.images[1].file_name; }));
  EXPECT_FALSE(with([](BoxedSet& set) { set.labels[0] = set.labels[1]; }));
  EXPECT_FALSE(with([](BoxedSet& set) { set.labels[0] = "line\nbreak"; }));
  BoxedSet same_stem = sample_boxes();
  same_stem.images[1].file_name = "c/one.png";
  EXPECT_TRUE(coco_of(same_stem));
  EXPECT_FALSE(yolo_of(same_stem));
  EXPECT_FALSE(voc_of(same_stem));
}

TEST(Exports, YoloHasSharesOfSixDigits) {
  const auto files = *yolo_of(sample_boxes());
  ASSERT_EQ(files.size(), 4U);
  EXPECT_EQ(files[1].name, "labels/one.txt");
  EXPECT_EQ(text_of(files[1]),
            "0 0.500000 0.500000 1.000000 1.000000\n"
            "1 0.094238 0.095573 0.156445 0.105729\n");
  EXPECT_EQ(text_of(files[2]), "");
  EXPECT_EQ(text_of(files[3]),
            "2 0.333500 0.333500 0.000333 0.000333\n"
            "2 0.999833 0.999833 0.000333 0.000333\n");
}

TEST(Exports, VocCountsPixelsFromOneWithBothEnds) {
  const auto files = *voc_of(sample_boxes());
  ASSERT_EQ(files.size(), 3U);
  const std::string xml = text_of(files[0]);
  EXPECT_NE(xml.find("<xmin>1</xmin><ymin>1</ymin><xmax>640</xmax><ymax>480</ymax>"),
            std::string::npos);
  EXPECT_NE(xml.find("<xmin>11</xmin><ymin>22</ymin><xmax>110</xmax><ymax>71</ymax>"),
            std::string::npos);
  const std::string tiny = text_of(files[2]);
  EXPECT_NE(tiny.find("<xmin>2</xmin><ymin>2</ymin><xmax>2</xmax><ymax>2</ymax>"),
            std::string::npos);
  EXPECT_NE(tiny.find("<xmin>3</xmin><ymin>3</ymin><xmax>3</xmax><ymax>3</ymax>"),
            std::string::npos);
}

TEST(Exports, TarRefusesWhatUstarCannotHold_X2) {
  TarWriter tar;
  EXPECT_TRUE(tar.add(std::string(100, 'a'), {}));
  EXPECT_FALSE(tar.add(std::string(101, 'a'), {}));
  EXPECT_TRUE(tar.add(std::string(155, 'a') + "/" + std::string(100, 'b'), {}));
  EXPECT_FALSE(tar.add(std::string(156, 'a') + "/" + std::string(100, 'b'), {}));
  EXPECT_FALSE(tar.add("/a", {}));
  EXPECT_FALSE(tar.add("", {}));
}

std::vector<NamedFile> shards(std::size_t target_bytes) {
  std::vector<NamedFile> made;
  WebShards web("set", target_bytes);
  for (const WebSample& sample : sample_web()) {
    auto full = web.add(sample);
    EXPECT_TRUE(full);
    if (*full) made.push_back(**full);
  }
  if (auto last = web.finish()) made.push_back(*last);
  EXPECT_FALSE(web.finish());
  return made;
}

TEST(Exports, ShardsKeepToTheirTargetAndToTheirBytes_X1) {
  const auto made = shards(12'000);
  ASSERT_GT(made.size(), 3U);
  EXPECT_EQ(made[0].name, "set-000000.tar");
  EXPECT_EQ(made[3].name, "set-000003.tar");
  for (const NamedFile& shard : made) {
    EXPECT_LE(shard.bytes.size(), 12'000U);
    EXPECT_EQ(shard.bytes.size() % 512, 0U);
  }
  EXPECT_EQ(made, shards(12'000));
  EXPECT_EQ(shards(1).size(), sample_web().size());
  ASSERT_EQ(shards(1 << 20).size(), 1U);
  EXPECT_EQ(crypto::sha256(shards(1 << 20)[0].bytes).hex(),
            "d5af28b090cab1b14edf940757373adc0fbb169f50c5bb018f699dee97d3866c");
}

TEST(Exports, WebSamplesNeedAKeyAndExtensions_X2) {
  WebShards web("set", 1000);
  EXPECT_FALSE(web.add({"a.b", {{"txt", {}}}}));
  EXPECT_FALSE(web.add({"../a", {{"txt", {}}}}));
  EXPECT_FALSE(web.add({"a//b", {{"txt", {}}}}));
  EXPECT_FALSE(web.add({"", {{"txt", {}}}}));
  EXPECT_FALSE(web.add({"a", {}}));
  EXPECT_FALSE(web.add({"a", {{"t/t", {}}}}));
  EXPECT_FALSE(web.add({"a", {{"txt", {}}, {"txt", {}}}}));
  EXPECT_FALSE(web.finish());
}

}  // namespace
}  // namespace oort::datahub
