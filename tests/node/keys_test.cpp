// SPDX-License-Identifier: Apache-2.0
#include "oort/node/keys.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "bytes.hpp"
#include "oort/core/reasons.hpp"
#include "oort/host/files.hpp"
#include "temp_folder.hpp"

namespace oort::node {
namespace {

TEST(NodeKey, ComesBackAndIsNeverOverwritten) {
  oort::test::TempFolder folder;
  oort::test::SeededRandom random(1);
  const auto path = folder.path() / "node.key";
  const auto made = create_node_key(path, random).value();
  EXPECT_TRUE(std::ranges::equal(load_node_key(path)->view(), made.view()));
  EXPECT_EQ(create_node_key(path, random).error().reason(), reason::already_exists);
  EXPECT_TRUE(std::ranges::equal(load_node_key(path)->view(), made.view()));
}

TEST(AccountKey, IsReadAndIsNoNodesKey) {
  oort::test::TempFolder folder;
  const auto path = folder.path() / "purse.key";
  const std::string digits(64, 'a');
  ASSERT_TRUE(host::create_file(path, as_bytes("oort-account-key-v1 " + digits + "\n"),
                                host::FileMode::Secret));
  EXPECT_EQ(to_hex(load_account_key(path)->view()), digits);
  EXPECT_EQ(load_node_key(path).error().reason(), reason::bad_key);
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(load_account_key(path).error().reason(), reason::not_allowed);
}

TEST(NodeKey, IsForItsOwnerAlone) {
  oort::test::TempFolder folder;
  oort::test::SeededRandom random(1);
  const auto path = folder.path() / "node.key";
  ASSERT_TRUE(create_node_key(path, random));
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(load_node_key(path).error().reason(), reason::not_allowed);
}

TEST(NodeKey, RefusesWhatIsNoKeyAndDoesNotRepeatIt) {
  oort::test::TempFolder folder;
  const std::string digits(64, 'a');
  int number = 0;
  for (const std::string& text : {std::string(), digits, "oort-node-key-v1 " + digits.substr(1),
                                  "oort-node-key-v1 " + digits + "a", "oort-node-key-v2 " + digits,
                                  "oort-node-key-v1 " + digits + "\n\n"}) {
    const auto path = folder.path() / ("key" + std::to_string(++number));
    ASSERT_TRUE(host::create_file(path, as_bytes(text), host::FileMode::Secret));
    const auto refused = load_node_key(path);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().reason(), reason::bad_key);
    EXPECT_EQ(refused.error().detail().find("aaaa"), std::string::npos);
  }
  EXPECT_EQ(load_node_key(folder.path() / "none").error().reason(), reason::not_found);
}

}  // namespace
}  // namespace oort::node
