// SPDX-License-Identifier: Apache-2.0
#include "model_door.hpp"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/infer.hpp"
#include "oort/core/reasons.hpp"
#include "oort/http/client.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/target.hpp"

namespace oort::node {
namespace {

namespace builtin = compute::builtin;
using Json = nlohmann::ordered_json;

constexpr std::string_view models_path = "/v1/models";

tl::unexpected<Error> refused(const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, why);
}

unsigned status_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::NotFound: return 404;
    case ErrorCode::PermissionDenied: return 403;
    case ErrorCode::ResourceExhausted: return error.reason() == reason::too_large ? 413 : 503;
    case ErrorCode::Unavailable:
    case ErrorCode::DeadlineExceeded:
    case ErrorCode::Cancelled: return 503;
    case ErrorCode::DataLoss:
    case ErrorCode::Internal: return 500;
    case ErrorCode::Unimplemented: return 501;
    case ErrorCode::AlreadyExists:
    case ErrorCode::Aborted: return 409;
    case ErrorCode::InvalidArgument:
    case ErrorCode::Unauthenticated:
    case ErrorCode::FailedPrecondition:
    case ErrorCode::OutOfRange: return 400;
  }
  return 500;
}

void respond(http::Exchange& exchange, unsigned status, const Json& value) {
  http::ResponseHead head(status);
  head.add("Content-Type", "application/json");
  // What a stranger wrote may hold any bytes; an answer is always JSON.
  exchange.respond(std::move(head),
                   value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}
void respond(http::Exchange& exchange, const Error& error) {
  respond(exchange, status_of(error),
          {{"error", {{"reason", error.reason()}, {"detail", error.detail()}}}});
}

Json to_json(const ServedModel& model) {
  return {{"model", model.root.hex()},      {"name", model.name},
          {"version", model.version},       {"grade", model.grade},
          {"bytes", model.bytes},           {"features", model.features},
          {"classes", model.classes},       {"height", model.height.value()},
          {"is_served", model.why.empty()}, {"why", model.why}};
}

std::string_view to_string(builtin::Head head) {
  switch (head) {
    case builtin::Head::Argmax: return "argmax";
    case builtin::Head::Softmax: return "softmax";
    case builtin::Head::Logits: return "logits";
  }
  return "unknown";
}

/// One record as a person reads it.
Result<Json> result_in(codec::Reader& in, const builtin::InferOutput& output) {
  if (output.head == builtin::Head::Logits) {
    Json sums = Json::array();
    for (std::uint32_t i = 0; i < output.classes; ++i) {
      OORT_TRY(const std::uint32_t sum, in.u32());
      sums.push_back(static_cast<std::int32_t>(sum));
    }
    return sums;
  }
  OORT_TRY(const std::uint16_t label, in.u16());
  if (output.head == builtin::Head::Argmax) return Json(label);
  Json shares = Json::array();
  for (std::uint32_t i = 0; i < output.classes; ++i) {
    OORT_TRY(const std::uint32_t share, in.u32());
    shares.push_back(share);
  }
  return Json{{"class", label}, {"probabilities", std::move(shares)}};
}

Result<Json> answer_of(const ModelId& root, const Bytes& bytes) {
  OORT_TRY(const auto output, codec::from_bytes<builtin::InferOutput>(bytes));
  Json results = Json::array();
  codec::Reader in(output.records);
  for (std::uint32_t i = 0; i < output.count; ++i) {
    OORT_TRY(Json result, result_in(in, output));
    results.push_back(std::move(result));
  }
  return Json{{"model", root.hex()},
              {"head", to_string(output.head)},
              {"classes", output.classes},
              {"results", std::move(results)},
              {"output", to_hex(bytes)}};
}

/// Parses without exceptions; an object or nothing.
Result<Json> object_in(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_object()) return json;
  return fail(ErrorCode::InvalidArgument, reason::malformed, "a JSON object is wanted");
}

Result<void> check_members(const Json& json, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : json.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return refused("nobody knows the member '" + name + "'");
    }
  }
  return {};
}

Result<http::Url> url_in(const Json& value, const std::string& name) {
  if (!value.is_string()) return refused(name + ": a URL is wanted");
  return http::parse_url(value.get_ref<const std::string&>());
}

Result<std::vector<std::int8_t>> sample_in(const Json& value) {
  if (!value.is_array()) return refused("samples: a list of lists of numbers is wanted");
  std::vector<std::int8_t> sample;
  for (const Json& each : value) {
    const bool is_fine = each.is_number_integer() && each >= -128 && each <= 127;
    if (!is_fine) return refused("samples: whole numbers from -128 to 127 are wanted");
    sample.push_back(each.get<std::int8_t>());
  }
  return sample;
}

/// The body of a request, as it comes.
struct Arriving {
  http::Exchange exchange;
  std::string body;
};
using Answer = UniqueFunction<void(http::Exchange, std::string)>;

void read_body(std::shared_ptr<Arriving> arriving, std::shared_ptr<Answer> answer) {
  http::Exchange& exchange = arriving->exchange;
  exchange.read(
      [arriving = std::move(arriving), answer = std::move(answer)](Result<ByteView> piece) mutable {
        if (!piece) return respond(arriving->exchange, piece.error());
        if (piece->empty())
          return (*answer)(std::move(arriving->exchange), std::move(arriving->body));
        arriving->body += as_text(*piece);
        read_body(std::move(arriving), std::move(answer));
      });
}

class ModelDoor final : public http::Handler {
 public:
  explicit ModelDoor(EdgeModels& models) : models_(models) {}

