// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/datahub/json.hpp"
#include "oort/datahub/provenance_bundle.hpp"
#include "oort/datahub/sample_tree.hpp"
#include "provenance_story.hpp"

namespace oort::datahub {
namespace {

/// The part that is broken, empty for a bundle that proves.
std::string broken_part(const Bytes& bytes) {
  const auto report = verify_provenance(bytes, check);
  if (report) return "";
  EXPECT_EQ(report.error().reason(), reason::bad_proof);
  return report.error().detail().substr(0, report.error().detail().find(':'));
}
std::string broken_part(const ProvenanceBundle& bundle) {
  return broken_part(codec::to_bytes(bundle));
}

TEST(ProvenanceBundle, ShowsWhatMadeAModel) {
  Story story;
  const auto report = verify_provenance(codec::to_bytes(story.bundle()), check);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->grade, Grade::Claimed);
  EXPECT_EQ(report->graph.links().size(), 4U);
  EXPECT_EQ(report->height, Height(9));
  story.training.grade = ledger::TrainingGrade::Replayed;
  EXPECT_EQ(verify_provenance(codec::to_bytes(story.bundle()), check)->grade, Grade::Replayed);
  // A run that began before its start was final is worth its trainer's word.
  story.training.started_ms = 1'501;
  EXPECT_EQ(verify_provenance(codec::to_bytes(story.bundle()), check)->grade, Grade::Claimed);
}

TEST(ProvenanceBundle, EveryFlippedByteBreaksANamedLink) {
  Bytes bytes = codec::to_bytes(Story().bundle());
  std::map<std::string, std::size_t> parts;
  for (std::byte& byte : bytes) {
    for (const std::byte flip : {std::byte{1}, std::byte{0x80}, std::byte{0xff}}) {
      byte ^= flip;
      const std::string part = broken_part(bytes);
      EXPECT_NE(part, "") << "at byte " << (&byte - bytes.data());
      ++parts[part];
      byte ^= flip;
    }
  }
  for (const char* part : {"bundle", "model", "deployment 1", "training", "statement", "dataset 1",
                           "campaign 1", "sample 1"}) {
    EXPECT_GT(parts[part], 0U) << part;
  }
  EXPECT_EQ(broken_part(bytes), "");
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_NE(broken_part(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))),
              "");
  }
}

TEST(ProvenanceBundle, RecordsThatAreTrueButOfAnotherStoryAreRefused) {
  const auto changed = [](auto change) {
    Story story;
    change(story);
    return broken_part(story.bundle());
  };
  EXPECT_EQ(changed([](Story& story) { story.training.terms.recipe = {}; }), "training");
  EXPECT_EQ(changed([](Story& story) { story.training.result.reset(); }), "training");
  EXPECT_EQ(changed([](Story& story) { story.training.result->model = {}; }), "training");
  EXPECT_EQ(changed([](Story& story) { story.dataset.root = named<DatasetId>("other"); }),
            "dataset 1");
  EXPECT_EQ(changed([](Story& story) { story.dataset.sealed = Height(6); }), "dataset 1");
  EXPECT_EQ(changed([](Story& story) { story.dataset.samples = {}; }), "sample 1");
  EXPECT_EQ(changed([](Story& story) { story.dataset.samples_count = 4; }), "sample 1");
  EXPECT_EQ(changed([](Story& story) { story.campaign.id = named<CampaignId>("other"); }),
            "campaign 1");
  EXPECT_EQ(changed([](Story& story) { story.dataset.campaigns.clear(); }), "campaign");
  EXPECT_EQ(changed([](Story& story) { story.statement += " "; }), "statement");
  EXPECT_EQ(changed([](Story& story) {
              story.statement = "{}";
              story.training.result->statement = crypto::sha256(as_bytes(story.statement));
            }),
            "statement");
  EXPECT_EQ(changed([](Story& story) { story.model.training = {}; }), "training");
}

}  // namespace
}  // namespace oort::datahub
