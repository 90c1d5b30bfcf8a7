// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/image.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::size_t pnm_header_bytes_max = 24;
constexpr std::size_t pnm_bytes_max = picture_pixels_max * 3 + pnm_header_bytes_max;

PictureState state_of(const Error& error) {
  if (error.reason() == reason::not_supported) return PictureState::NotSupported;
  if (error.reason() == reason::too_large) return PictureState::TooLarge;
  if (error.reason() == reason::bad_argument) return PictureState::OutOfPicture;
  return PictureState::Malformed;
}

Result<PictureRecord> record_of(const ImageParameters& parameters, ByteView input,
                                const Kernels& kernels) {
  OORT_TRY(Picture picture, decode_picture(input));
  PictureRecord record;
  record.quality = quality_of(picture);
  if (parameters.crop == Crop::Part) {
    OORT_TRY(picture, cropped(picture, parameters.part));
  } else if (parameters.crop == Crop::Square) {
    const std::uint32_t side = std::min(picture.width, picture.height);
    OORT_TRY(picture, cropped(picture, {(picture.width - side) / 2, (picture.height - side) / 2,
                                        side, side}));
  }
  if (parameters.makes_grey) picture = grey(picture);
  if (parameters.resize) {
    picture = resized(picture, parameters.resize->width, parameters.resize->height,
                      parameters.filter, kernels);
  }
  record.pnm = encode_pnm(picture);
  return record;
}

class ImageWork final : public Work {
 public:
  ImageWork(const ImageParameters& parameters, std::vector<Bytes> inputs, const Kernels& kernels)
      : parameters_(parameters), inputs_(std::move(inputs)), kernels_(kernels) {}

  [[nodiscard]] Cost cost() const override {
    Cost cost{.units = inputs_.size(), .operations = 0, .memory_bytes = 0, .output_bytes_max = 5};
    for (const Bytes& input : inputs_) {
      const auto size = picture_size(input);
      const std::uint64_t pixels = size ? std::uint64_t{size->width} * size->height : 0;
      const std::uint64_t pixels_out =
          parameters_.resize && pixels > 0
              ? std::uint64_t{parameters_.resize->width} * parameters_.resize->height
              : pixels;
      cost.operations += input.size() * 16 + (pixels * 8 + pixels_out * 4) * 3;
      cost.memory_bytes = std::max(cost.memory_bytes, (pixels * 3 + pixels_out) * 3);
      cost.output_bytes_max += 40 + pnm_header_bytes_max + pixels_out * 3;
    }
    return cost;
  }

  void unit(std::uint64_t index) override {
    auto record = record_of(parameters_, inputs_[index], kernels_);
    if (record) {
      output_.pictures.push_back(std::move(*record));
    } else {
      output_.pictures.push_back({state_of(record.error()), {}, {}});
    }
  }

  void save(codec::Writer& out) const override { encode(out, output_); }

  Result<void> load(codec::Reader& in, std::uint64_t units_done) override {
    OORT_TRY(decode(in, output_));
    std::uint64_t bytes = 0;
    for (const PictureRecord& record : output_.pictures) bytes += record.pnm.size() + 40;
    if (output_.pictures.size() != units_done || bytes > cost().output_bytes_max) {
      return refuse(reason::bad_argument, "a checkpoint of another number of pictures");
    }
    // What is left must still fit the bound.
    for (std::size_t i = 0; i < output_.pictures.size(); ++i) {
      if (output_.pictures[i].pnm.size() > largest_pnm(i)) {
        return refuse(reason::bad_argument, "a checkpoint with a picture that is too large");
      }
    }
    return {};
  }

  [[nodiscard]] Bytes output() const override { return codec::to_bytes(output_); }

 private:
  [[nodiscard]] std::uint64_t largest_pnm(std::size_t index) const {
    const auto size = picture_size(inputs_[index]);
    if (!size) return 0;
    const PictureSize out = parameters_.resize.value_or(*size);
    return pnm_header_bytes_max + std::uint64_t{out.width} * out.height * 3;
  }

  ImageParameters parameters_;
  std::vector<Bytes> inputs_;
  const Kernels& kernels_;
  ImageOutput output_;
};

