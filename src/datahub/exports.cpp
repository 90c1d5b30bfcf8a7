// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/exports.hpp"

#include <algorithm>
#include <set>

#include "oort/core/reasons.hpp"
#include "oort/datahub/manifest.hpp"

namespace oort::datahub {

namespace {

constexpr std::uint64_t thousandths = 1000;

tl::unexpected<Error> refused(const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, why);
}

Result<void> append_cell(std::string& out, const std::string& text, bool is_alone) {
  if (!is_utf8(text)) return refused("a cell is not UTF-8");
  // A single empty cell would be an empty line, which readers skip.
  const bool is_bare =
      text.find_first_of(",\"\r\n") == std::string::npos && !(text.empty() && is_alone);
  if (is_bare) {
    out += text;
    return {};
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
  return {};
}

Result<void> append_row(std::string& out, const std::vector<std::string>& cells) {
  for (const std::string& cell : cells) {
    if (&cell != cells.data()) out += ',';
    OORT_TRY(append_cell(out, cell, cells.size() == 1));
  }
  out += "\r\n";
  return {};
}

std::string stem_of(const std::string& file_name) {
  const std::size_t slash = file_name.rfind('/');
  const std::string base = slash == std::string::npos ? file_name : file_name.substr(slash + 1);
  const std::size_t dot = base.rfind('.');
  return dot == std::string::npos || dot == 0 ? base : base.substr(0, dot);
}

/// Text that XML 1.0 and a line of YAML can hold.
bool is_printable(std::string_view text) {
  return is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

Result<void> check_box(const BoxedSet& set, const BoxedImage& image, const Box& box) {
  const std::uint64_t right_most = image.width * thousandths;
  const std::uint64_t lowest = image.height * thousandths;
  if (box.label >= set.labels.size() || box.width == 0 || box.height == 0 ||
      box.left >= right_most || box.width > right_most - box.left || box.top >= lowest ||
      box.height > lowest - box.top) {
    return refused("a box has no label or leaves its image: " + image.file_name);
  }
  return {};
}

Result<void> check(const BoxedSet& set, bool are_stems_unique) {
  std::set<std::string> names;
  for (const std::string& label : set.labels) {
    if (label.empty() || !is_printable(label) || !names.insert(label).second) {
      return refused("each label needs a printable name of its own: " + label);
    }
  }
  std::set<std::string> stems;
  for (const BoxedImage& image : set.images) {
    if (!is_canonical_path(image.file_name) || !is_printable(image.file_name) || image.width == 0 ||
        image.height == 0) {
      return refused("no image of a path and a size: " + image.file_name);
    }
    const std::string name = are_stems_unique ? stem_of(image.file_name) : image.file_name;
    if (!stems.insert(name).second) return refused("two images would share a file: " + name);
    for (const Box& box : image.boxes) {
      OORT_TRY(check_box(set, image, box));
    }
  }
  return {};
}

double pixels(std::uint64_t value) { return static_cast<double>(value) / thousandths; }

/// `numerator / denominator` with six digits, halves up. Requires: at most 1.
std::string share(std::uint64_t numerator, std::uint64_t denominator) {
  const std::uint64_t millionths = (numerator * 1'000'000 + denominator / 2) / denominator;
  const std::string digits = std::to_string(millionths % 1'000'000);
  return std::to_string(millionths / 1'000'000) + "." + std::string(6 - digits.size(), '0') +
         digits;
}

std::string yolo_line(const BoxedImage& image, const Box& box) {
  const std::uint64_t wide = image.width * thousandths;
  const std::uint64_t high = image.height * thousandths;
  // A centre lies on halves of thousandths, so both sides are doubled.
  return std::to_string(box.label) + " " + share(2 * box.left + box.width, 2 * wide) + " " +
         share(2 * box.top + box.height, 2 * high) + " " + share(box.width, wide) + " " +
         share(box.height, high) + "\n";
}

/// A YAML text in double quotes, which are JSON's.
Result<std::string> quoted(const std::string& text) { return canonical(Json(text)); }

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string element(std::string_view name, std::string_view text) {
  std::string out = "<";
  out.append(name).append(">").append(escaped(text)).append("</").append(name).append(">");
  return out;
}
std::string element(std::string_view name, std::uint64_t value) {
  return element(name, std::string_view(std::to_string(value)));
}

std::uint64_t nearest(std::uint64_t value) { return (value + thousandths / 2) / thousandths; }

std::string voc_object(const BoxedSet& set, const BoxedImage& image, const Box& box) {
  const std::uint64_t left = std::min<std::uint64_t>(nearest(box.left) + 1, image.width);
  const std::uint64_t top = std::min<std::uint64_t>(nearest(box.top) + 1, image.height);
  // A box thinner than a pixel still covers the one it lies in.
  const std::uint64_t right = std::max(left, nearest(box.left + box.width));
  const std::uint64_t bottom = std::max(top, nearest(box.top + box.height));
  return "<object>" + element("name", set.labels[box.label]) + element("pose", "Unspecified") +
         element("truncated", "0") + element("difficult", "0") + "<bndbox>" +
         element("xmin", left) + element("ymin", top) + element("xmax", right) +
         element("ymax", bottom) + "</bndbox></object>\n";
}

}  // namespace

Result<std::string> jsonl_of(const std::vector<Json>& values) {
  std::string out;
  for (const Json& value : values) {
    OORT_TRY(const std::string line, canonical(value));
    out += line;
    out += '\n';
  }
  return out;
}

Result<std::string> csv_of(const Table& table) {
  if (table.columns.empty()) return refused("a table needs a column");
  std::string out;
  OORT_TRY(append_row(out, table.columns));
  for (const auto& row : table.rows) {
    if (row.size() != table.columns.size()) return refused("a row is not as long as the header");
    OORT_TRY(append_row(out, row));
  }
  return out;
}

Result<Json> coco_of(const BoxedSet& set) {
  OORT_TRY(check(set, false));
  Json categories((Json::Array()));
  for (std::size_t i = 0; i < set.labels.size(); ++i) {
    categories.append(Json::object(
        {{"id", std::uint64_t{i + 1}}, {"name", set.labels[i]}, {"supercategory", ""}}));
  }
  Json images((Json::Array()));
  Json annotations((Json::Array()));
  std::uint64_t next = 1;
  for (std::size_t i = 0; i < set.images.size(); ++i) {
    const BoxedImage& image = set.images[i];
    images.append(Json::object({{"id", std::uint64_t{i + 1}},
                                {"file_name", image.file_name},
                                {"width", image.width},
                                {"height", image.height}}));
    for (const Box& box : image.boxes) {
      annotations.append(
          Json::object({{"id", next++},
                        {"image_id", std::uint64_t{i + 1}},
                        {"category_id", std::uint64_t{box.label} + 1},
                        {"bbox", Json::array({pixels(box.left), pixels(box.top), pixels(box.width),
                                              pixels(box.height)})},
                        {"area", pixels(box.width) * pixels(box.height)},
                        {"segmentation", Json::array({})},
                        {"iscrowd", 0}}));
    }
  }
  return Json::object({{"info", Json::object({{"description", set.description}})},
                       {"licenses", Json::array({})},
                       {"images", std::move(images)},
                       {"annotations", std::move(annotations)},
                       {"categories", std::move(categories)}});
}

Result<std::vector<NamedFile>> yolo_of(const BoxedSet& set) {
  OORT_TRY(check(set, true));
  std::string yaml = "path: .\ntrain: images\nval: images\nnames:\n";
  for (std::size_t i = 0; i < set.labels.size(); ++i) {
    OORT_TRY(const std::string name, quoted(set.labels[i]));
    yaml += "  " + std::to_string(i) + ": " + name + "\n";
  }
  std::vector<NamedFile> files = {{"data.yaml", to_bytes(yaml)}};
  for (const BoxedImage& image : set.images) {
    std::string lines;
    for (const Box& box : image.boxes) lines += yolo_line(image, box);
    files.push_back({"labels/" + stem_of(image.file_name) + ".txt", to_bytes(lines)});
  }
  return files;
}

Result<std::vector<NamedFile>> voc_of(const BoxedSet& set) {
  OORT_TRY(check(set, true));
  std::vector<NamedFile> files;
  for (const BoxedImage& image : set.images) {
    std::string xml = "<annotation>\n" + element("filename", image.file_name) + "\n<size>" +
                      element("width", image.width) + element("height", image.height) +
                      element("depth", "3") + "</size>\n" + element("segmented", "0") + "\n";
    for (const Box& box : image.boxes) xml += voc_object(set, image, box);
    xml += "</annotation>\n";
    files.push_back({"Annotations/" + stem_of(image.file_name) + ".xml", to_bytes(xml)});
  }
  return files;
}

}  // namespace oort::datahub
