// SPDX-License-Identifier: Apache-2.0
#include "crowd_data.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace oort::datahub {

std::optional<std::string> crowd_folder() {
  const char* const folder = std::getenv("OORT_CROWD_DATA");
  if (folder == nullptr || !std::filesystem::exists(std::string(folder) + "/expected.json")) {
    return std::nullopt;
  }
  return folder;
}

CrowdSet read_crowd_set(const std::string& folder, const std::string& name) {
  CrowdSet set;
  std::string header;
  std::ifstream labels(folder + "/" + name + ".labels.tsv");
  std::getline(labels, header);
  for (Answer answer; labels >> answer.sample >> answer.annotator >> answer.label;) {
    set.counts.samples = std::max(set.counts.samples, answer.sample + 1);
    set.counts.annotators = std::max(set.counts.annotators, answer.annotator + 1);
    set.counts.labels = std::max(set.counts.labels, answer.label + 1);
    set.answers.push_back(answer);
  }
  std::ifstream gold(folder + "/" + name + ".gold.tsv");
  std::getline(gold, header);
  std::uint32_t sample = 0;
  std::uint32_t label = 0;
  while (gold >> sample >> label) set.gold[sample] = label;
  EXPECT_FALSE(set.answers.empty()) << name;
  return set;
}

Json read_json_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto json = parse_json(text);
  EXPECT_TRUE(json.has_value()) << path;
  return json.value_or(Json());
}

std::vector<Answer> anaesthetists() {
  // A row a patient; observer 1 three times, then observers 2 to 5.
  constexpr std::array<std::string_view, 45> rows = {
      "1111111", "3334334", "1122122", "2223121", "2223222", "2223322", "1222111", "3333433",
      "2222223", "2322223", "4444444", "2223343", "1111111", "2223212", "1211111", "1112111",
      "1111111", "1111111", "2222221", "2221322", "2222222", "2222221", "2223222", "2212222",
      "1111111", "1111111", "2322222", "1111111", "1111111", "1121121", "1111111", "3333233",
      "1111111", "2222222", "2223232", "4334343", "2212232", "2323233", "3333432", "1111111",
      "1111111", "1212111", "2322222", "1211111", "2222222"};
  std::vector<Answer> answers;
  for (std::uint32_t patient = 0; patient < rows.size(); ++patient) {
    for (std::uint32_t column = 0; column < 7; ++column) {
      const std::uint32_t observer = column < 3 ? 0 : column - 2;
      answers.push_back(
          {patient, observer, static_cast<std::uint32_t>(rows[patient][column] - '1')});
    }
  }
  return answers;
}

}  // namespace oort::datahub
