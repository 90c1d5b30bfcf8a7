// SPDX-License-Identifier: Apache-2.0
#include "job_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "oort/core/bytes.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "temp_folder.hpp"

namespace oort::cli {
namespace {

const std::string content = "nine words in a row are enough for tests";

/// A job over one input, beside a file "text" that holds `content`.
struct JobFile {
  test::TempFolder folder;
  Json job = Json::parse(R"({
    "builtin": {"name": "blake3", "version": 1, "parameters": "0100000000"},
    "any_of": [{"cpu_milli": 1000}], "walltime_s": 60})");

  explicit JobFile(const Json& input) {
    std::ofstream(folder.path() / "text") << content;
    job["inputs"] = Json::array({input});
  }
  /// From the disk, as `job submit` reads it.
  [[nodiscard]] Result<ledger::JobSpec> load() const {
    std::ofstream(folder.path() / "job.json") << job.dump();
    return load_job((folder.path() / "job.json").string());
  }
  [[nodiscard]] std::string why() const {
    const auto loaded = load();
    return loaded ? "" : std::string(loaded.error().reason());
  }
};

TreeRoot root_of_content() { return crypto::tree_root(as_bytes(content)); }

TEST(JobFile, AFileBesideTheJobStatesItsInput) {
  const auto spec = JobFile({{"uri", "s3://data/a"}, {"file", "text"}}).load();
  ASSERT_TRUE(spec) << spec.error().detail();
  EXPECT_EQ(spec->inputs.front().uri, "s3://data/a");
  EXPECT_EQ(spec->inputs.front().size, content.size());
  EXPECT_EQ(spec->inputs.front().root, root_of_content());
}

TEST(JobFile, AnImagesArchiveIsStatedByItsFileToo) {
  JobFile file("s3://data/a");
  file.job.erase("builtin");
  file.job["image"] = {{"uri", "s3://data/i"}, {"file", "text"}, {"command", {"/bin/true"}}};
  const auto spec = file.load();
  ASSERT_TRUE(spec) << spec.error().detail();
  ASSERT_EQ(spec->inputs.size(), 2U);
  EXPECT_FALSE(spec->inputs.front().root);
  EXPECT_EQ(spec->inputs.back().uri, "s3://data/i");
  EXPECT_EQ(spec->inputs.back().root, root_of_content());
}

TEST(JobFile, WhatIsStatedMustBeWhatTheFileHolds) {
  const std::string root = root_of_content().hex();
  const Json input = {
      {"uri", "s3://data/a"}, {"size", content.size()}, {"root", root}, {"file", "text"}};
  EXPECT_EQ(JobFile(input).why(), "");
  Json longer = input;
  longer["size"] = content.size() + 1;
  EXPECT_EQ(JobFile(longer).why(), reason::bad_proof);
  Json longer_alone = longer;
  longer_alone.erase("root");
  EXPECT_EQ(JobFile(longer_alone).why(), reason::bad_proof);
  Json other = input;
  other["root"] = TreeRoot().hex();
  EXPECT_EQ(JobFile(other).why(), reason::bad_proof);
}

TEST(JobFile, WhatCannotBeStatedIsNamed) {
  const auto missing = JobFile({{"uri", "s3://data/a"}, {"file", "no such file"}}).load();
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().detail().find("no such file"), std::string::npos);
  const auto half = JobFile({{"uri", "s3://data/a"}, {"root", TreeRoot().hex()}}).load();
  ASSERT_FALSE(half);
  EXPECT_NE(half.error().detail().find("size"), std::string::npos);
}

}  // namespace
}  // namespace oort::cli
