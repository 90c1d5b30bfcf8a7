// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/datahub/exports.hpp"
#include "oort/datahub/json.hpp"

/// Records of a dataset, one sample a line, read back for the formats of `exports.hpp`.
///
/// Invariants
///   R1  A row is as long as the header, and stands for one line: the sample whose hash the tree of
///       samples holds.
///   R2  What the columns do not say is refused with the number of the row, never guessed.
namespace oort::datahub {

/// Lines behind the header, without their ends: the samples, in their order. Empty lines are none.
/// Fails with MALFORMED for a text without any.
[[nodiscard]] Result<std::vector<std::string>> sample_lines_of(std::string_view text);

/// RFC 4180 with one record a line: a header, then the samples. Fails with MALFORMED (R1).
[[nodiscard]] Result<Table> table_in(std::string_view text);
/// The place of a column; empty where there is none of that name.
[[nodiscard]] std::optional<std::size_t> column_of(const Table& table, std::string_view name);
/// One object a row: its cells by their columns, as texts.
[[nodiscard]] std::vector<Json> objects_of(const Table& table);

/// Boxes from the columns `image`, `width`, `height`, `label`, `left`, `top`, `box_width` and
/// `box_height`; pixels, boxes with up to three digits behind a point. A row is one box, and one of
/// an image without boxes leaves the last five empty. Images and labels stand in the order of their
/// names. Fails with BAD_ARGUMENT (R2).
[[nodiscard]] Result<BoxedSet> boxes_in(const Table& table, std::string_view description);

/// The content of a file of the dataset. Fails with NOT_FOUND.
using ReadFile = std::function<Result<Bytes>(const std::string& name)>;
/// Gives each sample of a WebDataset to `take`. Where the table has a column `file` or `image`,
/// rows that name one file are one sample: the file under its extension in lower case, and `json`,
/// the list of rows; otherwise each row is one, `json` alone. Keys are running numbers of nine
/// digits. Fails as `read` and `take` do, and with BAD_ARGUMENT for a file without an extension.
[[nodiscard]] Result<void> web_samples_of(
    const Table& table, const ReadFile& read,
    const std::function<Result<void>(const WebSample& sample)>& take);

}  // namespace oort::datahub
