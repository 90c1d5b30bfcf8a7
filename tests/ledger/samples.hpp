// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/ledger/receipt.hpp"

namespace oort::ledger::test {

/// One value of each kind with every field set to something else than its default.
[[nodiscard]] std::vector<Operation> sample_operations();
[[nodiscard]] std::vector<Event> sample_events();
/// Those of honesty, which the ones above hold too.
[[nodiscard]] std::vector<Operation> honesty_operations();
[[nodiscard]] std::vector<Event> honesty_events();
[[nodiscard]] std::vector<std::pair<std::string, Bytes>> honesty_records();
/// And those of jobs.
[[nodiscard]] std::vector<Operation> jobs_operations();
[[nodiscard]] std::vector<Event> jobs_events();
[[nodiscard]] std::vector<std::pair<std::string, Bytes>> jobs_records();
/// Those of campaigns, datasets and models, likewise.
[[nodiscard]] std::vector<Operation> datahub_operations();
[[nodiscard]] std::vector<Event> datahub_events();
[[nodiscard]] std::vector<std::pair<std::string, Bytes>> datahub_records();
/// Name and canonical bytes of one value of each record.
[[nodiscard]] std::vector<std::pair<std::string, Bytes>> sample_records();

}  // namespace oort::ledger::test
