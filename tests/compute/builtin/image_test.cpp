// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/image.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "builtin/inflate.hpp"
#include "builtin/pngs.hpp"
#include "builtin/ways.hpp"
#include "oort/compute/builtin/draws.hpp"

namespace oort::compute::builtin {
namespace {

Bytes png(std::string_view hex) { return from_hex(hex).value_or(Bytes{}); }

std::uint8_t pattern(std::uint32_t x, std::uint32_t y, std::uint32_t c) {
  return static_cast<std::uint8_t>(x * 7 + y * 13 + c * 50 + x * y % 5);
}

Picture patterned(std::uint32_t width, std::uint32_t height, std::uint32_t channels) {
  Picture picture{width, height, channels, {}};
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      for (std::uint32_t c = 0; c < channels; ++c) picture.samples.push_back(pattern(x, y, c));
    }
  }
  return picture;
}

Picture noise(std::uint32_t width, std::uint32_t height, std::uint32_t channels,
              std::uint64_t seed) {
  Picture picture{width, height, channels, {}};
  for (std::uint64_t i = 0; i < std::uint64_t{width} * height * channels; ++i) {
    picture.samples.push_back(static_cast<std::uint8_t>(drawn(seed, 1, i)));
  }
  return picture;
}

TEST(Png, DecodesEveryFilterBlockAndDepth_P3) {
  EXPECT_EQ(decode_picture(png(test::png_grey)).value_or(Picture{}), patterned(9, 10, 1));
  EXPECT_EQ(decode_picture(png(test::png_rgb)).value_or(Picture{}), patterned(9, 10, 3));
  EXPECT_EQ(decode_picture(png(test::png_rgba)).value_or(Picture{}), patterned(9, 10, 3));
  EXPECT_EQ(decode_picture(png(test::png_wide)).value_or(Picture{}), patterned(9, 10, 1));
  const Picture bits = decode_picture(png(test::png_bits)).value_or(Picture{});
  const Picture palette = decode_picture(png(test::png_palette)).value_or(Picture{});
  ASSERT_EQ(bits.samples.size(), 90U);
  ASSERT_EQ(palette.samples.size(), 270U);
  for (std::uint32_t i = 0; i < 90; ++i) {
    const std::uint32_t place = i % 9 + i / 9;
    EXPECT_EQ(bits.samples[i], place % 2 * 255);
    EXPECT_EQ(palette.samples[3 * i + 2], place % 3 * 30);
  }
}

TEST(Png, RefusesWhatIsBrokenAnywhere_P1_P3) {
  const Bytes whole = png(test::png_rgb);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_picture(ByteView(whole).first(size))) << size;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes broken = whole;
    broken[at] ^= std::byte{1};
    EXPECT_FALSE(decode_picture(broken)) << at;
  }
}

TEST(Pnm, ReadsBackWhatItWrote_P3) {
  for (const std::uint32_t channels : {1U, 3U}) {
    const Picture picture = noise(7, 5, channels, 3);
    EXPECT_EQ(decode_picture(encode_pnm(picture)).value_or(Picture{}), picture);
  }
  const Bytes commented = to_bytes("P5 # width\n2 # height\n 1\n255\nab");
  EXPECT_EQ(decode_picture(commented).value_or(Picture{}), (Picture{2, 1, 1, {'a', 'b'}}));
  EXPECT_FALSE(decode_picture(to_bytes("P5 2 1 255\nabc")));
  EXPECT_FALSE(decode_picture(to_bytes("P5 2 1 254\nab")));
  EXPECT_FALSE(decode_picture(to_bytes("P5 99999 99999 255\nab")));
}

TEST(Resize, KeepsFlatPicturesAndStaysWithinTheOriginal_P2) {
  for (std::uint64_t round = 0; round < 60; ++round) {
    const auto side = [&](std::uint64_t stream) {
      return static_cast<std::uint32_t>(1 + below(drawn(round, stream, 0), 40));
    };
    const Picture picture = noise(side(1), side(2), round % 2 == 0 ? 1 : 3, round);
    Picture flat = picture;
    std::fill(flat.samples.begin(), flat.samples.end(), std::uint8_t{201});
    const auto [least, most] = std::minmax_element(picture.samples.begin(), picture.samples.end());
    for (const Filter filter : {Filter::Area, Filter::Bilinear}) {
      const std::uint32_t width = side(3);
      const std::uint32_t height = side(4);
      const Picture out = resized(picture, width, height, filter, scalar_kernels());
      ASSERT_EQ(out.samples.size(), std::size_t{width} * height * picture.channels);
      for (const std::uint8_t sample : out.samples) {
        EXPECT_GE(sample, *least);
        EXPECT_LE(sample, *most);
      }
      for (const std::uint8_t sample :
           resized(flat, width, height, filter, scalar_kernels()).samples) {
        EXPECT_EQ(sample, 201);
      }
      for (const Kernels* kernels : test::all_kernels()) {
        EXPECT_EQ(resized(picture, width, height, filter, *kernels), out) << kernels->name;
      }
      EXPECT_EQ(resized(picture, picture.width, picture.height, filter, scalar_kernels()), picture);
    }
  }
}