template <class E>
Result<E> decode_enum(codec::Reader& in, E last) {
  OORT_TRY(const std::uint8_t value, in.u8());
  if (value > static_cast<std::uint8_t>(last)) {
    return refuse(reason::bad_argument, "no choice has the number " + std::to_string(value));
  }
  return static_cast<E>(value);
}

Result<std::optional<PictureSize>> decode_size(codec::Reader& in) {
  OORT_TRY(const bool is_there, in.boolean());
  if (!is_there) return std::optional<PictureSize>();
  PictureSize size;
  OORT_TRY(size.width, in.u32());
  OORT_TRY(size.height, in.u32());
  if (size.width == 0 || size.height == 0 || size.width > picture_side_max ||
      size.height > picture_side_max ||
      std::uint64_t{size.width} * size.height > picture_pixels_max) {
    return refuse(reason::bad_argument, "no picture can be resized to that");
  }
  return std::optional(size);
}

}  // namespace

void encode(codec::Writer& out, const ImageParameters& value) {
  out.u8(record_version);
  out.u8(static_cast<std::uint8_t>(value.crop));
  if (value.crop == Crop::Part) {
    out.u32(value.part.left);
    out.u32(value.part.top);
    out.u32(value.part.width);
    out.u32(value.part.height);
  }
  out.boolean(value.resize.has_value());
  if (value.resize) {
    out.u32(value.resize->width);
    out.u32(value.resize->height);
  }
  out.u8(static_cast<std::uint8_t>(value.filter));
  out.boolean(value.makes_grey);
}

Result<void> decode(codec::Reader& in, ImageParameters& value) {
  OORT_TRY(expect_version(in, record_version, "image parameters"));
  OORT_TRY(value.crop, decode_enum(in, Crop::Part));
  if (value.crop == Crop::Part) {
    OORT_TRY(value.part.left, in.u32());
    OORT_TRY(value.part.top, in.u32());
    OORT_TRY(value.part.width, in.u32());
    OORT_TRY(value.part.height, in.u32());
  }
  OORT_TRY(value.resize, decode_size(in));
  OORT_TRY(value.filter, decode_enum(in, Filter::Bilinear));
  OORT_TRY(value.makes_grey, in.boolean());
  return {};
}

void encode(codec::Writer& out, const PictureRecord& value) {
  out.u8(static_cast<std::uint8_t>(value.state));
  if (value.state != PictureState::Done) return;
  const Quality& quality = value.quality;
  for (const std::uint32_t figure :
       {quality.mean_q8, quality.variance_q8, quality.sharpness_q8, quality.entropy_q16,
        quality.dark_permille, quality.bright_permille}) {
    out.u32(figure);
  }
  out.blob(value.pnm);
}

Result<void> decode(codec::Reader& in, PictureRecord& value) {
  OORT_TRY(value.state, decode_enum(in, PictureState::OutOfPicture));
  if (value.state != PictureState::Done) return {};
  Quality& quality = value.quality;
  for (std::uint32_t* figure :
       {&quality.mean_q8, &quality.variance_q8, &quality.sharpness_q8, &quality.entropy_q16,
        &quality.dark_permille, &quality.bright_permille}) {
    OORT_TRY(*figure, in.u32());
  }
  OORT_TRY(const ByteView pnm, in.blob(pnm_bytes_max));
  value.pnm = to_bytes(pnm);
  return {};
}

void encode(codec::Writer& out, const ImageOutput& value) {
  out.u8(record_version);
  codec::encode_vector(out, value.pictures);
}

Result<void> decode(codec::Reader& in, ImageOutput& value) {
  OORT_TRY(expect_version(in, record_version, "an image output"));
  return codec::decode_vector(in, value.pictures, inputs_count_max);
}

Result<std::unique_ptr<Work>> start_image(ByteView parameters, std::vector<Bytes> inputs,
                                          const Kernels& kernels) {
  OORT_TRY(const ImageParameters read, codec::from_bytes<ImageParameters>(parameters));
  return std::make_unique<ImageWork>(read, std::move(inputs), kernels);
}

}  // namespace oort::compute::builtin
