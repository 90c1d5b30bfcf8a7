// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "call.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"

/// Pages of what is listed by 32-byte names: a token is the name that the next page begins with.
namespace oort::api {

template <class Id, class Page>
[[nodiscard]] Result<Id> read_place(const Page& page) {
  if (page.page_token().empty()) return Id{};
  const auto id = Id::from_hex(page.page_token());
  if (!id) return fail(bad_page_token());
  return *id;
}

/// Writes what was found, of which the last beyond `count_max` is the next page's first. `id_of`
/// takes one, `write_one` adds it to the response.
template <class Records, class Response, class IdOf, class WriteOne>
void write_page(const Records& records, std::size_t count_max, Response* out, const IdOf& id_of,
                const WriteOne& write_one) {
  std::size_t written = 0;
  for (const auto& record : records) {
    if (written++ == count_max) {
      out->set_next_page_token(id_of(record).hex());
      return;
    }
    write_one(record);
  }
}

[[nodiscard]] inline tl::unexpected<Error> nothing_there(std::string_view what) {
  return fail(ErrorCode::NotFound, reason::not_found, "there is no such " + std::string(what));
}
[[nodiscard]] inline tl::unexpected<Error> without_module(std::string_view module) {
  return fail(ErrorCode::Unimplemented, reason::not_supported,
              "this network has no " + std::string(module) + ": its genesis does not begin them");
}

}  // namespace oort::api
