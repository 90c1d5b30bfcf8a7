// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/near_duplicate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "draws.hpp"
#include "oort/core/reasons.hpp"

namespace oort::datahub {
namespace {

std::string prose(std::uint64_t seed, std::size_t words) {
  Draws draws(seed);
  std::string text;
  for (std::size_t i = 0; i < words; ++i) text += "word" + std::to_string(draws.below(5000)) + " ";
  return text;
}

TEST(TextSketch, SeesWordsAndNotTheirDress_N1) {
  EXPECT_EQ(shingles_of("The quick, brown fox!\njumps"), shingles_of("the QUICK brown fox jumps"));
  EXPECT_EQ(shingles_of("one two"), shingles_of("One  two."));
  EXPECT_NE(shingles_of("one two"), shingles_of("two one"));
  EXPECT_TRUE(shingles_of(" ,. ").empty());
  EXPECT_EQ(shingles_of("a b c d e f").size(), 2U);
  EXPECT_EQ(shingles_of("a a a a a a a").size(), 1U);
  auto shingles = shingles_of(prose(1, 200));
  const TextSketch sketch = sketch_of(shingles);
  std::reverse(shingles.begin(), shingles.end());
  EXPECT_EQ(sketch_of(shingles), sketch);
}

// Stored sketches depend on it.
TEST(TextSketch, IsFrozen) {
  const auto shingles = shingles_of("the quick brown fox jumps over the lazy dog");
  ASSERT_EQ(shingles.size(), 5U);
  EXPECT_EQ(shingles.front(), 352834694858038882U);
  const TextSketch sketch = sketch_of(shingles);
  EXPECT_EQ(sketch.front(), 597226352934666140U);
  EXPECT_EQ(sketch.back(), 747648915597510719U);
}

TEST(TextSketch, JaccardIsExact) {
  const std::vector<std::uint64_t> a = {1, 2, 3, 4};
  const std::vector<std::uint64_t> b = {3, 4, 5};
  EXPECT_EQ(jaccard_ppm(a, b), 400'000U);
  EXPECT_EQ(jaccard_ppm(a, a), 1'000'000U);
  EXPECT_EQ(jaccard_ppm(a, {}), 0U);
  EXPECT_EQ(jaccard_ppm({}, {}), 1'000'000U);
}

/// How often two sets that share this much meet in the index.
double met(std::uint32_t shared_percent, int rounds) {
  Draws draws(shared_percent);
  int found = 0;
  for (int round = 0; round < rounds; ++round) {
    // With n shared and m own shingles each, the share is n / (n + 2 m).
    const std::uint32_t own = 100 - shared_percent;
    std::vector<std::uint64_t> left;
    std::vector<std::uint64_t> right;
    for (std::uint32_t i = 0; i < 2 * shared_percent; ++i) {
      left.push_back(draws.next() >> 3);
      right.push_back(left.back());
    }
    for (std::uint32_t i = 0; i < own; ++i) {
      left.push_back(draws.next() >> 3);
      right.push_back(draws.next() >> 3);
    }
    SketchIndex index;
    index.add(7, sketch_of(left));
    if (index.candidates(sketch_of(right)) == std::vector<std::uint64_t>{7}) ++found;
  }
  return found / static_cast<double>(rounds);
}

TEST(TextSketch, MeetsAsOftenAsItsBandsPromise) {
  EXPECT_NEAR(met(50, 400), 0.053, 0.04);
  EXPECT_NEAR(met(70, 400), 0.56, 0.09);
  EXPECT_NEAR(met(80, 400), 0.92, 0.05);
  EXPECT_GE(met(90, 400), 0.985);
}

TEST(TextSketch, FindsAnEditedTextAmongOthers) {
  SketchIndex index;
  for (std::uint64_t id = 0; id < 200; ++id) index.add(id, sketch_of(shingles_of(prose(id, 300))));
  std::string edited = prose(42, 300);
  edited.replace(edited.find(' '), 1, " surely ");
  edited += " and more.";
  EXPECT_EQ(index.candidates(sketch_of(shingles_of(edited))), std::vector<std::uint64_t>{42});
  EXPECT_TRUE(index.candidates(sketch_of(shingles_of(prose(999, 300)))).empty());
}

struct Picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::uint8_t> pixels;
  [[nodiscard]] std::uint8_t at(std::uint32_t x, std::uint32_t y) const {
    return pixels[std::size_t{y} * width + x];
  }
};

/// Boxes and discs of random place and shade over a slope.
Picture picture(std::uint64_t seed, std::uint32_t width = 320, std::uint32_t height = 240) {
  Draws draws(seed);
  Picture made{width, height, std::vector<std::uint8_t>(std::size_t{width} * height)};
  const auto slope = static_cast<std::uint32_t>(draws.below(128));
  for (std::size_t i = 0; i < made.pixels.size(); ++i) {
    made.pixels[i] = static_cast<std::uint8_t>(40 + slope * (i % width) / width);
  }
  for (int shape = 0; shape < 25; ++shape) {
    const auto left = static_cast<std::int64_t>(draws.below(width));
    const auto top = static_cast<std::int64_t>(draws.below(height));
    const auto size = static_cast<std::int64_t>(15 + draws.below(80));
    const auto shade = static_cast<std::uint8_t>(20 + draws.below(200));
    const bool is_disc = draws.below(2) == 0;
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < width; ++x) {
        const std::int64_t dx = x - left;
        const std::int64_t dy = y - top;
        const bool is_inside = is_disc ? dx * dx + dy * dy < size * size / 2
                                       : dx >= 0 && dy >= 0 && dx < size && dy < size;
        if (is_inside) made.pixels[static_cast<std::size_t>(y * width + x)] = shade;
      }
    }
  }
  return made;
}

