// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "oort/core/result.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "session.hpp"

/// A job as a person writes it, in JSON:
///
///   {"name": "hash", "builtin": {"name": "blake3", "version": 1, "parameters": "01…"},
///    "inputs": ["s3://data/a", {"uri": "s3://data/b", "size": 5, "root": "9f2c…"}],
///    "outputs": ["s3://data/hashes"],
///    "any_of": [{"cpu_milli": 1000, "memory_mib": 256}], "walltime_s": 600}
///
/// What runs is one of `builtin`, `image` and `wasm`. Everything else may be left out but `any_of`
/// and `walltime_s`; docs/JOBS.md says what the fields mean.
namespace oort::cli {

/// Fails with BAD_ARGUMENT, naming the field.
[[nodiscard]] Result<ledger::JobSpec> read_job(const Json& description);
/// The same from a file. Fails with NOT_FOUND too.
[[nodiscard]] Result<ledger::JobSpec> load_job(const std::string& path);

}  // namespace oort::cli
