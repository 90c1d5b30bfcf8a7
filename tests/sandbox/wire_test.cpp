// SPDX-License-Identifier: Apache-2.0
#include "wire.hpp"

#include <gtest/gtest.h>

#include "oort/core/reasons.hpp"

namespace oort::sandbox {
namespace {

LaunchReply some_reply() {
  LaunchReply reply;
  reply.failure = "why";
  reply.pieces = {{"overlay", true, true, "works"}, {"crun", false, false, "none"}};
  reply.outcome.end = env::SandboxEnd::Signalled;
  reply.outcome.signal = 9;
  reply.outcome.standard_output = std::string("a\0b", 3);
  reply.outcome.outputs_refused = {"x: y"};
  reply.outcome.usage.cpu = 5ms;
  return reply;
}

TEST(Wire, RepliesComeBackAsTheyWere) {
  const LaunchReply reply = some_reply();
  const auto back = decode_reply(encode_reply(reply));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, reply);
}

TEST(Wire, RequestsComeBackAsTheyWere) {
  LaunchRequest request;
  request.crun = "/usr/bin/crun";
  request.task.tier = env::SandboxTier::Runtime;
  request.task.layers = {"/a", "/b"};
  request.task.mounts = {{"/c", "/d"}};
  request.task.command = {"e", ""};
  request.task.environment = {"F=g"};
  request.task.outputs_folder = "/h";
  request.task.limits.walltime = 7s;
  request.task.limits.files_count = 17;
  const Bytes bytes = encode_request(request);
  const auto back = decode_request(bytes);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(encode_request(*back), bytes);
  EXPECT_EQ(back->task.limits, request.task.limits);
  EXPECT_EQ(back->task.mounts, request.task.mounts);
}

TEST(Wire, RefusesAnotherVersionAndEveryCut) {
  Bytes bytes = encode_reply(some_reply());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_reply(ByteView(bytes).first(size))) << size;
  }
  bytes[0] = std::byte{2};
  const auto other = decode_reply(bytes);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().reason(), reason::unsupported_version);
}

}  // namespace
}  // namespace oort::sandbox
