// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "oort/core/error.hpp"

namespace oort::s3 {

/// How S3 names a failure.
struct S3Error {
  std::string_view code;
  unsigned status = 500;
};

/// One line of the table: what the rest of the program calls it, what S3 calls it.
struct ErrorMapping {
  std::string_view reason;
  S3Error error;
};

/// The whole table; the one truth that docs/ERRORS.md prints.
[[nodiscard]] std::span<const ErrorMapping> error_mappings() noexcept;
/// The S3 error of a reason. One that the table lacks is InternalError.
[[nodiscard]] S3Error to_s3(const Error& error) noexcept;

/// What stands in an error document.
struct ErrorDocument {
  S3Error error;
  std::string message;
  std::string resource;
  std::string request_id;
  std::string bucket;
  std::string key;
};
[[nodiscard]] std::string to_xml(const ErrorDocument& document);

}  // namespace oort::s3
