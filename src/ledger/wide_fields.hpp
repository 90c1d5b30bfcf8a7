// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fields.hpp"
#include "oort/core/amount.hpp"
#include "oort/ledger/wide.hpp"

namespace oort::ledger {

/// The whole part, then what is behind the point.
inline void walk(FieldWriter& f, const Wide& v) {
  f(Amount<Wide>(v.high));
  f(Amount<Wide>(v.low));
}
inline void walk(FieldReader& f, Wide& v) {
  Amount<Wide> high;
  Amount<Wide> low;
  f(high);
  f(low);
  v = {high.units(), low.units()};
}

}  // namespace oort::ledger
