// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "datasets/dataset_fields.hpp"
#include "oort/ledger/dataset_records.hpp"

namespace oort::ledger {

template void encode(codec::Writer&, const DatasetsParams&);
template Result<void> decode(codec::Reader&, DatasetsParams&);
template void encode(codec::Writer&, const DatasetsGenesis&);
template Result<void> decode(codec::Reader&, DatasetsGenesis&);
template void encode(codec::Writer&, const DatasetVersion&);
template Result<void> decode(codec::Reader&, DatasetVersion&);
template void encode(codec::Writer&, const DatasetName&);
template Result<void> decode(codec::Reader&, DatasetName&);
template void encode(codec::Writer&, const DatasetGrant&);
template Result<void> decode(codec::Reader&, DatasetGrant&);
template void encode(codec::Writer&, const DatasetOpening&);
template Result<void> decode(codec::Reader&, DatasetOpening&);

namespace {

/// Of any grant: sums of a few never wrap.
constexpr std::uint64_t window_ms_max = std::uint64_t{1} << 41;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }

}  // namespace

bool is_possible(const DatasetsParams& params) {
  return params.grant_ms_max >= 1 && params.grant_ms_max <= window_ms_max;
}

bool is_artefact_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > artefact_name_bytes_max) return false;
  if (!is_lower(name.front()) && !is_digit(name.front())) return false;
  return std::ranges::all_of(
      name, [](char c) { return is_lower(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_licence(std::string_view text) noexcept {
  if (text.empty() || text.size() > licence_bytes_max) return false;
  return std::ranges::all_of(text, [](char c) {
    return is_lower(c) || is_upper(c) || is_digit(c) ||
           std::string_view(" ().+-:").find(c) != std::string_view::npos;
  });
}

bool is_live(const DatasetVersion& version, const DatasetGrant& grant,
             std::uint64_t now_ms) noexcept {
  return version.taken_down_ms == 0 && grant.status == GrantStatus::Granted &&
         (grant.expires_ms == 0 || now_ms < grant.expires_ms);
}

bool is_open(const DatasetVersion& version, const DatasetGrant& grant,
             const DatasetOpening& opening, std::uint64_t now_ms) noexcept {
  return is_live(version, grant, now_ms) && now_ms < opening.until_ms;
}

}  // namespace oort::ledger
