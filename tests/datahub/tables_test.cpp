// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/tables.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "oort/core/reasons.hpp"

namespace oort::datahub {
namespace {

constexpr const char* boxes =
    "image,width,height,label,left,top,box_width,box_height\n"
    "b.PNG,64,48,dog,1,2.5,3.125,4\n"
    "a/1.jpg,10,10,,,,,\n"
    "b.PNG,64,48,cat,0,0,64,48\n";

TEST(Tables, ARowIsALineAsLongAsTheHeader_R1) {
  const auto table = table_in("a,\"b,\"\"c\"\"\"\r\n1,\"x,\"\"y\"\n\n\"\",\n");
  ASSERT_TRUE(table) << table.error().to_string();
  EXPECT_EQ(table->columns, (std::vector<std::string>{"a", "b,\"c\""}));
  EXPECT_EQ(table->rows, (std::vector<std::vector<std::string>>{{"1", "x,\"y"}, {"", ""}}));
  EXPECT_EQ(sample_lines_of("a,b\n1,2\r\n\n3,4")->size(), table->rows.size());
  for (const char* text : {"", "a,b\n", "a,b\n1\n", "a,b\n1,2,3\n", "a,b\n1,\"2\n",
                           "a,b\n1,\"2\"x\n", "a,b\n1,2\"\n"}) {
    const auto broken = table_in(text);
    ASSERT_FALSE(broken) << text;
    EXPECT_EQ(broken.error().reason(), reason::malformed);
  }
}

TEST(Tables, BoxesStandUnderTheirImages) {
  const auto set = boxes_in(*table_in(boxes), "two");
  ASSERT_TRUE(set) << set.error().to_string();
  EXPECT_EQ(set->labels, (std::vector<std::string>{"cat", "dog"}));
  ASSERT_EQ(set->images.size(), 2U);
  EXPECT_EQ(set->images[0].file_name, "a/1.jpg");
  EXPECT_TRUE(set->images[0].boxes.empty());
  ASSERT_EQ(set->images[1].boxes.size(), 2U);
  const Box& box = set->images[1].boxes[0];
  EXPECT_EQ(box.label, 1U);
  EXPECT_EQ(box.left, 1'000U);
  EXPECT_EQ(box.top, 2'500U);
  EXPECT_EQ(box.width, 3'125U);
  EXPECT_EQ(box.height, 4'000U);
  EXPECT_TRUE(coco_of(*set));
}

TEST(Tables, WhatTheColumnsDoNotSayIsRefused_R2) {
  const std::string header = "image,width,height,label,left,top,box_width,box_height\n";
  for (const char* rows :
       {"a,1.5,2,,,,,\n", "a,x,2,,,,,\n", "a,1,2,cat,0,0,1,\n", "a,1,2,cat,0,0,1,1.2345\n",
        "a,1,2,cat,0,0,1,-1\n", "a,1,2,,0,0,1,1\n", "a,1,2,,,,,\na,1,3,,,,,\n",
        "a,99999999999,2,,,,,\n", "a,1,2,cat,0,0,1,1.\n", "a,1,2,cat,0,0,1,.5\n"}) {
    const auto set = boxes_in(*table_in(header + rows), "");
    ASSERT_FALSE(set) << rows;
    EXPECT_EQ(set.error().reason(), reason::bad_argument);
    EXPECT_NE(set.error().detail().find("row "), std::string::npos);
  }
  const auto other = boxes_in(*table_in("image,width\na,1\n"), "");
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().detail().find("height"), std::string::npos);
}

TEST(Tables, RowsOfOneFileAreOneSampleOfAWebDataset) {
  const std::map<std::string, std::string> files = {{"b.PNG", "picture b"},
                                                    {"a/1.jpg", "picture a"}};
  const ReadFile read = [&files](const std::string& name) -> Result<Bytes> {
    if (const auto found = files.find(name); found != files.end()) {
      return to_bytes(std::string_view(found->second));
    }
    return fail(ErrorCode::NotFound, reason::not_found, name);
  };
  std::vector<WebSample> samples;
  const auto take = [&samples](const WebSample& sample) -> Result<void> {
    samples.push_back(sample);
    return {};
  };
  ASSERT_TRUE(web_samples_of(*table_in(boxes), read, take));
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].key, "000000000");
  ASSERT_EQ(samples[0].parts.size(), 2U);
  EXPECT_EQ(parse_json(as_text(samples[0].parts[0].second))->if_array()->size(), 2U);
  EXPECT_EQ(samples[0].parts[1].first, "png");
  EXPECT_EQ(as_text(samples[0].parts[1].second), "picture b");
  EXPECT_EQ(samples[1].parts[1].first, "jpg");

  samples.clear();
  ASSERT_TRUE(web_samples_of(*table_in("a\nx\nx\n"), read, take));
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[1].key, "000000001");
  EXPECT_EQ(as_text(samples[1].parts[0].second), "{\"a\":\"x\"}");

  const auto missing = web_samples_of(*table_in("file\nc.png\n"), read, take);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().reason(), reason::not_found);
}

}  // namespace
}  // namespace oort::datahub
