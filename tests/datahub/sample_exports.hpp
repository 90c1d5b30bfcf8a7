// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "oort/datahub/exports.hpp"

namespace oort::datahub {

/// A set that tries what quoting and rounding must survive.
inline BoxedSet sample_boxes() {
  BoxedSet set;
  set.description = "two & a half";
  set.labels = {"cat", "d<o>g & \"co\": yes", "vög\xc3\xa9l"};
  set.images = {
      {"a/one.jpg", 640, 480, {{0, 0, 0, 640'000, 480'000}, {1, 10'250, 20'500, 100'125, 50'750}}},
      {"b/two.png", 33, 7, {}},
      {"three.jpg", 3, 3, {{2, 1'000, 1'000, 1, 1}, {2, 2'999, 2'999, 1, 1}}}};
  return set;
}
inline Table sample_table() {
  return {{"sample", "label, quoted", "note"},
          {{"a", "cat", ""},
           {"b,c", "say \"hi\"", "two\nlines"},
           {" lead", "\xc3\xa9", "cr\rhere"},
           {"", "", ""}}};
}
inline std::vector<Json> sample_lines() {
  return {Json::object({{"text", "line\nbreak"}, {"n", 1.5}}), Json::array({1, "two", Json()}),
          Json::object({{"prompt", "p"}, {"chosen", "c"}, {"rejected", "r"}})};
}
inline std::vector<WebSample> sample_web() {
  std::vector<WebSample> samples;
  for (int i = 0; i < 12; ++i) {
    const std::string number = std::to_string(i);
    samples.push_back({"dir/sample-" + number,
                       {{"txt", to_bytes("text of " + number)},
                        {"cls", to_bytes(number)},
                        {"bin", Bytes(static_cast<std::size_t>(i) * 200, std::byte{7})}}});
  }
  samples.push_back({std::string(120, 'd') + "/" + std::string(90, 'n'), {{"txt", to_bytes("x")}}});
  return samples;
}

}  // namespace oort::datahub
