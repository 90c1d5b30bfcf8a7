// SPDX-License-Identifier: Apache-2.0
#include "model_device.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "artefacts.hpp"
#include "bucket_client.hpp"
#include "datahub_client.hpp"
#include "dataset_folder.hpp"
#include "devnet/network.hpp"
#include "key_file.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/infer.hpp"
#include "oort/compute/builtin/model.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/datahub/json.hpp"
#include "oort/datahub/manifest.hpp"
#include "oort/http/client.hpp"
#include "stored_artefact.hpp"

namespace oort::cli {
namespace {

namespace builtin = compute::builtin;

constexpr std::size_t model_bytes_max = std::size_t{1} << 30;
constexpr std::uint64_t answer_bytes_max = std::uint64_t{256} << 20;
/// A device fetches within this time.
constexpr std::uint64_t link_seconds = 3600;
constexpr Duration door_deadline = 180s;

struct Arguments {
  std::string key_file;
  std::string id;
  std::string folder;
  std::string name;
  std::string bucket;
  std::string statement;
  std::string door;
  std::string node;
  std::string head = "argmax";
  std::string out;
  std::vector<std::string> samples;
};

/// The reasons of a door are words that this program knows, or one for all others.
std::string_view known_reason(const std::string& word) {
  for (const std::string_view known :
       {reason::not_found, reason::not_allowed, reason::bad_proof, reason::not_supported,
        reason::too_large, reason::bad_argument, reason::malformed, reason::queue_full,
        reason::cancelled, reason::disk_full, reason::no_quorum, reason::peer_unreachable,
        reason::deadline_exceeded, reason::corrupt_data}) {
    if (word == known) return known;
  }
  return reason::remote_error;
}

ErrorCode code_of(unsigned status) {
  switch (status) {
    case 404: return ErrorCode::NotFound;
    case 403: return ErrorCode::PermissionDenied;
    case 503: return ErrorCode::Unavailable;
    case 501: return ErrorCode::Unimplemented;
    default: return ErrorCode::InvalidArgument;
  }
}

Result<Json> ask_door(const Session& session, const ModelDoor& door, const std::string& method,
                      const std::string& path, const Json& body) {
  http::ClientRequest request;
  request.method = method;
  request.url = {door.origin, path};
  if (!body.is_null()) {
    request.fields = {{"Content-Type", "application/json"}};
    request.body = to_bytes(std::string_view(body.dump()));
  }
  OORT_TRY(const auto response,
           http::send(request, {door_deadline, answer_bytes_max, {}}, session.clock()));
  Json answer = Json::parse(as_text(response.body), nullptr, false);
  if (!answer.is_object()) {
    return fail(ErrorCode::Internal, reason::malformed,
                door.origin.authority() + " does not answer in JSON");
  }
  if (response.status == 200) return answer;
  const Json error = answer.value("error", Json::object());
  return fail(code_of(response.status), known_reason(error.value("reason", "")),
              error.value("detail", ""));
}

Result<datahub::Manifest> manifest_in(const BucketClient& bucket, const std::string& prefix) {
  OORT_TRY(const Bytes statement, bucket.get(prefix + "manifest.json"));
  return datahub::parse_manifest_statement(as_text(statement));
}

Result<std::vector<std::int8_t>> sample_in(const std::string& text) {
  std::vector<std::int8_t> sample;
  const char* place = text.data();
  const char* const end = text.data() + text.size();
  while (true) {
    std::int8_t number = 0;
    const auto read = std::from_chars(place, end, number);
    const bool is_over = read.ptr == end;
    if (read.ec != std::errc() || (!is_over && *read.ptr != ',')) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  "'" + text + "': whole numbers from -128 to 127 with commas are wanted");
    }
    sample.push_back(number);
    if (is_over) return sample;
    place = read.ptr + 1;
  }
}

Result<builtin::Head> head_named(const std::string& name) {
  if (name == "argmax") return builtin::Head::Argmax;
  if (name == "softmax") return builtin::Head::Softmax;
  return builtin::Head::Logits;
}

// Commands ----------------------------------------------------------------------------------------