TEST(Resize, AreaIsTheMeanOfWhatIsCovered_P2) {
  // Given 3 by 2 to 2 by 1: each pixel covers one and a half columns.
  const Picture picture{3, 2, 1, {10, 20, 30, 40, 50, 60}};
  const Picture out = resized(picture, 2, 1, Filter::Area, scalar_kernels());
  // (2·(10+40) + 1·(20+50)) / 6 = 28.3, (1·(20+50) + 2·(30+60)) / 6 = 41.7
  EXPECT_EQ(out.samples, (std::vector<std::uint8_t>{28, 42}));
}

TEST(Quality, TellsSharpFromBlurredAndEmptyFromFull_P1) {
  const Picture sharp = noise(64, 64, 1, 5);
  const Picture small = resized(sharp, 8, 8, Filter::Area, scalar_kernels());
  const Picture blurred = resized(small, 64, 64, Filter::Bilinear, scalar_kernels());
  EXPECT_GT(quality_of(sharp).sharpness_q8, 100 * quality_of(blurred).sharpness_q8);
  const Quality flat = quality_of({4, 4, 1, std::vector<std::uint8_t>(16, 250)});
  EXPECT_EQ(flat, (Quality{250 * 256, 0, 0, 0, 0, 1000}));
  const Quality halves = quality_of({4, 1, 1, {0, 0, 255, 255}});
  EXPECT_EQ(halves.entropy_q16, 65536U);
  EXPECT_EQ(halves.variance_q8, 127.5 * 127.5 * 256);
  EXPECT_EQ(halves.dark_permille, 500U);
}

TEST(ImageWorkload, GivesTheSameBitsEveryWayAndTellsBrokenPictures_P1_W1_W3) {
  Bytes torn = png(test::png_rgb);
  torn.pop_back();
  ImageParameters parameters;
  parameters.crop = Crop::Part;
  parameters.part = {1, 2, 8, 8};
  parameters.resize = PictureSize{5, 6};
  const Bytes bytes =
      test::every_way({{"image", 1},
                       codec::to_bytes(parameters),
                       {png(test::png_rgb), torn, to_bytes("GIF89a"),
                        encode_pnm(noise(33, 44, 3, 1)), encode_pnm(noise(8, 10, 1, 1))}});
  const auto output = codec::from_bytes<ImageOutput>(bytes);
  ASSERT_TRUE(output);
  std::vector<PictureState> states;
  for (const PictureRecord& record : output->pictures) states.push_back(record.state);
  EXPECT_EQ(states,
            (std::vector{PictureState::Done, PictureState::Malformed, PictureState::NotSupported,
                         PictureState::Done, PictureState::OutOfPicture}));
  const Picture part = cropped(patterned(9, 10, 3), parameters.part).value_or(Picture{});
  EXPECT_EQ(output->pictures[0].pnm,
            encode_pnm(resized(part, 5, 6, Filter::Area, scalar_kernels())));
  EXPECT_EQ(test::digest_hex(bytes),
            "81119f3e7817c6eb5e831e54d9de426a89b95e4fed27ef94f39c829fde6ad3a5");
}

TEST(ImageParameters, RefuseImpossibleSizesAndChoices) {
  ImageParameters parameters;
  parameters.resize = PictureSize{0, 5};
  EXPECT_EQ(test::refusal({{"image", 1}, codec::to_bytes(parameters), {}}), "BAD_ARGUMENT");
  parameters.resize = PictureSize{picture_side_max, picture_side_max};
  EXPECT_EQ(test::refusal({{"image", 1}, codec::to_bytes(parameters), {}}), "BAD_ARGUMENT");
  parameters = {};
  parameters.filter = static_cast<Filter>(2);
  EXPECT_EQ(test::refusal({{"image", 1}, codec::to_bytes(parameters), {}}), "BAD_ARGUMENT");
}

}  // namespace
}  // namespace oort::compute::builtin
