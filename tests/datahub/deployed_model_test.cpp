// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/deployed_model.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "provenance_story.hpp"

namespace oort::datahub {
namespace {

const NodeId device = named<NodeId>("device");

/// The story's model, made of two files.
struct Packed {
  Packed() {
    model.files = {to_bytes(std::string_view("first")), to_bytes(std::string_view("second"))};
    const Manifest manifest = Manifest::from({{"a", crypto::sha256(model.files[0])},
                                              {"b", crypto::sha256(model.files[1])}})
                                  .value();
    model.statement = canonical(manifest.statement("net")).value();
    story.model.root = ModelId(manifest.root().array());
    story.finish();
    ProvenanceBundle bundle = story.bundle();
    bundle.samples.clear();
    model.provenance = codec::to_bytes(bundle);
  }
  Story story;
  DeployedModel model;
};

/// The part that is broken, empty for a model that holds.
std::string broken_part(const DeployedModel& model, const ModelId& root,
                        const NodeId& node = device) {
  const auto checked = check_deployed(model, root, node, check);
  if (checked) return "";
  const std::string& detail = checked.error().detail();
  return detail.substr(0, detail.find(':'));
}

TEST(DeployedModel, IsTakenWithEveryProofAndNotWithoutOne_D1) {
  const Packed packed;
  const ModelId root = packed.story.model.root;
  const auto checked = check_deployed(packed.model, root, device, check);
  ASSERT_TRUE(checked) << checked.error().to_string();
  EXPECT_EQ(as_text(*file_of(packed.model, checked->manifest, "b")), "second");
  EXPECT_EQ(file_of(packed.model, checked->manifest, "c"), nullptr);

  EXPECT_EQ(broken_part(packed.model, named<ModelId>("other")), "manifest");
  EXPECT_EQ(broken_part(packed.model, root, named<NodeId>("other")), "deployment");
  Packed changed;
  changed.model.files[1][0] ^= std::byte{1};
  EXPECT_EQ(broken_part(changed.model, root), "file b");
  changed = Packed();
  changed.model.files.pop_back();
  EXPECT_EQ(broken_part(changed.model, root), "manifest");
  changed = Packed();
  changed.model.provenance = codec::to_bytes(Story().bundle());
  EXPECT_EQ(broken_part(changed.model, root), "model");
  changed = Packed();
  ProvenanceBundle removed = changed.story.bundle();
  removed.samples.clear();
  const ledger::Deployment ended{root, device, {}, Height(8), 5, 6};
  removed.deployments = {proof(ledger::keys::deployment(root, device), ended)};
  changed.model.provenance = codec::to_bytes(removed);
  EXPECT_EQ(broken_part(changed.model, root), "deployment");
}

TEST(DeployedModel, EveryFlippedByteIsFound_D1) {
  const Packed packed;
  Bytes bytes = codec::to_bytes(packed.model);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    bytes[i] ^= std::byte{0x41};
    const auto read = codec::from_bytes<DeployedModel>(bytes);
    // People's words for it are the one thing that no root covers.
    if (read && read->statement != packed.model.statement &&
        broken_part(*read, packed.story.model.root).empty()) {
      EXPECT_EQ(parse_manifest_statement(read->statement)->root(),
                parse_manifest_statement(packed.model.statement)->root());
    } else {
      EXPECT_TRUE(!read || !broken_part(*read, packed.story.model.root).empty()) << "at " << i;
    }
    bytes[i] ^= std::byte{0x41};
  }
}

TEST(DeployedModel, HasOneEncoding_D2) {
  const DeployedModel model{
      "s", to_bytes(std::string_view("pp")), {to_bytes(std::string_view("f"))}};
  const Bytes bytes = codec::to_bytes(model);
  EXPECT_EQ(to_hex(bytes),
            "4f4f52544d444c31"
            "0100000073"
            "020000007070"
            "01000000"
            "0100000066");
  EXPECT_EQ(codec::from_bytes<DeployedModel>(bytes).value(), model);
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(codec::from_bytes<DeployedModel>(longer));
  EXPECT_FALSE(codec::from_bytes<DeployedModel>(ByteView(bytes).first(bytes.size() - 1)));
}

}  // namespace
}  // namespace oort::datahub