Result<void> store(const Session& session, const Arguments& arguments) {
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  ModelToStore model{arguments.folder, arguments.name, arguments.bucket, ""};
  if (!arguments.statement.empty()) {
    OORT_TRY(const Bytes statement, read_file(arguments.statement, model_bytes_max));
    model.statement = std::string(as_text(statement));
  }
  OORT_TRY(const ModelId root, store_model(session, model, keys));
  session.show({{"model", root.hex()}},
               [&] { std::printf("model %s is stored\n", root.hex().c_str()); });
  return {};
}

Result<void> served(const Session& session, const Arguments& arguments) {
  OORT_TRY(const ModelDoor door, model_door(session, arguments.door, arguments.node));
  OORT_TRY(const Json answer, ask_door(session, door, "GET", "/v1/models", {}));
  session.show(answer, [&] { std::printf("%s\n", answer.dump(2).c_str()); });
  return {};
}

Result<void> ask(const Session& session, const Arguments& arguments) {
  OORT_TRY(const auto root, artefact_named<ModelId>("model", arguments.id));
  OORT_TRY(const ModelDoor door, model_door(session, arguments.door, arguments.node));
  Json samples = Json::array();
  for (const std::string& text : arguments.samples) {
    OORT_TRY(const auto sample, sample_in(text));
    samples.push_back(sample);
  }
  OORT_TRY(const Json answer, ask_door(session, door, "POST", "/v1/models/" + root.hex() + "/infer",
                                       {{"samples", samples}, {"head", arguments.head}}));
  if (!arguments.out.empty()) {
    const auto output = from_hex(answer.value("output", ""));
    if (!output) return fail(ErrorCode::Internal, reason::malformed, "the device sent no output");
    OORT_TRY(write_file(arguments.out, *output, 0644));
  }
  session.show(answer, [&] {
    for (const Json& each : answer["results"]) std::printf("%s\n", each.dump().c_str());
  });
  return {};
}

/// The same on this machine: the workload `infer` on the model's own file.
Result<void> infer(const Session& session, const Arguments& arguments) {
  OORT_TRY(Bytes model,
           read_file(std::filesystem::path(arguments.folder) / "model.bin", model_bytes_max));
  builtin::Samples samples;
  for (const std::string& text : arguments.samples) {
    OORT_TRY(const auto sample, sample_in(text));
    samples.features = static_cast<std::uint32_t>(sample.size());
    samples.values.insert(samples.values.end(), sample.begin(), sample.end());
  }
  if (samples.values.size() != samples.features * arguments.samples.size()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, "samples of different lengths");
  }
  OORT_TRY(const builtin::Head head, head_named(arguments.head));
  builtin::Task task;
  task.workload = {"infer", 1};
  task.parameters = codec::to_bytes(builtin::InferParameters{head});
  task.inputs = {std::move(model), codec::to_bytes(samples)};
  OORT_TRY(const Bytes output, builtin::run_to_end(std::move(task)));
  if (!arguments.out.empty()) {
    OORT_TRY(write_file(arguments.out, output, 0644));
  }
  session.show({{"output", to_hex(output)}}, [&] { std::printf("%s\n", to_hex(output).c_str()); });
  return {};
}

using Command = Result<void> (*)(const Session&, const Arguments&);

CLI::App* add(CLI::App& group, Session& session, Arguments& arguments, const std::string& name,
              const std::string& help, Command command) {
  CLI::App* added = group.add_subcommand(name, help);
  added->callback([&session, &arguments, command] {
    session.action = [&session, &arguments, command] { return command(session, arguments); };
  });
  return added;
}

void add_door_options(CLI::App* command, Arguments& arguments) {
  command->add_option("--door", arguments.door, "host:port of the device's models");
  command->add_option("--node", arguments.node, "The device, on a local network: edge-1");
}

void add_question_options(CLI::App* command, Arguments& arguments) {
  command->add_option("--sample", arguments.samples, "Numbers with commas; may be given again")
      ->required();
  command->add_option("--head", arguments.head, "argmax, softmax or logits")
      ->check(CLI::IsMember({"argmax", "softmax", "logits"}));
  command->add_option("--out", arguments.out, "File for the output's bytes");
}

}  // namespace