  void handle(http::Exchange exchange) override {
    const http::Request& request = exchange.request();
    if (!is_loopback(request.field("host"))) {
      return respond(exchange, Error(ErrorCode::PermissionDenied, reason::not_allowed,
                                     "this door is for programs of its own machine"));
    }
    const auto target = http::parse_target(request.target);
    if (!target) return respond(exchange, target.error());
    std::string_view path = target->path;
    if (path == models_path && request.method == "GET") return list(exchange);
    if (!path.starts_with(models_path) || path == models_path) return unknown(exchange);
    path.remove_prefix(models_path.size() + 1);
    const std::size_t slash = path.find('/');
    const auto root = ModelId::from_hex(path.substr(0, slash));
    const std::string_view rest = slash == std::string_view::npos ? "" : path.substr(slash);
    if (root && rest.empty() && request.method == "PUT") {
      return with_body(std::move(exchange),
                       [this, root = *root](http::Exchange given, const std::string& body) {
                         deploy(std::move(given), root, body);
                       });
    }
    if (root && rest == "/infer" && request.method == "POST") {
      return with_body(std::move(exchange),
                       [this, root = *root](http::Exchange given, const std::string& body) {
                         ask(std::move(given), root, body);
                       });
    }
    unknown(exchange);
  }

 private:
  static void unknown(http::Exchange& exchange) {
    respond(exchange, Error(ErrorCode::NotFound, reason::not_found,
                            "there are GET /v1/models, PUT /v1/models/ROOT and "
                            "POST /v1/models/ROOT/infer"));
  }
  template <class Done>
  static void with_body(http::Exchange exchange, Done done) {
    // Shared by the reads that follow each other; only one of them waits.
    auto arriving = std::make_shared<Arriving>(Arriving{std::move(exchange), {}});
    auto answer = std::make_shared<Answer>(
        [done = std::move(done)](http::Exchange given, const std::string& body) mutable {
          done(std::move(given), body);
        });
    read_body(std::move(arriving), std::move(answer));
  }

  void list(http::Exchange& exchange) {
    Json all = Json::array();
    for (const ServedModel& model : models_.list()) all.push_back(to_json(model));
    respond(exchange, 200, {{"models", all}});
  }

  void deploy(http::Exchange exchange, const ModelId& root, const std::string& body) {
    auto source = parse_source(body);
    if (!source) return respond(exchange, source.error());
    models_.deploy(root, *std::move(source),
                   [exchange = std::move(exchange)](const Result<ServedModel>& model) mutable {
                     if (!model) return respond(exchange, model.error());
                     respond(exchange, 200, to_json(*model));
                   });
  }

  void ask(http::Exchange exchange, const ModelId& root, const std::string& body) {
    auto question = parse_question(body);
    if (!question) return respond(exchange, question.error());
    models_.ask(root, *question,
                [exchange = std::move(exchange), root](const Result<Bytes>& bytes) mutable {
                  if (!bytes) return respond(exchange, bytes.error());
                  const auto answer = answer_of(root, *bytes);
                  if (!answer) return respond(exchange, answer.error());
                  respond(exchange, 200, *answer);
                });
  }

  EdgeModels& models_;
};

}  // namespace

bool is_loopback(std::string_view host) noexcept {
  const std::size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && host.find(']', colon) == host.npos;
  const std::string_view name = has_port ? host.substr(0, colon) : host;
  return name == "localhost" || name == "[::1]" || name == "127.0.0.1";
}

Result<ModelSource> parse_source(std::string_view text) {
  OORT_TRY(const Json json, object_in(text));
  OORT_TRY(check_members(json, {"manifest", "statement", "files"}));
  if (!json.contains("manifest")) return refused("manifest: a URL is wanted");
  ModelSource source;
  OORT_TRY(source.manifest, url_in(json["manifest"], "manifest"));
  if (json.contains("statement")) {
    OORT_TRY(http::Url statement, url_in(json["statement"], "statement"));
    source.statement.push_back(std::move(statement));
  }
  if (!json.contains("files") || !json["files"].is_object()) {
    return refused("files: an object of names and URLs is wanted");
  }
  for (const auto& [name, value] : json["files"].items()) {
    OORT_TRY(http::Url url, url_in(value, name));
    source.files.emplace(name, std::move(url));
  }
  return source;
}

Result<InferQuestion> parse_question(std::string_view text) {
  OORT_TRY(const Json json, object_in(text));
  OORT_TRY(check_members(json, {"samples", "head"}));
  InferQuestion question;
  if (json.contains("head")) {
    const Json& head = json["head"];
    if (head == "softmax") {
      question.head = builtin::Head::Softmax;
    } else if (head == "logits") {
      question.head = builtin::Head::Logits;
    } else if (head != "argmax") {
      return refused("head: argmax, softmax or logits is wanted");
    }
  }
  if (!json.contains("samples") || !json["samples"].is_array() || json["samples"].empty()) {
    return refused("samples: a list with one sample or more is wanted");
  }
  if (json["samples"].size() > question_samples_max) {
    return fail(ErrorCode::ResourceExhausted, reason::too_large, "samples: too many");
  }
  for (const Json& each : json["samples"]) {
    OORT_TRY(auto sample, sample_in(each));
    question.samples.push_back(std::move(sample));
  }
  return question;
}

std::unique_ptr<http::Handler> model_door(EdgeModels& models) {
  return std::make_unique<ModelDoor>(models);
}

}  // namespace oort::node
