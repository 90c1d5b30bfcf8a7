// SPDX-License-Identifier: Apache-2.0
#include "models/model_fields.hpp"

namespace oort::ledger {

template void encode(codec::Writer&, const ModelsParams&);
template Result<void> decode(codec::Reader&, ModelsParams&);
template void encode(codec::Writer&, const ModelsGenesis&);
template Result<void> decode(codec::Reader&, ModelsGenesis&);
template void encode(codec::Writer&, const Training&);
template Result<void> decode(codec::Reader&, Training&);
template void encode(codec::Writer&, const ModelVersion&);
template Result<void> decode(codec::Reader&, ModelVersion&);
template void encode(codec::Writer&, const ModelName&);
template Result<void> decode(codec::Reader&, ModelName&);
template void encode(codec::Writer&, const Deployment&);
template Result<void> decode(codec::Reader&, Deployment&);

bool is_possible(const ModelsParams& params) {
  constexpr std::uint64_t window_ms_max = std::uint64_t{1} << 41;
  return params.training_ms_max >= 1 && params.training_ms_max <= window_ms_max;
}

}  // namespace oort::ledger
