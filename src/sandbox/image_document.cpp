// SPDX-License-Identifier: Apache-2.0
#include "image_document.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "oort/core/reasons.hpp"

namespace oort::sandbox {
namespace {

using Json = nlohmann::json;

constexpr std::size_t elements_count_max = 4096;
constexpr std::size_t depth_max = 32;

tl::unexpected<Error> malformed(const std::string& what) {
  return fail(ErrorCode::InvalidArgument, reason::malformed, "image: " + what);
}

Result<Json> parse(ByteView bytes) {
  if (bytes.size() > document_bytes_max) return malformed("a document of more than 4 MiB");
  std::size_t depth = 0;
  const auto shallow = [&depth](int level, Json::parse_event_t, Json&) {
    depth = std::max(depth, static_cast<std::size_t>(level));
    return level <= static_cast<int>(depth_max);
  };
  Json document = Json::parse(as_text(bytes), shallow, false);
  if (!document.is_object() || depth > depth_max) return malformed("no JSON object");
  return document;
}

/// The member, or an empty object of the kind `Json()` where it is missing.
const Json& member(const Json& object, const char* name) {
  static const Json nothing;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() ? nothing : *found;
}

Result<std::string> text_of(const Json& object, const char* name) {
  const Json& value = member(object, name);
  if (value.is_null()) return std::string();
  if (!value.is_string()) return malformed(std::string(name) + " is no text");
  return value.get<std::string>();
}

Result<std::vector<std::string>> texts_of(const Json& object, const char* name) {
  const Json& values = member(object, name);
  std::vector<std::string> texts;
  if (values.is_null()) return texts;
  if (!values.is_array() || values.size() > elements_count_max) {
    return malformed(std::string(name) + " is no list");
  }
  for (const Json& value : values) {
    if (!value.is_string()) return malformed(std::string(name) + " holds what is no text");
    texts.push_back(value.get<std::string>());
  }
  return texts;
}

Result<Descriptor> descriptor_of(const Json& object) {
  if (!object.is_object()) return malformed("a descriptor is no object");
  Descriptor descriptor;
  OORT_TRY(descriptor.media_type, text_of(object, "mediaType"));
  OORT_TRY(const std::string digest, text_of(object, "digest"));
  OORT_TRY(descriptor.sha256, parse_digest(digest));
  const Json& size = member(object, "size");
  if (!size.is_number_unsigned()) return malformed("a descriptor has no size");
  descriptor.size = size.get<std::uint64_t>();
  const Json& platform = member(object, "platform");
  if (platform.is_object()) {
    OORT_TRY(const std::string system, text_of(platform, "os"));
    OORT_TRY(const std::string machine, text_of(platform, "architecture"));
    descriptor.platform = system + "/" + machine;
  }
  return descriptor;
}

Result<std::vector<Descriptor>> descriptors_of(const Json& object, const char* name) {
  const Json& values = member(object, name);
  if (!values.is_array() || values.size() > elements_count_max) {
    return malformed(std::string(name) + " is no list");
  }
  std::vector<Descriptor> descriptors;
  for (const Json& value : values) {
    OORT_TRY(Descriptor descriptor, descriptor_of(value));
    descriptors.push_back(std::move(descriptor));
  }
  return descriptors;
}

Result<void> check_media_type(const std::string& type,
                              std::initializer_list<std::string_view> known) {
  if (std::find(known.begin(), known.end(), type) != known.end()) return {};
  return fail(ErrorCode::InvalidArgument, reason::image_media_type,
              "image: '" + type.substr(0, 200) + "' is no type that is unpacked");
}

/// Where a document names its own type, it is the one that it was taken for.
Result<void> check_document(const Json& document, const char* type) {
  const Json& version = member(document, "schemaVersion");
  if (version != 2) return malformed("schemaVersion is not 2");
  OORT_TRY(const std::string named, text_of(document, "mediaType"));
  return named.empty() ? Result<void>() : check_media_type(named, {type});
}

}  // namespace

Result<std::string> parse_digest(const std::string& text) {
  constexpr std::string_view algorithm = "sha256:";
  std::string digits = text.starts_with(algorithm) ? text.substr(algorithm.size()) : "";
  const bool is_hex = std::all_of(digits.begin(), digits.end(), [](char digit) {
    return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
  });
  if (digits.size() == 64 && is_hex) return digits;
  return fail(ErrorCode::InvalidArgument, reason::image_media_type,
              "image: '" + text.substr(0, 100) + "' is no sha256 digest");
}

Result<std::vector<Descriptor>> parse_index(ByteView bytes) {
  OORT_TRY(const Json document, parse(bytes));
  OORT_TRY(check_document(document, media::index));
  OORT_TRY(std::vector<Descriptor> manifests, descriptors_of(document, "manifests"));
  for (const Descriptor& manifest : manifests) {
    OORT_TRY(check_media_type(manifest.media_type, {media::manifest, media::index}));
  }
  return manifests;
}

Result<Manifest> parse_manifest(ByteView bytes) {
  OORT_TRY(const Json document, parse(bytes));
  OORT_TRY(check_document(document, media::manifest));
  Manifest manifest;
  OORT_TRY(manifest.config, descriptor_of(member(document, "config")));
  OORT_TRY(check_media_type(manifest.config.media_type, {media::config}));
  OORT_TRY(manifest.layers, descriptors_of(document, "layers"));
  for (const Descriptor& layer : manifest.layers) {
    OORT_TRY(
        check_media_type(layer.media_type, {media::layer, media::layer_gzip, media::layer_zstd}));
  }
  return manifest;
}

Result<ImageConfig> parse_image_config(ByteView bytes) {
  OORT_TRY(const Json document, parse(bytes));
  ImageConfig config;
  const Json& process = member(document, "config");
  OORT_TRY(config.command, texts_of(process, "Entrypoint"));
  OORT_TRY(const std::vector<std::string> arguments, texts_of(process, "Cmd"));
  config.command.insert(config.command.end(), arguments.begin(), arguments.end());
  OORT_TRY(config.environment, texts_of(process, "Env"));
  OORT_TRY(config.working_folder, text_of(process, "WorkingDir"));
  if (config.working_folder.empty()) config.working_folder = "/";
  OORT_TRY(const std::vector<std::string> digests,
           texts_of(member(document, "rootfs"), "diff_ids"));
  for (const std::string& digest : digests) {
    OORT_TRY(std::string sha256, parse_digest(digest));
    config.layers.push_back(std::move(sha256));
  }
  return config;
}

}  // namespace oort::sandbox
