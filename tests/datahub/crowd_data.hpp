// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oort/datahub/answers.hpp"
#include "oort/datahub/json.hpp"

namespace oort::datahub {

/// A set of answers with what is true of some samples.
struct CrowdSet {
  std::vector<Answer> answers;
  AnswerCounts counts;
  std::map<std::uint32_t, std::uint32_t> gold;  ///< Sample to label.
};

/// The folder of the public sets, from OORT_CROWD_DATA; empty where it is not there.
std::optional<std::string> crowd_folder();
/// Requires: the folder has it.
CrowdSet read_crowd_set(const std::string& folder, const std::string& name);
Json read_json_file(const std::string& path);

/// Dawid and Skene's table of 1979: 45 patients, 5 observers (the first three times), 4 classes.
std::vector<Answer> anaesthetists();

}  // namespace oort::datahub