Picture resized(const Picture& from, std::uint32_t width, std::uint32_t height) {
  Picture to{width, height, {}};
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      to.pixels.push_back(from.at(x * from.width / width, y * from.height / height));
    }
  }
  return to;
}
Picture brightened(Picture from, int by) {
  for (auto& pixel : from.pixels) {
    pixel = static_cast<std::uint8_t>(std::clamp(pixel + by, 0, 255));
  }
  return from;
}
Picture noisy(Picture from, std::uint64_t seed) {
  Draws draws(seed);
  for (auto& pixel : from.pixels) {
    const int by = static_cast<int>(draws.below(41)) - 20;
    pixel = static_cast<std::uint8_t>(std::clamp(pixel + by, 0, 255));
  }
  return from;
}
Picture blurred(const Picture& from) {
  Picture to = from;
  for (std::uint32_t y = 2; y + 2 < from.height; ++y) {
    for (std::uint32_t x = 2; x + 2 < from.width; ++x) {
      std::uint32_t sum = 0;
      for (std::uint32_t dy = 0; dy < 5; ++dy) {
        for (std::uint32_t dx = 0; dx < 5; ++dx) sum += from.at(x + dx - 2, y + dy - 2);
      }
      to.pixels[std::size_t{y} * to.width + x] = static_cast<std::uint8_t>(sum / 25);
    }
  }
  return to;
}
Picture cropped(const Picture& from, std::uint32_t percent) {
  const std::uint32_t dx = from.width * percent / 200;
  const std::uint32_t dy = from.height * percent / 200;
  Picture to{from.width - 2 * dx, from.height - 2 * dy, {}};
  for (std::uint32_t y = 0; y < to.height; ++y) {
    for (std::uint32_t x = 0; x < to.width; ++x) to.pixels.push_back(from.at(x + dx, y + dy));
  }
  return to;
}
ImageHash hashed(const Picture& from) { return *hash_of({from.width, from.height, from.pixels}); }

TEST(ImageHash, RefusesWhatIsNoImage) {
  const std::vector<std::uint8_t> pixels(6);
  EXPECT_TRUE(hash_of({3, 2, pixels}));
  EXPECT_EQ(hash_of({0, 2, {}}).error().reason(), reason::bad_argument);
  EXPECT_EQ(hash_of({3, 3, pixels}).error().reason(), reason::bad_argument);
  EXPECT_EQ(hash_of({image_side_max + 1, 1, pixels}).error().reason(), reason::too_large);
  EXPECT_EQ(hash_of({3, 2, pixels})->quality, 0U);
}

TEST(ImageHash, EqualPixelsAreOneAndTheBitsAreFrozen_N2) {
  const ImageHash hash = hashed(picture(1));
  EXPECT_EQ(hash, hashed(picture(1)));
  EXPECT_EQ(hash.bits.hex(), "0b67ba63d6b3c17eb81c3b019569d9bccc9143e9cc4ebc0e0f91c17f681ea390");
  EXPECT_EQ(hash.quality, 100U);
}

TEST(ImageHash, EditsMatchAndOthersDoNot) {
  constexpr std::uint64_t count = 60;
  std::vector<ImageHash> hashes;
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    const Picture original = picture(seed);
    hashes.push_back(hashed(original));
    for (const Picture& edit :
         {resized(original, 200, 150), resized(original, 640, 480), brightened(original, 30),
          noisy(original, seed), blurred(original)}) {
      EXPECT_LE(distance(hashes.back(), hashed(edit)), image_match_max) << seed;
    }
    EXPECT_LE(distance(hashes.back(), hashed(cropped(original, 5))), image_suspect_max) << seed;
  }
  for (std::size_t a = 0; a < hashes.size(); ++a) {
    for (std::size_t b = a + 1; b < hashes.size(); ++b) {
      EXPECT_GT(distance(hashes[a], hashes[b]), image_suspect_max) << a << " " << b;
    }
  }
}

TEST(ImageHash, AFlatImageSaysThatItIsFlat) {
  Picture flat{100, 80, std::vector<std::uint8_t>(8000, 90)};
  EXPECT_EQ(hashed(flat).quality, 0U);
  EXPECT_GE(hashed(noisy(picture(3), 1)).quality, 50U);
}

}  // namespace
}  // namespace oort::datahub
