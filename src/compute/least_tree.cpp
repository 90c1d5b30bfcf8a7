// SPDX-License-Identifier: Apache-2.0
#include "least_tree.hpp"

#include <algorithm>

namespace oort::compute {
namespace {

/// The least of a line.
template <std::size_t width>
std::int32_t least_of(const std::int32_t* line) {
  std::int32_t least = line[0];
  for (std::size_t i = 1; i < width; ++i) least = std::min(least, line[i]);
  return least;
}

}  // namespace

void LeastTree::set(std::size_t place, std::int32_t number) {
  std::int32_t before = std::exchange(levels_.front()[place], number);
  for (std::size_t level = 1; level < levels_.size(); ++level) {
    place /= width;
    std::int32_t& known = levels_[level][place];
    // Only the least of a line shows above.
    if (number > known && before > known) return;
    number = number <= known ? number : least_of<width>(&levels_[level - 1][place * width]);
    before = std::exchange(known, number);
    if (before == number) return;
  }
}

void LeastTree::grow(std::size_t size) {
  size_ = std::max(size_, size);
  if (size_ <= levels_.front().size()) return;
  // A quarter more than needed, so that places can come one by one.
  const std::size_t places = (size_ + size_ / 4 + width - 1) / width * width;
  levels_.front().resize(places, none);
  derive();
}

void LeastTree::derive() {
  std::size_t level = 0;
  for (; levels_[level].size() > width; ++level) {
    if (level + 1 == levels_.size()) levels_.emplace_back();
    const std::size_t lines = levels_[level].size() / width;
    levels_[level + 1].assign((lines + width - 1) / width * width, none);
    for (std::size_t i = 0; i < lines; ++i) {
      levels_[level + 1][i] = least_of<width>(&levels_[level][i * width]);
    }
  }
}

std::optional<std::size_t> LeastTree::first_least() const {
  const std::int32_t least = least_of<width>(levels_.back().data());
  if (least == none) return std::nullopt;
  std::size_t place = 0;
  for (std::size_t level = levels_.size(); level-- > 0;) {
    const std::int32_t* const line = &levels_[level][place * width];
    place = place * width + static_cast<std::size_t>(std::find(line, line + width, least) - line);
  }
  return place;
}

}  // namespace oort::compute
