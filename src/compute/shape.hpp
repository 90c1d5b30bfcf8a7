// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string_view>

#include "capacity.hpp"
#include "oort/compute/explanation.hpp"
#include "oort/compute/offer.hpp"
#include "oort/compute/request.hpp"

namespace oort::compute {

/// All that decides on which nodes a task may run, whenever that is: equal shapes share an index.
struct Shape {
  Alternative need;
  Placement placement;
  IsolationTier tier_min = IsolationTier::Wasm;
  DataClass data_class = DataClass::Public;
  std::uint64_t risk = 0;
  /// The least of what the customer would pay; the greatest value is no limit.
  std::uint64_t price_max = std::numeric_limits<std::uint64_t>::max();

  friend bool operator==(const Shape&, const Shape&) = default;
};

/// The least of what the customer would pay.
[[nodiscard]] std::uint64_t price_max_of(const Request& request);
/// Whether it is `shape_of` those.
[[nodiscard]] bool is_shape_of(const Shape& shape, const Request& request,
                               const Alternative& alternative);
[[nodiscard]] Shape shape_of(const Request& request, const Alternative& alternative);
[[nodiscard]] Need need_of(const Shape& shape);

/// `*` in the pattern stands for any characters; all else for itself.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

/// Price of a task on a node, microcredits an hour, rounded up.
[[nodiscard]] std::uint64_t price_of(const Alternative& need, const Offer& offer);

/// Devices of the offer that the shape may use; none where it needs none.
[[nodiscard]] DeviceMask allowed_devices(const Shape& shape, const Offer& offer);

/// Whether an idle node with this offer, whatever its cores, memory, disk and risk, may run it.
struct Match {
  bool is_allowed = false;
  DeviceMask devices = 0;
};
[[nodiscard]] Match match(const Shape& shape, const Offer& offer, const Links& links);

/// As `match`, as far as it is the same for all nodes of a kind: whatever the shape says of single
/// nodes and operators.
[[nodiscard]] Match match_of_kind(const Shape& shape, const Offer& offer, const Links& links);
/// Whether the shape says anything of single nodes or operators.
[[nodiscard]] bool has_names(const Shape& shape);
/// What is left of `match`: whether the shape takes just this node of a kind that it takes.
[[nodiscard]] bool takes_name(const Shape& shape, const Offer& offer);

/// Every constraint of `match` that the offer fails, as bits by `Constraint`.
[[nodiscard]] std::uint32_t failed_constraints(const Shape& shape, const Offer& offer,
                                               const Links& links);

[[nodiscard]] constexpr std::uint32_t bit_of(Constraint constraint) {
  return std::uint32_t{1} << static_cast<unsigned>(constraint);
}

}  // namespace oort::compute
