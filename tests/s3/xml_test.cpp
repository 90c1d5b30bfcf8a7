// SPDX-License-Identifier: Apache-2.0
#include "oort/s3/xml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "oort/core/reasons.hpp"
#include "oort/s3/base64.hpp"
#include "oort/s3/errors.hpp"

namespace oort::s3 {
namespace {

TEST(Xml, EscapesWhatItWrites) {
  XmlWriter xml;
  xml.root("R")
      .leaf("K", std::string_view("a<b>&\"'\r\x01"))
      .leaf("N", std::uint64_t{7})
      .close("R");
  EXPECT_EQ(xml.text(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<R xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<K>a&lt;b&gt;&amp;&quot;&apos;&#13;&#1;</K><N>7</N></R>");
}

TEST(Xml, ReadsADelete) {
  const auto document = parse_delete(
      "<?xml version=\"1.0\"?><Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<Quiet>true</Quiet><Object><Key>a&amp;b &#x20AC;</Key></Object>"
      "<Object><Key><![CDATA[x<]]>y<!-- c -->z</Key><VersionId>null</VersionId></Object>"
      "<Object><Key> </Key></Object></Delete>");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_TRUE(document->is_quiet);
  ASSERT_EQ(document->objects.size(), 3U);
  EXPECT_EQ(document->objects[0].key, "a&b €");
  EXPECT_EQ(document->objects[1].key, "x<yz");
  EXPECT_EQ(document->objects[1].version_id, "null");
  EXPECT_EQ(document->objects[2].key, " ");
}

TEST(Xml, RefusesWhatIsNoDelete) {
  const std::vector<std::string> broken = {
      "",
      "<Delete>",
      "<Delete/>",
      "<Delete><Object/></Delete>",
      "<Delete><Object><Key></Key></Object></Delete>",
      "<Other><Object><Key>a</Key></Object></Other>",
      "<Delete><Object><Key>a</Key></Object></Delete><Delete/>",
      // A zero would cut the key short, and delete another object.
      "<Delete><Object><Key>a&#0;b</Key></Object></Delete>",
      "<Delete><Object><Key>a&#x0000;b</Key></Object></Delete>",
      "<Delete><Object><Key>a&#4294967296;b</Key></Object></Delete>",
      std::string("<Delete><Object><Key>a\0b</Key></Object></Delete>", 48),
  };
  for (const std::string& xml : broken) {
    const auto document = parse_delete(xml);
    ASSERT_FALSE(document) << xml;
    EXPECT_EQ(document.error().reason(), reason::malformed_xml) << xml;
  }
  std::string many = "<Delete>";
  for (int i = 0; i < 1'001; ++i) many += "<Object><Key>a</Key></Object>";
  EXPECT_FALSE(parse_delete(many + "</Delete>"));
  EXPECT_EQ(
      parse_delete("<Delete><Object><Key>a</Key><ETag>x</ETag></Object></Delete>").error().reason(),
      reason::not_supported);
}

TEST(Xml, ExpandsNoEntities) {
  const auto document = parse_delete(
      "<!DOCTYPE d [<!ENTITY e \"boom\">]><Delete><Object><Key>&e;</Key></Object></Delete>");
  if (document) {
    EXPECT_EQ(document->objects.front().key, "&e;");
  }
}

TEST(Xml, ReadsACompletion) {
  const auto parts = parse_complete(
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"abc\"</ETag>"
      "<ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part>"
      "<Part><ETag>&quot;def&quot;</ETag><PartNumber>3</PartNumber></Part>"
      "</CompleteMultipartUpload>");
  ASSERT_TRUE(parts) << parts.error().to_string();
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ(parts->at(0).etag, "abc");
  ASSERT_EQ(parts->at(0).checksums.size(), 1U);
  EXPECT_EQ(parts->at(1).number, 3U);
  EXPECT_EQ(parts->at(1).etag, "def");
}

TEST(Xml, RefusesBadCompletions) {
  const auto reason_of = [](const std::string& inner) {
    const auto parts =
        parse_complete("<CompleteMultipartUpload>" + inner + "</CompleteMultipartUpload>");
    return parts ? std::string_view("none") : parts.error().reason();
  };
  const auto part = [](const std::string& number) {
    return "<Part><PartNumber>" + number + "</PartNumber><ETag>a</ETag></Part>";
  };
  EXPECT_EQ(reason_of(""), reason::malformed_xml);
  EXPECT_EQ(reason_of(part("2") + part("1")), reason::invalid_part_order);
  EXPECT_EQ(reason_of(part("1") + part("1")), reason::invalid_part_order);
  EXPECT_EQ(reason_of(part("0")), reason::bad_argument);
  EXPECT_EQ(reason_of(part("10001")), reason::bad_argument);
  EXPECT_EQ(reason_of(part("x")), reason::malformed_xml);
  EXPECT_EQ(reason_of("<Part><PartNumber>1</PartNumber></Part>"), reason::malformed_xml);
}

TEST(Xml, ReadsSmallDocuments) {
  EXPECT_EQ(parse_versioning("<VersioningConfiguration><Status>Enabled</Status>"
                             "</VersioningConfiguration>")
                .value(),
            object::Versioning::Enabled);
  EXPECT_FALSE(parse_versioning("<VersioningConfiguration/>"));
  EXPECT_FALSE(
      parse_versioning("<VersioningConfiguration><Status>On</Status></VersioningConfiguration>"));
  EXPECT_EQ(parse_create_bucket("").value(), "");
  EXPECT_EQ(parse_create_bucket("<CreateBucketConfiguration><LocationConstraint>eu"
                                "</LocationConstraint></CreateBucketConfiguration>")
                .value(),
            "eu");
  EXPECT_FALSE(parse_create_bucket("<x/>"));
}

TEST(Xml, ReadsTagsAndTheirBounds) {
  const auto tag = [](const std::string& key) {
    return "<Tag><Key>" + key + "</Key><Value>v</Value></Tag>";
  };
  const auto parse = [](const std::string& inner) {
    return parse_tagging("<Tagging><TagSet>" + inner + "</TagSet></Tagging>");
  };
  EXPECT_EQ(parse(tag("a") + tag("b")).value().size(), 2U);
  EXPECT_EQ(parse("").value().size(), 0U);
  EXPECT_EQ(parse(tag("a") + tag("a")).error().reason(), reason::bad_tag);
  EXPECT_EQ(parse(tag("")).error().reason(), reason::bad_tag);
  std::string many;
  for (int i = 0; i < 11; ++i) many += tag(std::to_string(i));
  EXPECT_EQ(parse(many).error().reason(), reason::bad_tag);
}

TEST(Base64, ReadsOnlyWhatItWrites) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    EXPECT_EQ(as_text(*from_base64(to_base64(as_bytes(text)))), text);
  }
  EXPECT_EQ(to_base64(as_bytes("foobar")), "Zm9vYmFy");
  for (const char* text : {"Zg", "Zg=", "Zh==", "Zg==Zg==", "=g==", "Zm9 ", "Zm9v\n", "Z==="}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
}

TEST(Errors, MapsEveryReasonOnce) {
  std::set<std::string_view> reasons;
  for (const ErrorMapping& mapping : error_mappings()) {
    EXPECT_TRUE(reasons.insert(mapping.reason).second) << mapping.reason;
    EXPECT_GE(mapping.error.status, 400U);
  }
  const Error none(ErrorCode::Unavailable, reason::no_quorum, "");
  EXPECT_EQ(to_s3(none).code, "ServiceUnavailable");
  const Error nodes(ErrorCode::Unavailable, reason::not_enough_nodes, "");
  EXPECT_EQ(to_s3(nodes).code, "SlowDown");
  const Error unknown(ErrorCode::Internal, "SOMETHING_NEW", "");
  EXPECT_EQ(to_s3(unknown).code, "InternalError");
}

TEST(Errors, AreDocumented) {
  std::ifstream file(std::string(OORT_SOURCE_DIR) + "/docs/ERRORS.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  for (const ErrorMapping& mapping : error_mappings()) {
    const std::string row = "| " + std::string(mapping.error.code) + " | " +
                            std::to_string(mapping.error.status) + " | ";
    const std::size_t at = page.find(row);
    ASSERT_NE(at, std::string::npos) << row;
    const std::string line = page.substr(at, page.find('\n', at) - at);
    EXPECT_THAT(line, ::testing::HasSubstr("`" + std::string(mapping.reason) + "`"));
  }
}

}  // namespace
}  // namespace oort::s3
