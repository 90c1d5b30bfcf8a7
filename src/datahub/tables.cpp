// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/tables.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "oort/core/reasons.hpp"

namespace oort::datahub {
namespace {

constexpr std::size_t line_cells_max = 4096;
/// What a line of COCO's pixels may say: 2^32 whole ones.
constexpr std::uint64_t pixels_max = std::numeric_limits<std::uint32_t>::max();

tl::unexpected<Error> bad_row(std::size_t row, const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "row " + std::to_string(row + 1) + ": " + why);
}
tl::unexpected<Error> malformed(const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::malformed, why);
}

/// Lines without their ends, those that are empty left out.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

/// Takes a quoted cell from the front; empty where its end is missing.
std::optional<std::string> take_quoted(std::string_view& line) {
  std::string cell;
  line.remove_prefix(1);
  while (true) {
    const std::size_t quote = line.find('"');
    if (quote == std::string_view::npos) return {};
    cell += line.substr(0, quote);
    line.remove_prefix(quote + 1);
    if (!line.starts_with('"')) break;
    cell += '"';
    line.remove_prefix(1);
  }
  if (!line.empty() && !line.starts_with(',')) return {};
  return cell;
}

Result<std::vector<std::string>> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  while (true) {
    if (cells.size() == line_cells_max) return malformed("a line has too many cells");
    if (line.starts_with('"')) {
      auto cell = take_quoted(line);
      if (!cell) return malformed("a quoted cell does not end in its line");
      cells.push_back(*std::move(cell));
    } else {
      const std::size_t comma = std::min(line.find(','), line.size());
      const std::string_view cell = line.substr(0, comma);
      if (cell.find('"') != std::string_view::npos) {
        return malformed("a quote stands in a cell without quotes");
      }
      cells.emplace_back(cell);
      line.remove_prefix(comma);
    }
    if (line.empty()) return cells;
    line.remove_prefix(1);
  }
}

/// A whole number of `unit` parts: "12.5" is 12,500 thousandths. Empty for anything else.
std::optional<std::uint64_t> parts_in(std::string_view text, std::size_t digits) {
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string_view fraction = text.substr(point);
  if (!fraction.empty()) fraction.remove_prefix(1);
  if (point == 0 || fraction.size() > digits || (point < text.size() && fraction.empty())) {
    return {};
  }
  std::string whole(text.substr(0, point));
  whole += fraction;
  whole.append(digits - fraction.size(), '0');
  std::uint64_t number = 0;
  const auto read = std::from_chars(whole.data(), whole.data() + whole.size(), number);
  if (read.ec != std::errc() || read.ptr != whole.data() + whole.size()) return {};
  return number;
}

constexpr std::array<std::string_view, 8> box_columns = {
    "image", "width", "height", "label", "left", "top", "box_width", "box_height"};
enum BoxColumn : std::size_t { Image, Width, Height, Label, Left, Top, BoxWidth, BoxHeight };
using BoxPlaces = std::array<std::size_t, box_columns.size()>;

Result<BoxPlaces> places_in(const Table& table) {
  BoxPlaces places{};
  for (std::size_t i = 0; i < box_columns.size(); ++i) {
    const auto place = column_of(table, box_columns[i]);
    if (!place) {
      return fail(
          ErrorCode::InvalidArgument, reason::bad_argument,
          "boxes are asked for, and the records have no column " + std::string(box_columns[i]));
    }
    places[i] = *place;
  }
  return places;
}

/// Everything but the boxes: labels and images in the order of their names.
Result<BoxedSet> frame_of(const Table& table, const BoxPlaces& places) {
  std::set<std::string> labels;
  std::map<std::string, BoxedImage> images;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const std::vector<std::string>& row = table.rows[i];
    const auto width = parts_in(row[places[Width]], 0);
    const auto height = parts_in(row[places[Height]], 0);
    if (!width || !height || *width > pixels_max || *height > pixels_max) {
      return bad_row(i, "width and height of the image are whole pixels");
    }
    const BoxedImage image{row[places[Image]],
                           static_cast<std::uint32_t>(*width),
                           static_cast<std::uint32_t>(*height),
                           {}};
    const auto [known, is_first] = images.emplace(image.file_name, image);
    if (known->second.width != image.width || known->second.height != image.height) {
      return bad_row(i, "the image has another size than in a row before");
    }
    if (!row[places[Label]].empty()) labels.insert(row[places[Label]]);
  }
  BoxedSet set;
  set.labels.assign(labels.begin(), labels.end());
  for (auto& [name, image] : images) set.images.push_back(std::move(image));
  return set;
}

