// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <source_location>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "oort/core/error.hpp"

namespace oort {

/// A value, or the `Error` that explains why there is none. Dropping one unread is a warning.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result(Base base) : Base(std::move(base)) {}  // NOLINT(google-explicit-constructor)
};

/// `return fail(ErrorCode::NotFound, reason::not_found, "bucket photos does not exist");`
[[nodiscard]] inline tl::unexpected<Error> fail(
    ErrorCode code, std::string_view reason, std::string detail,
    std::source_location where = std::source_location::current()) {
  return tl::unexpected<Error>(Error(code, reason, std::move(detail), where));
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace oort

// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses.
#define OORT_TRY_CONCAT_(a, b) a##b
#define OORT_TRY_NAME_(line) OORT_TRY_CONCAT_(oort_try_, line)
#define OORT_TRY_VOID_(expr)                                             \
  if (auto OORT_TRY_NAME_(__LINE__) = (expr); !OORT_TRY_NAME_(__LINE__)) \
  return ::oort::fail(std::move(OORT_TRY_NAME_(__LINE__)).error())
#define OORT_TRY_VALUE_(decl, expr)                                                                \
  auto OORT_TRY_NAME_(__LINE__) = (expr);                                                          \
  if (!OORT_TRY_NAME_(__LINE__)) return ::oort::fail(std::move(OORT_TRY_NAME_(__LINE__)).error()); \
  decl = *std::move(OORT_TRY_NAME_(__LINE__))
#define OORT_TRY_PICK_(_1, _2, name, ...) name
/// `OORT_TRY(const auto block, decode(bytes));` declares, or passes the error on.
/// `OORT_TRY(store.sync());` does so for a Result<void>.
#define OORT_TRY(...) OORT_TRY_PICK_(__VA_ARGS__, OORT_TRY_VALUE_, OORT_TRY_VOID_, )(__VA_ARGS__)
// NOLINTEND(bugprone-macro-parentheses)
