// SPDX-License-Identifier: Apache-2.0
#include "compute_objects.hpp"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <utility>

#include "fake_store.hpp"
#include "oort/core/reasons.hpp"
#include "oort/host/clock.hpp"

namespace oort::node {
namespace {

/// A store with one bucket, and what its owner's job wants of it.
struct Bench {
  Bench() {
    std::promise<void> is_made;
    object::Caller owner;
    owner.account = account;
    store.create_bucket(owner, "data", [&](const auto&) { is_made.set_value(); });
    is_made.get_future().wait();
  }
  Result<Bytes> read(const std::string& uri, std::uint64_t offset, std::uint64_t size) {
    std::promise<Result<Bytes>> answer;
    objects.read({account, uri, {}}, offset, size,
                 [&](Result<Bytes> bytes) { answer.set_value(std::move(bytes)); });
    return answer.get_future().get();
  }
  Result<void> write(const std::string& uri, Bytes bytes) {
    std::promise<Result<void>> answer;
    objects.write({account, uri, {}}, std::move(bytes),
                  [&](Result<void> stored) { answer.set_value(std::move(stored)); });
    return answer.get_future().get();
  }

  AccountId account;
  host::SystemClock clock;
  s3::test::FakeStore store{clock};
  GatewayObjects objects{store};
};

TEST(GatewayObjects, WritesAndReadsAnyPart) {
  Bench bench;
  Bytes bytes(3'000'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i % 251);
  ASSERT_TRUE(bench.write("s3://data/a/b", bytes));
  EXPECT_EQ(bench.read("s3://data/a/b", 0, bytes.size()).value(), bytes);
  EXPECT_EQ(bench.read("s3://data/a/b", 1'500'000, 1'200'000).value(),
            to_bytes(ByteView(bytes).subspan(1'500'000, 1'200'000)));
  ASSERT_TRUE(bench.write("s3://data/a/b", {}));
  EXPECT_EQ(bench.read("s3://data/a/b", 0, 0).value(), Bytes());
}

TEST(GatewayObjects, SaysWhatIsNotThere) {
  Bench bench;
  ASSERT_TRUE(bench.write("s3://data/short", to_bytes("12345")));
  EXPECT_EQ(bench.read("s3://data/short", 2, 4).error().reason(), reason::invalid_range);
  EXPECT_EQ(bench.read("s3://data/none", 0, 1).error().code(), ErrorCode::NotFound);
  EXPECT_EQ(bench.write("s3://none/x", {}).error().code(), ErrorCode::NotFound);
  for (const std::string uri : {"s3://data", "s3://data/", "data/x", "https://data/x"}) {
    EXPECT_EQ(bench.read(uri, 0, 1).error().reason(), reason::bad_argument) << uri;
  }
}

}  // namespace
}  // namespace oort::node
