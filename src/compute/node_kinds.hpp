// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "oort/compute/offer.hpp"

namespace oort::compute {

/// Number of a kind of nodes. A free one is used again, under another stamp.
using KindIndex = std::uint32_t;

/// Which nodes are alike: all of their offers is the same but who stands behind it, where it is
/// attached, how long it holds, and honest weight within a factor of two. So what is found out
/// about one idle node holds for every idle node of its kind.
///   I4  Offers have one kind if and only if they are alike, as long as a node of it is there.
class NodeKinds {
 public:
  KindIndex enter(const Offer& offer);
  /// Requires: as many nodes have entered it as leave.
  void leave(KindIndex kind);
  /// Not 0. Changes when the number stands for another kind.
  [[nodiscard]] std::uint64_t stamp(KindIndex kind) const { return kinds_[kind].stamp; }

 private:
  struct Kind {
    std::uint64_t stamp = 0;
    std::size_t nodes = 0;
    std::map<Offer, KindIndex>::iterator name;
  };

  std::map<Offer, KindIndex> by_name_;
  std::vector<Kind> kinds_;
  std::vector<KindIndex> free_;
  std::uint64_t last_stamp_ = 0;
};

}  // namespace oort::compute
