// SPDX-License-Identifier: Apache-2.0
#include "oort/core/log.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include "oort/core/reasons.hpp"

namespace oort::log {
namespace {

/// Runs `work` with the log in a file of its own, and returns the file without the time stamps.
template <class Work>
std::string logged(Format format, Level level, Work work) {
  const auto file =
      std::filesystem::path(testing::TempDir()) / ("oort_log_test." + std::to_string(getpid()));
  std::filesystem::remove(file);
  EXPECT_TRUE(configure({.level = level, .format = format, .file = file.string()}));
  work();
  flush();
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::filesystem::remove(file);
  EXPECT_TRUE(configure({.level = Level::Warn, .format = Format::Logfmt, .file = ""}));

  std::string stripped;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = text.find('\n', begin);
    std::string line = text.substr(begin, end - begin);
    const auto stamp = line.find("20");
    EXPECT_EQ(line.substr(stamp + 10, 1), "T") << line;
    EXPECT_EQ(line.substr(stamp + 23, 1), "Z") << line;
    stripped += line.replace(stamp, 24, "*") + "\n";
    begin = end + 1;
  }
  return stripped;
}

TEST(Log, WritesLogfmt) {
  const std::string text = logged(Format::Logfmt, Level::Info, [] {
    info("chain", "block committed",
         {{"height", std::uint64_t{7}}, {"id", "ab12"}, {"is_empty", true}, {"share", 0.5}});
  });
  EXPECT_EQ(text,
            "ts=* level=info room=chain msg=\"block committed\" height=7 id=ab12 is_empty=true "
            "share=0.500000\n");
}

TEST(Log, WritesJson_L2) {
  const std::string text = logged(Format::Json, Level::Info, [] {
    warn("net", "peer \"lost\"", {{"path", "C:\\a"}, {"count", -1}, {"up", false}, {"none", ""}});
  });
  EXPECT_EQ(text, R"({"ts":"*","level":"warn","room":"net","msg":"peer \"lost\"","path":"C:\\a",)"
                  R"("count":-1,"up":false,"none":""})"
                  "\n");
}

TEST(Log, OneRecordIsOneLine_L1) {
  for (const Format format : {Format::Logfmt, Format::Json}) {
    const std::string text = logged(format, Level::Info, [] {
      error("s3", "refused", {{"name", "a\r\nlevel=error b\x01"}, {"text", std::string("\0", 1)}});
    });
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    EXPECT_EQ(text.find('\r'), std::string::npos);
    EXPECT_NE(text.find("a\\u000d\\u000alevel=error b\\u0001"), std::string::npos) << text;
    EXPECT_NE(text.find("\\u0000"), std::string::npos) << text;
  }
}

TEST(Log, JsonHoldsNoNumberThatJsonLacks_L2) {
  const std::string text = logged(Format::Json, Level::Info, [] {
    info("core", "x",
         {{"a", std::numeric_limits<double>::quiet_NaN()},
          {"b", std::numeric_limits<double>::infinity()}});
  });
  EXPECT_NE(text.find(R"("a":"nan","b":"inf")"), std::string::npos) << text;
}

TEST(Log, BytesThatAreNoUtf8AreReplaced_L2) {
  const std::string text = logged(Format::Json, Level::Info, [] {
    info("core", "x",
         {{"good", "é€𝄞"},
          {"lone", "a\x80z"},
          {"cut", "a\xe2\x82"},
          {"overlong", "\xc0\xaf"},
          {"surrogate", "\xed\xa0\x80"},
          {"beyond", "\xf4\x90\x80\x80"}});
  });
  EXPECT_NE(text.find(R"("good":"é€𝄞","lone":"a\ufffdz","cut":"a\ufffd\ufffd")"), std::string::npos)
      << text;
  for (const char c : {'\x80', '\xc0', '\xed', '\xf4'}) {
    EXPECT_EQ(text.find(c, text.find("overlong")), std::string::npos) << text;
  }
}

TEST(Log, BelowItsLevelNothingIsWritten) {
  const std::string text = logged(Format::Logfmt, Level::Warn, [] {
    EXPECT_FALSE(is_enabled(Level::Info));
    info("core", "quiet");
    warn("core", "loud");
    set_level(Level::Off);
    error("core", "off");
  });
  EXPECT_EQ(text, "ts=* level=warn room=core msg=loud\n");
}

TEST(Log, ParsesTheLevelsItNames) {
  EXPECT_EQ(parse_level("trace"), Level::Trace);
  EXPECT_EQ(parse_level("off"), Level::Off);
  EXPECT_EQ(parse_level("loud").error().reason(), reason::bad_argument);
  EXPECT_NE(parse_level("").error().detail().find("trace, debug, info, warn, error, off"),
            std::string::npos);
}

TEST(Log, AFileThatCannotBeOpenedIsAnError) {
  const auto result =
      configure({.level = Level::Info, .format = Format::Logfmt, .file = "/proc/none/oort.log"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason(), reason::bad_config);
  EXPECT_NE(result.error().detail().find("/proc/none/oort.log"), std::string::npos);
}

}  // namespace
}  // namespace oort::log
