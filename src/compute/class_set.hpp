// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "job.hpp"

namespace oort::compute {

/// A few numbers of classes in ascending order. They are walked through far more often than they
/// change, so they lie side by side.
class ClassSet {
 public:
  [[nodiscard]] auto begin() const noexcept { return ids_.begin(); }
  [[nodiscard]] auto end() const noexcept { return ids_.end(); }
  void clear() noexcept { ids_.clear(); }
  void insert(ClassId id) {
    const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
    if (at == ids_.end() || *at != id) ids_.insert(at, id);
  }
  void erase(ClassId id) {
    const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
    if (at != ids_.end() && *at == id) ids_.erase(at);
  }

 private:
  std::vector<ClassId> ids_;
};

}  // namespace oort::compute
