// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "session.hpp"

/// A job as a person writes it, in JSON:
///
///   {"name": "hash", "builtin": {"name": "blake3", "version": 1, "parameters": "01…"},
///    "inputs": ["s3://data/a", {"uri": "s3://data/b", "file": "b.txt"},
///               {"uri": "s3://data/c", "size": 5, "root": "9f2c…"}],
///    "outputs": ["s3://data/hashes"],
///    "any_of": [{"cpu_milli": 1000, "memory_mib": 256}], "walltime_s": 600}
///
/// What runs is one of `builtin`, `image` and `wasm`. Everything else may be left out but `any_of`
/// and `walltime_s`; docs/JOBS.md says what the fields mean.
namespace oort::cli {

/// What brokers take of one task, at most.
inline constexpr std::size_t job_input_bytes_max = std::size_t{256} << 20;

/// States size and root of the input's bytes. Fails with BAD_PROOF where it states others already.
[[nodiscard]] Result<void> state_content(ledger::JobInput& input, ByteView bytes);

/// Inputs that name a `file` are stated by its bytes; others that are not stated stay so. Names of
/// files are relative to the folder. Fails with BAD_ARGUMENT, naming the field, or as `read_file`
/// and `state_content`.
[[nodiscard]] Result<ledger::JobSpec> read_job(const Json& description,
                                               const std::filesystem::path& folder);
/// The same from a file, with the folder that it is in. Fails with NOT_FOUND too.
[[nodiscard]] Result<ledger::JobSpec> load_job(const std::string& path);

}  // namespace oort::cli