Result<ModelId> store_model(const Session& session, const ModelToStore& model,
                            const crypto::KeyPair& keys) {
  OORT_TRY(const Folder folder, read_folder(model.folder));
  OORT_TRY(const auto manifest, folder.manifest());
  OORT_TRY(const std::string statement, datahub::canonical(manifest.statement(model.name)));
  OORT_TRY(const BucketClient bucket, open_bucket(session, model.bucket));
  std::map<std::string, std::string> documents;
  if (!model.statement.empty()) documents.emplace("statement.json", model.statement);
  OORT_TRY(store_artefact(bucket, artefact_prefix("models", manifest.root()), model.folder,
                          statement, documents, keys));
  return ModelId(manifest.root().array());
}

Result<ModelDoor> model_door(const Session& session, const std::string& door,
                             const std::string& node) {
  if (!door.empty()) {
    OORT_TRY(const http::Url url, http::parse_url("http://" + door));
    return ModelDoor{url.origin};
  }
  OORT_TRY(const auto network, devnet::load_network(session.folder));
  for (const devnet::NodeEntry& one : network.nodes) {
    const bool is_meant = node.empty() || one.name == node || one.node_id == node;
    if (is_meant && one.models_port != 0) return ModelDoor{{"127.0.0.1", one.models_port}};
  }
  return fail(ErrorCode::NotFound, reason::not_found,
              "no device of the local network serves models; name one with --door HOST:PORT");
}

Result<void> deploy_through(const Session& session, const ModelDoor& door,
                            const std::string& bucket, const ModelId& model) {
  OORT_TRY(DataHubClient datahub, open_datahub(session));
  OORT_TRY(const auto record, datahub.model(model));
  OORT_TRY(const BucketClient objects, open_bucket(session, bucket));
  const std::string prefix = artefact_prefix("models", Bytes32(model.array()));
  OORT_TRY(const auto manifest, manifest_in(objects, prefix));
  Json files = Json::object();
  for (const datahub::ManifestFile& file : manifest.files()) {
    files[file.name] = objects.link(prefix + "files/" + file.name, link_seconds);
  }
  Json links = {{"manifest", objects.link(prefix + "manifest.json", link_seconds)},
                {"files", files}};
  if (!record.training().empty()) {
    links["statement"] = objects.link(prefix + "statement.json", link_seconds);
  }
  OORT_TRY(const Json served, ask_door(session, door, "PUT", "/v1/models/" + model.hex(), links));
  session.show(served, [&] {
    std::printf("%s stands on the device and answers\n", served.value("name", "").c_str());
  });
  return {};
}

void add_model_device_commands(CLI::App& group, Session& session) {
  static Arguments arguments;
  CLI::App* stored =
      add(group, session, arguments, "store", "Put a model's files into a bucket, signed", store);
  stored->add_option("FOLDER", arguments.folder, "The files")->required();
  stored->add_option("--name", arguments.name, "Of the model")->required();
  stored->add_option("--bucket", arguments.bucket, "Made where it is missing")->required();
  stored->add_option("--statement", arguments.statement, "Of its training");
  stored->add_option("--key", arguments.key_file, "Key file of the owner")->required();

  add_door_options(add(group, session, arguments, "served", "What stands on a device", served),
                   arguments);

  CLI::App* asked =
      add(group, session, arguments, "ask", "Ask a model that stands on a device", ask);
  asked->add_option("MODEL", arguments.id, "Its root, 64 hexadecimal digits")->required();
  add_question_options(asked, arguments);
  add_door_options(asked, arguments);
  asked->footer("Example: oortd model ask 7c… --sample 12,-60 --node edge-1");

  CLI::App* inferred =
      add(group, session, arguments, "infer", "Ask a model in a folder, on this machine", infer);
  inferred->add_option("FOLDER", arguments.folder, "Holds model.bin")->required();
  add_question_options(inferred, arguments);
}

}  // namespace oort::cli
