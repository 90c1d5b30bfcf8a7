// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/dedup.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <set>
#include <string>

#include "builtin/ways.hpp"
#include "oort/compute/builtin/draws.hpp"

namespace oort::compute::builtin {
namespace {

/// Words of a made-up language; each `change` replaces a word.
std::string story(std::uint64_t seed, std::size_t words, std::size_t changes = 0) {
  std::string text;
  for (std::uint64_t i = 0; i < words; ++i) {
    const bool is_changed = i % (words / (changes + 1) + 1) == 7 && changes > 0;
    text += "w" + std::to_string(drawn(seed, is_changed ? 9 : 1, i) % 100'000) + " ";
  }
  return text;
}

/// Soft blobs, so that a small change of size or light changes little.
Picture scene(std::uint64_t seed, std::uint32_t side, std::int32_t light) {
  Picture small{6, 6, 1, {}};
  for (std::uint64_t i = 0; i < 36; ++i) {
    small.samples.push_back(static_cast<std::uint8_t>(20 + below(drawn(seed, 2, i), 200)));
  }
  Picture out = resized(small, side, side, Filter::Bilinear, scalar_kernels());
  for (std::uint8_t& sample : out.samples) sample = static_cast<std::uint8_t>(sample + light);
  return out;
}

std::vector<std::uint32_t> clusters_of(const DedupParameters& parameters,
                                       std::vector<Bytes> inputs) {
  const Bytes bytes =
      test::every_way({{"dedup", 1}, codec::to_bytes(parameters), std::move(inputs)});
  const auto output = codec::from_bytes<DedupOutput>(bytes);
  EXPECT_TRUE(output);
  return output ? output->clusters : std::vector<std::uint32_t>{};
}

TEST(Sketch, EstimatesHowAlikeTwoTextsAre_D3) {
  const auto shingles = [](const std::string& text) {
    std::set<std::string> all;
    for (std::size_t i = 0; i + 9 <= text.size(); ++i) all.insert(text.substr(i, 9));
    return all;
  };
  for (const std::size_t changes : {1U, 5U, 20U, 60U}) {
    const std::string a = story(1, 400);
    const std::string b = story(1, 400, changes);
    const auto left = shingles(a);
    const auto right = shingles(b);
    std::vector<std::string> both;
    std::set_intersection(left.begin(), left.end(), right.begin(), right.end(),
                          std::back_inserter(both));
    const double exact = static_cast<double>(both.size()) /
                         static_cast<double>(left.size() + right.size() - both.size());
    const auto one = text_sketch(as_bytes(a), 9, 512, scalar_kernels());
    const auto two = text_sketch(as_bytes(b), 9, 512, scalar_kernels());
    double equal = 0;
    for (std::size_t i = 0; i < 512; ++i) equal += one[i] == two[i] ? 1 : 0;
    EXPECT_NEAR(equal / 512, exact, 0.08) << changes;
  }
}

TEST(DedupTexts, FindsNearCopiesAndLeavesOthersAlone_D1_D2_D3_W1_W3) {
  std::string shouted = story(2, 300);
  std::transform(shouted.begin(), shouted.end(), shouted.begin(),
                 [](char c) { return c == 'w' ? 'W' : c; });
  const std::vector<Bytes> inputs{to_bytes(story(1, 300)),    to_bytes(story(2, 300)),
                                  to_bytes(story(1, 300, 5)), to_bytes(story(3, 300)),
                                  to_bytes(shouted),          to_bytes(""),
                                  to_bytes(story(1, 300)),    to_bytes("")};
  EXPECT_EQ(clusters_of({}, inputs), (std::vector<std::uint32_t>{0, 1, 0, 3, 1, 5, 0, 5}));
  const auto digest = run_to_end({{"dedup", 1}, codec::to_bytes(DedupParameters{}), inputs});
  EXPECT_EQ(test::digest_hex(*digest),
            "1769b2634a89d072916e233edca7039a5de230ea736c0af8aa8097ec2b331389");
}

TEST(DedupTexts, EqualTextsShareAClusterInAnyOrder_D1_D2) {
  std::vector<Bytes> inputs;
  for (std::uint64_t i = 0; i < 60; ++i) inputs.push_back(to_bytes(story(drawn(4, 4, i) % 9, 80)));
  const auto clusters = clusters_of({}, inputs);
  for (std::uint32_t i = 0; i < 60; ++i) {
    const auto first = std::find(inputs.begin(), inputs.end(), inputs[i]) - inputs.begin();
    EXPECT_EQ(clusters[i], static_cast<std::uint32_t>(first));
  }
}

TEST(DedupPictures, FindsScaledAndLightenedCopies_D1_D2_D3_W1_W3) {
  DedupParameters parameters;
  parameters.kind = DedupKind::Pictures;
  const std::vector<Bytes> inputs{encode_pnm(scene(1, 96, 0)),  encode_pnm(scene(2, 96, 0)),
                                  encode_pnm(scene(1, 61, 0)),  to_bytes("no picture"),
                                  encode_pnm(scene(2, 96, 20)), encode_pnm(scene(3, 40, 0)),
                                  to_bytes("no picture")};
  EXPECT_EQ(clusters_of(parameters, inputs), (std::vector<std::uint32_t>{0, 1, 0, 3, 1, 5, 6}));
}

TEST(DedupPictures, AllWithinTheDistanceShareACluster_D3) {
  std::vector<Bytes> inputs;
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t i = 0; i < 40; ++i) {
    const Picture picture = scene(drawn(6, 6, i) % 12, 20 + static_cast<std::uint32_t>(i), 0);
    hashes.push_back(difference_hash(picture, scalar_kernels()));
    inputs.push_back(encode_pnm(picture));
  }
  DedupParameters parameters;
  parameters.kind = DedupKind::Pictures;
  const auto clusters = clusters_of(parameters, inputs);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (std::popcount(hashes[i] ^ hashes[j]) <= parameters.distance_max) {
        EXPECT_EQ(clusters[i], clusters[j]);
      }
    }
  }
}

TEST(DedupParameters, RefuseWhatIsOutOfRange) {
  DedupParameters parameters;
  parameters.rows = 17;
  EXPECT_EQ(test::refusal({{"dedup", 1}, codec::to_bytes(parameters), {}}), "BAD_ARGUMENT");
  EXPECT_EQ(
      test::refusal(
          {{"dedup", 1}, codec::to_bytes(DedupParameters{}), {Bytes(document_bytes_max + 1)}}),
      "TOO_LARGE");
}

}  // namespace
}  // namespace oort::compute::builtin
