// SPDX-License-Identifier: Apache-2.0
#include "status.hpp"

#include <boost/beast/http/status.hpp>
#include <ostream>  // Boost 1.81 prints its strings without including it.

namespace oort::http {

std::string_view reason_phrase(unsigned status) noexcept {
  const auto text = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  return {text.data(), text.size()};
}

}  // namespace oort::http
