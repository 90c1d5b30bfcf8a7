// SPDX-License-Identifier: Apache-2.0
#include "oort/sandbox/image.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "image_kit.hpp"
#include "oort/core/reasons.hpp"
#include "prison.hpp"
#include "temp_folder.hpp"

namespace oort::sandbox::test {
namespace {

namespace fs = std::filesystem;

class ImageTest : public testing::Test {
 protected:
  [[nodiscard]] LayoutBuilder layout() const { return LayoutBuilder(folder_.path() / "layout"); }
  [[nodiscard]] fs::path store() const { return folder_.path() / "store"; }
  [[nodiscard]] Result<Image> unpack(const ImageLimits& limits = {}) const {
    return unpack_image(folder_.path() / "layout", "", store(), limits);
  }
  /// Why an image of this one layer is refused; the store stays empty then.
  [[nodiscard]] std::string refusal(const std::vector<TarEntry>& entries,
                                    const ImageLimits& limits = {}) const {
    return refusal_of(make_tar(entries), limits);
  }
  [[nodiscard]] std::string refusal_of(const std::string& tar,
                                       const ImageLimits& limits = {}) const {
    fs::remove_all(folder_.path() / "layout");
    LayoutBuilder builder = layout();
    builder.add_layer(tar);
    builder.finish();
    const auto image = unpack(limits);
    if (image) return "accepted";
    EXPECT_TRUE(fs::is_empty(store())) << image.error().to_string();
    EXPECT_FALSE(fs::exists(folder_.path() / "escaped"));
    return std::string(image.error().reason());
  }
  oort::test::TempFolder folder_;
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(ImageTest, UnpacksEveryPackingUnderTheDigestOfThePlainTar_I1) {
  LayoutBuilder builder = layout();
  const std::string base = make_tar({{"./", '5'}, {"./etc/", '5'}, {"./etc/name", '0', "one"}});
  const std::string middle = make_tar({{"bin/tool", '0', "two", "", 0755}});
  const std::string top = make_tar({{"etc/grüße", '0', std::string(100'000, 'x')}});
  builder.add_layer(base);
  builder.add_layer(middle, Packing::Gzip);
  builder.add_layer(top, Packing::Zstd);
  const std::string digest = builder.finish();

  const auto image = unpack();
  ASSERT_TRUE(image) << image.error().to_string();
  EXPECT_EQ(image->digest, digest);
  const std::vector<fs::path> layers = {store() / sha256_of(base), store() / sha256_of(middle),
                                        store() / sha256_of(top)};
  EXPECT_EQ(image->layers, layers);
  EXPECT_EQ(text_of(layers[0] / "etc/name"), "one");
  EXPECT_EQ(text_of(layers[1] / "bin/tool"), "two");
  EXPECT_EQ(text_of(layers[2] / "etc/grüße").size(), 100'000U);
  EXPECT_EQ(image->command, (std::vector<std::string>{"/bin/prisoner", "show", "word"}));
  EXPECT_EQ(image->environment, std::vector<std::string>{"PATH=/bin"});
  EXPECT_EQ(image->working_folder, "/etc");
  // Nothing but the layers stays, and what is there is not unpacked again.
  EXPECT_EQ(std::distance(fs::directory_iterator(store()), {}), 3);
  fs::remove_all(builder.folder() / "blobs/sha256" / sha256_of(base));
  EXPECT_TRUE(unpack());
  EXPECT_TRUE(unpack_image(builder.folder(), digest, store(), {}));
  EXPECT_FALSE(unpack_image(builder.folder(), "sha256:" + std::string(64, 'a'), store(), {}));
}

TEST_F(ImageTest, UnpacksALayoutInATar_I1) {
  LayoutBuilder builder = layout();
  builder.add_layer(make_tar({{"file", '0', "text"}}), Packing::Gzip);
  builder.finish();
  const fs::path archive = folder_.path() / "image.tar";
  const std::string line =
      "tar -C " + builder.folder().string() + " -cf " + archive.string() + " .";
  ASSERT_EQ(std::system(line.c_str()), 0);
  const auto image = unpack_image(archive, "", store(), {});
  ASSERT_TRUE(image) << image.error().to_string();
  EXPECT_EQ(text_of(image->layers.at(0) / "file"), "text");
  EXPECT_EQ(std::distance(fs::directory_iterator(store()), {}), 1);
}

TEST_F(ImageTest, StripsWhatGivesRights_I3) {
  LayoutBuilder builder = layout();
  builder.add_layer(make_tar({{"setuid", '0', "x", "", 06755},
                              {"secret", '0', "x", "", 0600},
                              {"folder", '5', "", "", 01000}}));
  builder.finish();
  const auto image = unpack();
  ASSERT_TRUE(image) << image.error().to_string();
  struct stat facts{};
  ASSERT_EQ(::stat((image->layers[0] / "setuid").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0755U);
  EXPECT_EQ(facts.st_mtime, 1'700'000'000);
  ASSERT_EQ(::stat((image->layers[0] / "secret").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0644U);
  ASSERT_EQ(::stat((image->layers[0] / "folder").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0755U);
}

TEST_F(ImageTest, TurnsWhiteoutsIntoThoseOfAnOverlay_I3) {
  LayoutBuilder builder = layout();
  builder.add_layer(make_tar({{"etc/.wh.gone", '0'}, {"var/.wh..wh..opq", '0'}}));
  builder.finish();
  const auto image = unpack();
  ASSERT_TRUE(image) << image.error().to_string();
  struct stat facts{};
  ASSERT_EQ(::lstat((image->layers[0] / "etc/gone").c_str(), &facts), 0);
  EXPECT_TRUE(S_ISCHR(facts.st_mode));
  EXPECT_EQ(facts.st_rdev, makedev(0, 0));
  char value = 0;
  EXPECT_EQ(::getxattr((image->layers[0] / "var").c_str(), "user.overlay.opaque", &value, 1), 1);
  EXPECT_EQ(value, 'y');
  fs::remove_all(store());
  EXPECT_EQ(refusal({{".wh.", '0'}}), reason::malformed);
  EXPECT_EQ(refusal({{".wh...", '0'}}), reason::malformed);
  EXPECT_EQ(refusal({{".wh..wh.plnk", '0'}}), reason::malformed);
}

TEST_F(ImageTest, KeepsLinksThatStayInside_I2) {
  LayoutBuilder builder = layout();
  builder.add_layer(make_tar({{"a/b/file", '0', "text"},
                              {"a/link", '2', "", "b/../b/file"},
                              {"absolute", '2', "", "/etc/passwd"},
                              {"hard", '1', "", "a/b/file"}}));
  builder.finish();
  const auto image = unpack();
  ASSERT_TRUE(image) << image.error().to_string();
  EXPECT_EQ(fs::read_symlink(image->layers[0] / "absolute"), "/etc/passwd");
  EXPECT_EQ(text_of(image->layers[0] / "a/link"), "text");
  EXPECT_EQ(text_of(image->layers[0] / "hard"), "text");
}

TEST_F(ImageTest, RefusesPathsThatLeaveTheRoot_I2) {
  EXPECT_EQ(refusal({{"../escaped", '0', "x"}}), reason::image_traversal);
  EXPECT_EQ(refusal({{"a/../../escaped", '0', "x"}}), reason::image_traversal);
  EXPECT_EQ(refusal({{"a/..", '5'}}), reason::image_traversal);
  EXPECT_EQ(refusal({{"/escaped", '0', "x"}}), reason::image_absolute_path);
  // Through a link of the same layer, wherever it points.
  const std::string outside = folder_.path().string();
  EXPECT_EQ(refusal({{"d", '2', "", outside}, {"d/escaped", '0', "x"}}), reason::image_traversal);
  EXPECT_EQ(refusal({{"real", '5'}, {"d", '2', "", "real"}, {"d/file", '0', "x"}}),
            reason::image_traversal);
  EXPECT_EQ(refusal({{"d", '2', "", outside}, {"d/.wh.layout", '0'}}), reason::image_traversal);
  EXPECT_EQ(refusal({{"file", '0', "x"}, {"file/inner", '0', "x"}}), reason::image_traversal);
}

TEST_F(ImageTest, RefusesLinksThatLeaveTheRoot_I2) {
  EXPECT_EQ(refusal({{"link", '2', "", "../outside"}}), reason::image_link_escapes);
  EXPECT_EQ(refusal({{"a/b/link", '2', "", "../../../etc"}}), reason::image_link_escapes);
  EXPECT_EQ(refusal({{"a/link", '2', "", "x/../../../y"}}), reason::image_link_escapes);
  EXPECT_EQ(refusal({{"hard", '1', "", "/etc/passwd"}}), reason::image_link_escapes);
  EXPECT_EQ(refusal({{"hard", '1', "", "../../../../etc/passwd"}}), reason::image_link_escapes);
  EXPECT_EQ(refusal({{"hard", '1', "", "missing"}}), reason::image_link_escapes);
  EXPECT_EQ(refusal({{"d", '2', "", "/etc"}, {"hard", '1', "", "d/passwd"}}),
            reason::image_link_escapes);
  EXPECT_EQ(refusal({{"s", '2', "", "/etc/passwd"}, {"hard", '1', "", "s"}}),
            reason::image_link_escapes);
}

TEST_F(ImageTest, RefusesDevices_I3) {
  EXPECT_EQ(refusal({{"null", '3'}}), reason::image_device);
  EXPECT_EQ(refusal({{"disk", '4'}}), reason::image_device);
  EXPECT_EQ(refusal({{"pipe", '6'}}), reason::image_device);
}

TEST_F(ImageTest, RefusesNamesThatNoFileSystemTakes_I2) {
  EXPECT_EQ(refusal({{std::string(256, 'n'), '0', "x"}}), reason::image_name_too_long);
  std::string deep;
  while (deep.size() < 4096) deep += "folder/";
  EXPECT_EQ(refusal({{deep + "x", '0', "x"}}), reason::image_name_too_long);
  EXPECT_EQ(refusal({{"link", '2', "", "/" + std::string(4096, 'n')}}),
            reason::image_name_too_long);
}

TEST_F(ImageTest, RefusesBombs_I4) {
  ImageLimits limits;
  limits.bytes_max = 1000;
  EXPECT_EQ(refusal({{"a", '0', std::string(600, 'x')}, {"b", '0', std::string(600, 'x')}}, limits),
            reason::image_bomb);
  limits = {};
  limits.names_count_max = 3;
  EXPECT_EQ(refusal({{"a", '0'}, {"b", '0'}, {"c", '0'}, {"d", '0'}}, limits), reason::image_bomb);
  EXPECT_EQ(refusal({{"a/b/c/d/e", '5'}}, limits), reason::image_bomb);
  limits = {};
  limits.layers_count_max = 0;
  EXPECT_EQ(refusal({{"a", '0'}}, limits), reason::image_bomb);

  fs::remove_all(folder_.path() / "layout");
  LayoutBuilder builder = layout();
  builder.add_layer(make_tar({{"zeros", '0', std::string(64U << 20U, '\0')}}), Packing::Gzip);
  builder.finish();
  const auto image = unpack();
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().reason(), reason::image_bomb);
  EXPECT_TRUE(fs::is_empty(store()));
}

TEST_F(ImageTest, RefusesBytesThatAreNotThoseOfTheirDigest_I1) {
  const std::string tar = make_tar({{"file", '0', "text"}});
  LayoutBuilder builder = layout();
  builder.add_layer(tar);
  builder.finish();
  std::string other = tar;
  other[600] = 'X';
  builder.put_blob(other, sha256_of(tar));
  auto image = unpack();
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().reason(), reason::image_digest_mismatch);
  EXPECT_TRUE(fs::is_empty(store()));
  // Longer than its descriptor says.
  builder.put_blob(tar + std::string(512, '\0'), sha256_of(tar));
  image = unpack();
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().reason(), reason::image_digest_mismatch);

  // A manifest, and the digest of the plain tar.
  fs::remove_all(builder.folder());
  LayoutBuilder wrong = layout();
  wrong.diff_id = std::string(64, '0');
  wrong.add_layer(tar, Packing::Gzip);
  const std::string digest = wrong.finish();
  image = unpack();
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().reason(), reason::image_digest_mismatch);
  wrong.put_blob("{}", digest.substr(7));
  image = unpack();
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().reason(), reason::image_digest_mismatch);
}

TEST_F(ImageTest, RefusesTypesThatItDoesNotKnow) {
  const std::string tar = make_tar({{"file", '0', "text"}});
  const auto refusal_with = [&](auto spoil, Packing packing) {
    fs::remove_all(folder_.path() / "layout");
    LayoutBuilder builder = layout();
    spoil(builder);
    builder.add_layer(tar, packing);
    builder.finish();
    const auto image = unpack();
    return image ? "accepted" : std::string(image.error().reason());
  };
  const auto layer = [](const char* type) {
    return [type](LayoutBuilder& builder) { builder.layer_type = type; };
  };
  EXPECT_EQ(refusal_with(layer("application/x-zip"), Packing::None), reason::image_media_type);
  EXPECT_EQ(refusal_with([](LayoutBuilder& one) { one.config_type = "x"; }, Packing::None),
            reason::image_media_type);
  EXPECT_EQ(refusal_with([](LayoutBuilder& one) { one.manifest_type = "x"; }, Packing::None),
            reason::image_media_type);
  // A type that is not what the bytes are.
  EXPECT_EQ(refusal_with(layer(media::layer_gzip), Packing::Zstd), reason::malformed);
  EXPECT_EQ(refusal_with(layer(media::layer), Packing::Gzip), reason::malformed);
}

TEST_F(ImageTest, RefusesWhatIsNoTarAndWhatStandsTwice) {
  EXPECT_EQ(refusal_of(std::string(2048, 'x')), reason::malformed);
  const std::string tar = make_tar({{"file", '0', std::string(5000, 'x')}});
  EXPECT_EQ(refusal_of(tar.substr(0, 2000)), reason::malformed);
  EXPECT_EQ(refusal({{"d/inner", '0', "x"}, {"d", '0', "x"}}), reason::malformed);
  EXPECT_EQ(refusal({{"d", '0', "x"}, {"d", '5'}}), reason::malformed);
}

TEST(ImageDocuments, AreCheckedFieldByField) {
  const std::string good = R"({"schemaVersion":2,"manifests":[]})";
  EXPECT_TRUE(parse_index(as_bytes(good)));
  for (const char* bad :
       {"", "[]", "1", "{", R"({"schemaVersion":1,"manifests":[]})", R"({"schemaVersion":2})",
        R"({"schemaVersion":2,"manifests":{}})", R"({"schemaVersion":2,"manifests":[1]})",
        R"({"schemaVersion":2,"manifests":[{"mediaType":5}]})"}) {
    const auto index = parse_index(as_bytes(std::string_view(bad)));
    ASSERT_FALSE(index) << bad;
    EXPECT_EQ(index.error().reason(), reason::malformed) << bad;
  }
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_FALSE(parse_index(as_bytes(R"({"schemaVersion":2,"x":)" + deep + "}")));
  EXPECT_FALSE(parse_digest("sha256:" + std::string(64, 'G')));
  EXPECT_FALSE(parse_digest("sha512:" + std::string(64, 'a')));
  EXPECT_FALSE(parse_digest(std::string(64, 'a')));
}

class ImageRun : public EveryCell {};
INSTANTIATE_TEST_SUITE_P(Tiers, ImageRun, testing::ValuesIn(all_cells()),
                         [](const auto& cell) { return name_of(cell.param); });

TEST_P(ImageRun, RunsWhatWasUnpackedWithItsWhiteouts_I1_I3) {
  LayoutBuilder builder(prison().folder() / "layout");
  const std::string program = text_of(OORT_PRISONER);
  builder.add_layer(make_tar({{"bin/prisoner", '0', program, "", 0755},
                              {"etc/gone", '0', "x"},
                              {"etc/kept", '0', "x"},
                              {"var/old", '0', "x"}}),
                    Packing::Gzip);
  builder.add_layer(
      make_tar({{"etc/.wh.gone", '0'}, {"var/.wh..wh..opq", '0'}, {"var/young", '0', "x"}}));
  builder.finish();
  const auto image = unpack_image(builder.folder(), "", prison().folder() / "store", {});
  ASSERT_TRUE(image) << image.error().to_string();

  env::SandboxTask task =
      prison().task({"read", "/etc/gone", "/etc/kept", "/var/old", "/var/young"});
  task.layers = image->layers;
  task.working_folder = image->working_folder;
  const auto outcome = prison().run(task);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->standard_output,
            "read /etc/gone: No such file or directory\nESCAPED: read /etc/kept\n"
            "read /var/old: No such file or directory\nESCAPED: read /var/young\n");
}

}  // namespace
}  // namespace oort::sandbox::test
