// SPDX-License-Identifier: Apache-2.0
#include "oort/http/operator_pages.hpp"

#include <algorithm>
#include <string_view>

#include "oort/core/metrics.hpp"

namespace oort::http {
namespace {

void append_json_text(std::string& out, std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (code < 0x20) {
      out.append("\\u00").push_back(digits[code >> 4U]);
      out.push_back(digits[code & 15U]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void answer_checks(Exchange exchange, const std::vector<Check>& checks) {
  const bool is_good =
      std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.is_good; });
  std::string body = is_good ? R"({"status":"ok","checks":[)" : R"({"status":"bad","checks":[)";
  for (const Check& check : checks) {
    if (body.back() == '}') body.push_back(',');
    body.append(R"({"name":)");
    append_json_text(body, check.name);
    body.append(check.is_good ? R"(,"ok":true,"detail":)" : R"(,"ok":false,"detail":)");
    append_json_text(body, check.detail);
    body.push_back('}');
  }
  body.append("]}\n");
  ResponseHead head(is_good ? 200 : 503);
  head.add("Content-Type", "application/json").add("Cache-Control", "no-store");
  exchange.respond(std::move(head), body);
}

class OperatorPages final : public Handler {
 public:
  explicit OperatorPages(OperatorSources sources) : sources_(std::move(sources)) {}

  void handle(Exchange exchange) override {
    const Request& request = exchange.request();
    const std::string_view path = request.target.substr(0, request.target.find('?'));
    if (request.method != "GET" && !request.is_head()) {
      ResponseHead head(405);
      head.add("Allow", "GET, HEAD").add("Content-Type", "text/plain; charset=utf-8");
      return exchange.respond(std::move(head), "only GET and HEAD are answered here\n");
    }
    if (path == "/metrics") {
      ResponseHead head(200);
      head.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      return exchange.respond(std::move(head), metrics::render());
    }
    if (path == "/healthz") return answer_checks(std::move(exchange), sources_.health());
    if (path == "/readyz") return answer_checks(std::move(exchange), sources_.readiness());
    ResponseHead head(404);
    head.add("Content-Type", "text/plain; charset=utf-8");
    exchange.respond(std::move(head), "there are /metrics, /healthz and /readyz here\n");
  }

 private:
  OperatorSources sources_;
};

}  // namespace

std::unique_ptr<Handler> operator_pages(OperatorSources sources) {
  return std::make_unique<OperatorPages>(std::move(sources));
}

}  // namespace oort::http
