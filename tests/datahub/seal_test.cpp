// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "draws.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/datahub/dataset_card.hpp"
#include "oort/datahub/manifest.hpp"
#include "oort/datahub/sample_tree.hpp"
#include "sample_card.hpp"

namespace oort::datahub {
namespace {

Bytes32 digest(std::string_view text) { return crypto::sha256(as_bytes(text)); }
Manifest manifest(std::vector<ManifestFile> files) { return *Manifest::from(std::move(files)); }

TEST(Manifest, OrdersFilesByCodePoints_F1) {
  const Manifest made = manifest({{"\xef\xbc\xa1", digest("c")},
                                  {"\xf0\x9f\x98\x80", digest("d")},
                                  {"b/a", digest("b")},
                                  {"b", digest("a")},
                                  {"A", digest("e")}});
  std::vector<std::string> names;
  for (const auto& file : made.files()) names.push_back(file.name);
  EXPECT_EQ(names, (std::vector<std::string>{"A", "b", "b/a", "\xef\xbc\xa1", "\xf0\x9f\x98\x80"}));
}

TEST(Manifest, RefusesPathsThatLeaveOrRepeat_F1) {
  for (const std::string_view path :
       {"", "/a", "a/", "a//b", "./a", "a/./b", "../a", "a/..", "..", "\xff"}) {
    EXPECT_FALSE(is_canonical_path(path)) << path;
  }
  EXPECT_FALSE(is_canonical_path(std::string_view("a\0b", 3)));
  for (const std::string_view path : {"a", "a/b", "...", "a/.b", "\xc3\xa9/x y"}) {
    EXPECT_TRUE(is_canonical_path(path)) << path;
  }
  EXPECT_EQ(Manifest::from({}).error().reason(), reason::bad_argument);
  EXPECT_EQ(Manifest::from({{"a", {}}, {"a", {}}}).error().reason(), reason::bad_argument);
  EXPECT_EQ(Manifest::from({{"/a", {}}}).error().reason(), reason::bad_argument);
}

// The file and the root are of a statement that the reference tool of OMS signed.
TEST(Manifest, HasTheRootThatTheReferenceToolComputes_F2) {
  const auto file =
      Bytes32::from_hex("cee61e5ac691f65df62a1a013b96ad59bae8741fbd111397b34f3414d27080ad");
  EXPECT_EQ(manifest({{"model.safetensors", *file}}).root().hex(),
            "7a0f68bf43c3fd75d89685b931c31beab3258bdf07eeff82e65a379418cecc12");
  Bytes both = to_bytes(digest("x").view());
  const Bytes32 second = digest("y");
  both.insert(both.end(), second.array().begin(), second.array().end());
  EXPECT_EQ(manifest({{"b", second}, {"a", digest("x")}}).root(), crypto::sha256(both));
}

TEST(Manifest, WritesAStatementThatReadsBack_F3) {
  const Manifest made = manifest({{"a.txt", digest("1")}, {"b/c.txt", digest("2")}});
  const std::string text = *canonical(made.statement("set"));
  EXPECT_EQ(text,
            "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"resources\":["
            "{\"algorithm\":\"sha256\",\"digest\":"
            "\"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b\","
            "\"name\":\"a.txt\"},{\"algorithm\":\"sha256\",\"digest\":"
            "\"d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35\","
            "\"name\":\"b/c.txt\"}],\"serialization\":{\"allow_symlinks\":false,\"hash_type\":"
            "\"sha256\",\"ignore_paths\":[\".git\",\".gitattributes\",\".github\",\".gitignore\"],"
            "\"method\":\"files\"}},\"predicateType\":\"https://model_signing/signature/v1.0\","
            "\"subject\":[{\"digest\":{\"sha256\":"
            "\"" +
                made.root().hex() + "\"},\"name\":\"set\"}]}");
  EXPECT_EQ(*parse_manifest_statement(text), made);
}

TEST(Manifest, RefusesStatementsThatContradictThemselves_F3) {
  const Manifest made = manifest({{"a", digest("1")}, {"b", digest("2")}});
  const std::string text = *canonical(made.statement("set"));
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = text;
    const std::size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    changed.replace(at, from.size(), to);
    const auto parsed = parse_manifest_statement(changed);
    return parsed ? std::string("fine") : std::string(parsed.error().reason());
  };
  EXPECT_EQ(with(digest("1").hex(), digest("3").hex()), reason::bad_proof);
  EXPECT_EQ(with(made.root().hex(), digest("3").hex()), reason::bad_proof);
  EXPECT_EQ(with("\"a\"", "\"c\""), reason::malformed);  // Out of order.
  EXPECT_EQ(with("\"b\"", "\"a\""), reason::malformed);
  EXPECT_EQ(with("\"a\"", "\"../a\""), reason::malformed);
  EXPECT_EQ(with("\"files\"", "\"file-shard-1\""), reason::not_supported);
  EXPECT_EQ(with("\"hash_type\":\"sha256\"", "\"hash_type\":\"blake3\""), reason::not_supported);
  EXPECT_EQ(with("Statement/v1", "Statement/v2"), reason::malformed);
  EXPECT_EQ(with("6b86b", "6B86B"), reason::malformed);
  EXPECT_EQ(with("\"predicate\":", "\"other\":"), reason::not_supported);
  EXPECT_EQ(with("\"subject\":", "\"other\":"), reason::malformed);
  EXPECT_EQ(with("{", "["), reason::malformed);
}

TEST(Manifest, NamesWhatIsDifferent) {
  const Manifest sealed = manifest({{"a", digest("1")}, {"b", digest("2")}, {"c", digest("3")}});
  const Manifest found = manifest({{"b", digest("x")}, {"c", digest("3")}, {"d", digest("4")}});
  EXPECT_EQ(sealed.compare(found),
            (std::vector<FileDifference>{
                {"a", Difference::Missing}, {"b", Difference::Changed}, {"d", Difference::Extra}}));
  EXPECT_TRUE(sealed.compare(sealed).empty());
}

// The example of the DSSE specification.
TEST(Manifest, DsseBytesAreThoseOfItsSpecification) {
  EXPECT_EQ(as_text(dsse_bytes("http://example.com/HelloWorld", as_bytes("hello world"))),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

std::vector<Bytes32> leaves(std::size_t count) {
  std::vector<Bytes32> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back(sample_leaf(as_bytes(std::to_string(i))));
  return made;
}

// The vectors of the Certificate Transparency project for RFC 6962.
TEST(SampleTree, ReproducesTheVectorsOfCertificateTransparency_M1) {
  std::vector<Bytes32> tree;
  for (const std::string_view hex : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                     "606162636465666768696a6b6c6d6e6f"}) {
    tree.push_back(sample_leaf(*from_hex(hex)));
  }
  const auto root = [&](std::size_t count) {
    const auto end = tree.begin() + static_cast<std::ptrdiff_t>(count);
    return sample_root(std::vector<Bytes32>(tree.begin(), end)).hex();
  };
  EXPECT_EQ(root(0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(root(1), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(root(2), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  EXPECT_EQ(root(3), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
  EXPECT_EQ(root(8), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

TEST(SampleTree, EveryLeafOfEverySizeIsProven_M2) {
  for (std::size_t count = 1; count <= 40; ++count) {
    const auto tree = leaves(count);
    const Bytes32 root = sample_root(tree);
    for (std::uint64_t i = 0; i < count; ++i) {
      const SampleProof proof = prove_sample(tree, i);
      EXPECT_TRUE(verify_sample(root, proof, tree[i]));
      EXPECT_EQ(*codec::from_bytes<SampleProof>(codec::to_bytes(proof)), proof);
    }
  }
}

TEST(SampleTree, NothingElseIsProven_M2) {
  const auto tree = leaves(13);
  const Bytes32 root = sample_root(tree);
  for (std::uint64_t i = 0; i < 13; ++i) {
    const SampleProof proof = prove_sample(tree, i);
    EXPECT_FALSE(verify_sample(root, proof, tree[(i + 1) % 13]));
    EXPECT_FALSE(verify_sample(digest("other"), proof, tree[i]));
    for (std::uint64_t other = 0; other < 13; ++other) {
      SampleProof moved = proof;
      moved.index = other;
      EXPECT_EQ(verify_sample(root, moved, tree[i]), other == i);
    }
    SampleProof longer = proof;
    longer.path.push_back(digest("more"));
    EXPECT_FALSE(verify_sample(root, longer, tree[i]));
    SampleProof shorter = proof;
    shorter.path.pop_back();
    EXPECT_FALSE(verify_sample(root, shorter, tree[i]));
  }
  EXPECT_FALSE(verify_sample(root, {}, root));
  EXPECT_FALSE(verify_sample(root, {0, 0, {}}, root));
  codec::Writer out;
  encode(out, SampleProof{0, 1, std::vector<Bytes32>(65)});
  EXPECT_FALSE(codec::from_bytes<SampleProof>(out.bytes()));
}

TEST(DatasetCard, SplitsByHashAlone_C3) {
  SplitRule rule;
  rule.validation_ppm = 100'000;
  rule.test_ppm = 200'000;
  std::array<int, 3> counts{};
  for (int i = 0; i < 10'000; ++i) {
    const Split split = split_of(digest(std::to_string(i)), rule);
    ++counts[static_cast<std::size_t>(split)];
    EXPECT_EQ(split, split_of(digest(std::to_string(i)), rule));
  }
  EXPECT_NEAR(counts[0], 7000, 200);
  EXPECT_NEAR(counts[1], 1000, 120);
  EXPECT_NEAR(counts[2], 2000, 160);
  EXPECT_EQ(split_of(digest("0"), rule), Split::Train);
  EXPECT_EQ(to_string(Split::Validation), "validation");
}

TEST(DatasetCard, MakesAManifestWithAFixedHash_C2) {
  const Json json = *croissant_of(sample_card());
  EXPECT_EQ(digest(*canonical(json)).hex(),
            "5bb5554e80cec39e526ffdd44de7e37618906f4fa5f542ad5125e237a356e49f");
  EXPECT_EQ(*json.find("@id")->if_string(), urn_of(sample_card().root));
  EXPECT_EQ(*canonical(*json.find("conformsTo")),
            "[\"http://mlcommons.org/croissant/1.1\",\"http://mlcommons.org/croissant/RAI/1.0\"]");
}

TEST(DatasetCard, RefusesWhatDoesNotSayEnough_C1) {
  const auto why = [](const auto& change) {
    DatasetCard card = sample_card();
    change(card);
    const auto made = croissant_of(card);
    return made ? std::string("fine") : made.error().detail();
  };
  EXPECT_EQ(why([](DatasetCard&) {}), "fine");
  EXPECT_EQ(why([](DatasetCard& card) { card.license.clear(); }), "the card does not say license");
  EXPECT_EQ(why([](DatasetCard& card) { card.answers.biases.clear(); }),
            "the card does not say rai:dataBiases");
  EXPECT_EQ(why([](DatasetCard& card) { card.answers.social_impact.clear(); }), "fine");
  EXPECT_NE(why([](DatasetCard& card) { card.files.clear(); }), "fine");
  EXPECT_NE(why([](DatasetCard& card) { card.files.push_back(card.files[0]); }), "fine");
  EXPECT_NE(why([](DatasetCard& card) { card.records_file = "none"; }), "fine");
  EXPECT_NE(why([](DatasetCard& card) { card.fields.push_back(card.fields[0]); }), "fine");
}

}  // namespace
}  // namespace oort::datahub