Result<Box> box_in(const std::vector<std::string>& row, std::size_t number, const BoxPlaces& places,
                   const std::vector<std::string>& labels) {
  std::array<std::uint64_t, 4> sides{};
  for (std::size_t i = 0; i < sides.size(); ++i) {
    const auto side = parts_in(row[places[Left + i]], 3);
    if (!side) return bad_row(number, "a box has four numbers with up to three digits");
    sides[i] = *side;
  }
  const auto label = std::ranges::lower_bound(labels, row[places[Label]]);
  return Box{static_cast<std::uint32_t>(label - labels.begin()), sides[0], sides[1], sides[2],
             sides[3]};
}

std::string extension_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return "";
  std::string extension = name.substr(dot + 1);
  std::ranges::transform(extension, extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return extension;
}

std::string key_of(std::size_t number) {
  const std::string digits = std::to_string(number);
  return std::string(9 - std::min<std::size_t>(9, digits.size()), '0') + digits;
}

}  // namespace

Result<std::vector<std::string>> sample_lines_of(std::string_view text) {
  const std::size_t header = text.find('\n');
  text.remove_prefix(header == std::string_view::npos ? text.size() : header + 1);
  const std::vector<std::string_view> lines = lines_of(text);
  if (lines.empty()) return malformed("there are no samples in the file");
  return std::vector<std::string>(lines.begin(), lines.end());
}

Result<Table> table_in(std::string_view text) {
  std::string_view header = text.substr(0, text.find('\n'));
  if (header.ends_with('\r')) header.remove_suffix(1);
  Table table;
  OORT_TRY(table.columns, cells_of(header));
  OORT_TRY(const auto lines, sample_lines_of(text));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto row = cells_of(lines[i]);
    if (!row) return fail(std::move(row).error().with("row " + std::to_string(i + 1)));
    if (row->size() != table.columns.size()) {
      return malformed("row " + std::to_string(i + 1) + " has another length than the header");
    }
    table.rows.push_back(*std::move(row));
  }
  return table;
}

std::optional<std::size_t> column_of(const Table& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns, name);
  if (found == table.columns.end()) return {};
  return static_cast<std::size_t>(found - table.columns.begin());
}

std::vector<Json> objects_of(const Table& table) {
  std::vector<Json> objects;
  for (const auto& row : table.rows) {
    Json::Object members;
    for (std::size_t i = 0; i < row.size(); ++i) {
      members.push_back({table.columns[i], Json(row[i])});
    }
    objects.emplace_back(std::move(members));
  }
  return objects;
}

Result<BoxedSet> boxes_in(const Table& table, std::string_view description) {
  OORT_TRY(const BoxPlaces places, places_in(table));
  OORT_TRY(BoxedSet set, frame_of(table, places));
  set.description = std::string(description);
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const std::vector<std::string>& row = table.rows[i];
    if (row[places[Label]].empty()) {
      const bool is_bare = row[places[Left]].empty() && row[places[Top]].empty() &&
                           row[places[BoxWidth]].empty() && row[places[BoxHeight]].empty();
      if (!is_bare) return bad_row(i, "a box has no label");
      continue;
    }
    OORT_TRY(const Box box, box_in(row, i, places, set.labels));
    const auto image =
        std::ranges::lower_bound(set.images, row[places[Image]], {}, &BoxedImage::file_name);
    image->boxes.push_back(box);
  }
  return set;
}

Result<void> web_samples_of(const Table& table, const ReadFile& read,
                            const std::function<Result<void>(const WebSample& sample)>& take) {
  const std::vector<Json> objects = objects_of(table);
  auto file_column = column_of(table, "file");
  if (!file_column) file_column = column_of(table, "image");
  // In the order in which their first rows stand.
  std::vector<std::pair<std::string, Json::Array>> samples;
  std::map<std::string, std::size_t> place_of;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const std::string name = file_column ? table.rows[i][*file_column] : "";
    const auto [known, is_first] = place_of.emplace(name, samples.size());
    if (is_first || !file_column) samples.push_back({name, {}});
    samples[file_column ? known->second : i].second.push_back(objects[i]);
  }
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto& [name, rows] = samples[i];
    WebSample sample{key_of(i), {}};
    OORT_TRY(const std::string text, canonical(file_column ? Json(rows) : rows.front()));
    sample.parts.emplace_back("json", to_bytes(std::string_view(text)));
    if (file_column) {
      OORT_TRY(Bytes content, read(name));
      sample.parts.emplace_back(extension_of(name), std::move(content));
    }
    OORT_TRY(take(sample));
  }
  return {};
}

}  // namespace oort::datahub
