// SPDX-License-Identifier: Apache-2.0
// The API as clients were built against it. `api.golden` names all that stands in the protos, a
// line each. What it names must stay for ever: bytes and generated code of older clients rely on
// it.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace oort::api {
namespace {

namespace pb = google::protobuf;
using Lines = std::set<std::string>;

std::string type_of(const pb::FieldDescriptor& field) {
  std::string type = field.is_repeated() ? "repeated " : "";
  if (field.message_type() != nullptr) return type + field.message_type()->full_name();
  if (field.enum_type() != nullptr) return type + field.enum_type()->full_name();
  return type + field.type_name();
}

void describe(const pb::EnumDescriptor& type, Lines& lines) {
  for (int i = 0; i < type.value_count(); ++i) {
    const pb::EnumValueDescriptor& value = *type.value(i);
    lines.insert(type.full_name() + "." + value.name() + " = " + std::to_string(value.number()));
  }
}

void describe(const pb::Descriptor& message, Lines& lines) {
  lines.insert(message.full_name());
  for (int i = 0; i < message.field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    std::string line = message.full_name() + "." + field.name() + " = " +
                       std::to_string(field.number()) + " " + type_of(field);
    if (field.has_optional_keyword()) line += " optional";
    if (field.real_containing_oneof() != nullptr) {
      line += " of " + field.real_containing_oneof()->name();
    }
    lines.insert(std::move(line));
  }
  for (int i = 0; i < message.enum_type_count(); ++i) describe(*message.enum_type(i), lines);
  for (int i = 0; i < message.nested_type_count(); ++i) describe(*message.nested_type(i), lines);
}

void describe(const pb::ServiceDescriptor& service, Lines& lines) {
  const auto stream = [](bool is_stream) { return is_stream ? "stream " : ""; };
  for (int i = 0; i < service.method_count(); ++i) {
    const pb::MethodDescriptor& method = *service.method(i);
    lines.insert(method.full_name() + "(" + stream(method.client_streaming()) +
                 method.input_type()->full_name() + ") returns (" +
                 stream(method.server_streaming()) + method.output_type()->full_name() + ")");
  }
}

/// Of every proto of the tree, as it was compiled into this program.
Lines api_of(const std::filesystem::path& protos) {
  Lines lines;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(protos / "oort")) {
    if (entry.path().extension() != ".proto") continue;
    const std::string name = std::filesystem::relative(entry.path(), protos).generic_string();
    const pb::FileDescriptor* file = pb::DescriptorPool::generated_pool()->FindFileByName(name);
    if (file == nullptr) {
      ADD_FAILURE() << name << " is not part of this program";
      continue;
    }
    for (int i = 0; i < file->message_type_count(); ++i) describe(*file->message_type(i), lines);
    for (int i = 0; i < file->enum_type_count(); ++i) describe(*file->enum_type(i), lines);
    for (int i = 0; i < file->service_count(); ++i) describe(*file->service(i), lines);
  }
  return lines;
}

Lines golden_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  Lines lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.insert(line);
  }
  return lines;
}

/// The lines of `all` that `known` lacks, a line each.
std::string missing_from(const Lines& known, const Lines& all) {
  std::string text;
  for (const std::string& line : all) {
    if (!known.contains(line)) text += line + "\n";
  }
  return text;
}

const std::filesystem::path source = OORT_SOURCE_DIR;

TEST(ApiCompatibility, WhatClientsRelyOnStays) {
  const Lines api = api_of(source / "proto");
  const Lines golden = golden_of(source / "tests/api/api.golden");
  ASSERT_FALSE(golden.empty());
  EXPECT_EQ(missing_from(api, golden), "") << "older clients rely on these; put them back";
}

TEST(ApiCompatibility, WhatIsAddedIsRecorded) {
  const Lines api = api_of(source / "proto");
  const Lines golden = golden_of(source / "tests/api/api.golden");
  EXPECT_EQ(missing_from(golden, api), "")
      << "add these to tests/api/api.golden: from then on they stay for ever";
}

}  // namespace
}  // namespace oort::api
