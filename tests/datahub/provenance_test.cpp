// SPDX-License-Identifier: Apache-2.0
#include "oort/datahub/provenance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "draws.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/datahub/training.hpp"

namespace oort::datahub {
namespace {

Bytes32 digest(std::string_view text) { return crypto::sha256(as_bytes(text)); }

TrainingStart start() {
  TrainingStart made;
  made.job = JobId(digest("job").array());
  made.trainer = NodeId(digest("trainer").array());
  made.inputs.datasets = {digest("one"), digest("two")};
  std::sort(made.inputs.datasets.begin(), made.inputs.datasets.end());
  made.inputs.base_model = digest("base");
  made.inputs.recipe = digest("recipe");
  made.inputs.code = digest("code");
  made.inputs.image = digest("image");
  made.not_before = BlockId(digest("block").array());
  return made;
}
TrainingRun run() {
  TrainingRun made;
  made.model_name = "signs";
  made.model = digest("model");
  made.job = start().job;
  made.trainer = start().trainer;
  made.inputs = start().inputs;
  made.start = *digest_of(start());
  made.started = {1'790'000'000'000};
  made.finished = {1'790'000'360'500};
  made.receipts = {digest("r1"), digest("r2")};
  return made;
}

TEST(Training, TimesAreWrittenAndReadInOneForm) {
  const std::vector<std::pair<std::uint64_t, std::string>> rows = {
      {0, "1970-01-01T00:00:00.000Z"},
      {951'782'400'000, "2000-02-29T00:00:00.000Z"},
      {1'790'000'360'500, "2026-09-21T14:19:20.500Z"},
      {253'402'300'799'999, "9999-12-31T23:59:59.999Z"}};
  for (const auto& [milliseconds, text] : rows) {
    EXPECT_EQ(iso_of({milliseconds}), text);
    EXPECT_EQ(parse_iso(text), WallTime{milliseconds});
  }
  for (const std::string_view text :
       {"", "2026-02-29T00:00:00.000Z", "2026-13-01T00:00:00.000Z", "2026-01-01T24:00:00.000Z",
        "2026-01-01T00:60:00.000Z", "2026-01-01T00:00:60.000Z", "2026-01-01 00:00:00.000Z",
        "2026-01-01T00:00:00.000z", "2026-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z",
        "2026-01-0aT00:00:00.000Z", "2026-01-01T00:00:00.0000Z"}) {
    EXPECT_FALSE(parse_iso(text)) << text;
  }
}

// Starts stand on the ledger by their digest, and statements are signed.
TEST(Training, StartAndStatementAreFrozen_K1) {
  EXPECT_EQ(digest_of(start())->hex(),
            "ab8f7e5ec196722e999d23799760da3be3d8fb47bf2e5a55070860cb545054b7");
  const std::string text = *canonical(*statement_of(run()));
  EXPECT_EQ(digest(text).hex(), "094416bd82ae05ab760d3b22ca4edba28cab2de92a6dfae87aed6db10867c0d4");
  EXPECT_NE(text.find("\"predicateType\":\"https://slsa.dev/provenance/v1\""), std::string::npos);
  EXPECT_NE(text.find("\"startedOn\":\"2026-09-21T14:13:20.000Z\""), std::string::npos);
  EXPECT_EQ(*parse_training_statement(text), run());
  TrainingRun bare = run();
  bare.inputs.base_model.reset();
  bare.receipts.clear();
  EXPECT_EQ(*parse_training_statement(*canonical(*statement_of(bare))), bare);
}

TEST(Training, OtherTextsAreRefused_K1) {
  const std::string text = *canonical(*statement_of(run()));
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = text;
    const std::size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    changed.replace(at, from.size(), to);
    const auto parsed = parse_training_statement(changed);
    return parsed ? std::string_view("fine") : parsed.error().reason();
  };
  EXPECT_EQ(with("{", "{ "), reason::not_canonical);
  EXPECT_EQ(with("Statement/v1", "Statement/v2"), reason::not_canonical);
  EXPECT_EQ(with("provenance/v1", "provenance/v2"), reason::not_canonical);
  EXPECT_EQ(with("\"name\":\"code\"", "\"name\":\"cede\""), reason::malformed);
  EXPECT_EQ(with("\"name\":\"code\"", "\"name\":\"image\""), reason::not_canonical);
  EXPECT_EQ(with("urn:oort:node:", "urn:oort:mode:"), reason::malformed);
  EXPECT_EQ(with("\"finishedOn\":\"2026", "\"finishedOn\":\"2025"), reason::malformed);
  EXPECT_EQ(with("\"startedOn\"", "\"begunOn\""), reason::malformed);
  EXPECT_EQ(with("\"subject\":[", "\"subject\":[{},"), reason::malformed);
  EXPECT_EQ(with("urn:oort:sha256:", "urn:oort:sha257:"), reason::not_canonical);
}

TEST(Training, RefusesRunsWithoutSense) {
  const auto refused = [](const auto& change) {
    TrainingRun made = run();
    change(made);
    return !statement_of(made).has_value();
  };
  EXPECT_FALSE(refused([](TrainingRun&) {}));
  EXPECT_TRUE(refused([](TrainingRun& r) { r.inputs.datasets.clear(); }));
  EXPECT_TRUE(refused(
      [](TrainingRun& r) { std::reverse(r.inputs.datasets.begin(), r.inputs.datasets.end()); }));
  EXPECT_TRUE(refused([](TrainingRun& r) { r.inputs.datasets[1] = r.inputs.datasets[0]; }));
  EXPECT_TRUE(refused([](TrainingRun& r) { r.finished = {0}; }));
  EXPECT_TRUE(refused([](TrainingRun& r) { r.finished = {253'402'300'800'000}; }));
  EXPECT_TRUE(refused([](TrainingRun& r) { r.model_name.clear(); }));
  EXPECT_TRUE(refused([](TrainingRun& r) { r.receipts.resize(training_receipts_max + 1); }));
}

TEST(Training, ARunFitsTheStartThatCommittedItsInputs_K2) {
  EXPECT_TRUE(check_run(run(), start()));
  const auto fits = [](const auto& change) {
    TrainingRun made = run();
    TrainingStart begun = start();
    change(made, begun);
    return check_run(made, begun).has_value();
  };
  EXPECT_FALSE(fits([](TrainingRun& r, TrainingStart&) { r.start = digest("x"); }));
  EXPECT_FALSE(fits([](TrainingRun& r, TrainingStart&) { r.inputs.recipe = digest("x"); }));
  EXPECT_FALSE(fits([](TrainingRun& r, TrainingStart&) { r.inputs.datasets.pop_back(); }));
  EXPECT_FALSE(fits([](TrainingRun& r, TrainingStart&) { r.inputs.base_model.reset(); }));
  EXPECT_FALSE(fits([](TrainingRun& r, TrainingStart&) { r.trainer = NodeId(); }));
  EXPECT_FALSE(fits([](TrainingRun& r, TrainingStart&) { r.job = JobId(); }));
  EXPECT_FALSE(fits([](TrainingRun& r, TrainingStart&) { r.finished = {1}; }));
  EXPECT_FALSE(fits([](TrainingRun&, TrainingStart& s) { s.not_before = BlockId(); }));
}

TEST(Training, AGradeNeedsAllOfTheOneBelow_K3) {
  const Bytes32 model = digest("model");
  for (unsigned bits = 0; bits < 64; ++bits) {
    TrainingEvidence evidence;
    evidence.is_signed = (bits & 1) != 0;
    evidence.fits_start = (bits & 2) != 0;
    evidence.was_start_final_before = (bits & 4) != 0;
    evidence.had_network = (bits & 8) == 0;
    evidence.are_receipts_verified = (bits & 16) != 0;
    evidence.replayed_model = (bits & 32) != 0 ? model : digest("other");
    const auto grade = grade_of(evidence, model);
    EXPECT_EQ(grade.has_value(), (bits & 1) != 0);
    if (!grade) continue;
    EXPECT_EQ(*grade >= Grade::Witnessed, (bits & 31) == 31) << bits;
    EXPECT_EQ(*grade == Grade::Replayed, bits == 63) << bits;
  }
  EXPECT_EQ(to_string(Grade::Witnessed), "WITNESSED");
  EXPECT_FALSE(not_excluded_by(Grade::Replayed).empty());
}

Artefact artefact(ArtefactKind kind, std::string_view name) { return {kind, digest(name)}; }
const Artefact sample = artefact(ArtefactKind::Sample, "sample");
const Artefact raw = artefact(ArtefactKind::Dataset, "raw");
const Artefact clean = artefact(ArtefactKind::Dataset, "clean");
const Artefact training = artefact(ArtefactKind::Training, "training");
const Artefact model = artefact(ArtefactKind::Model, "model");
const Artefact device = artefact(ArtefactKind::Device, "device");

std::vector<ProvenanceLink> chain() {
  return {{sample, raw, Grade::Replayed, digest("path")},
          {raw, clean, Grade::Witnessed, digest("cleaning")},
          {clean, training, Grade::Replayed, digest("start")},
          {training, model, Grade::Witnessed, digest("statement")},
          {model, device, Grade::Claimed, digest("deployment")}};
}
ProvenanceGraph graph_of(const std::vector<ProvenanceLink>& links) {
  ProvenanceGraph graph;
  for (const ProvenanceLink& link : links) EXPECT_TRUE(graph.add(link));
  return graph;
}

TEST(Provenance, LinksGoOneWayOnly_V1) {
  ProvenanceGraph graph = graph_of(chain());
  const auto why = [&](const Artefact& from, const Artefact& to) {
    const auto added = graph.add({from, to, Grade::Claimed, {}});
    return added ? std::string_view("fine") : added.error().reason();
  };
  EXPECT_EQ(why(sample, raw), reason::already_exists);
  EXPECT_EQ(why(clean, raw), reason::bad_argument);
  EXPECT_EQ(why(raw, raw), reason::bad_argument);
  EXPECT_EQ(why(model, training), reason::bad_argument);  // A detour back to itself.
  EXPECT_EQ(why(sample, model), reason::bad_argument);
  EXPECT_EQ(why(model, raw), reason::bad_argument);
  EXPECT_EQ(why(raw, sample), reason::bad_argument);
  EXPECT_EQ(why(training, device), reason::bad_argument);
  EXPECT_EQ(why(artefact(ArtefactKind::Model, "base"), training), "fine");
}

TEST(Provenance, ACircleIsSeenHoweverItCameIn_V1) {
  auto links = chain();
  EXPECT_EQ(*ProvenanceGraph::from(links), graph_of(links));
  links.push_back({model, training, Grade::Claimed, {}});
  EXPECT_EQ(ProvenanceGraph::from(links).error().reason(), reason::bad_argument);
  EXPECT_EQ(ProvenanceGraph::from({{raw, raw, Grade::Claimed, {}}}).error().reason(),
            reason::bad_argument);
  // A long chain must not take the square of its length.
  std::vector<ProvenanceLink> long_chain;
  for (int i = 0; i < 20'000; ++i) {
    long_chain.push_back({artefact(ArtefactKind::Dataset, std::to_string(i)),
                          artefact(ArtefactKind::Dataset, std::to_string(i + 1)),
                          Grade::Claimed,
                          {}});
  }
  EXPECT_TRUE(ProvenanceGraph::from(long_chain));
  long_chain.push_back({long_chain.back().to, long_chain.front().from, Grade::Claimed, {}});
  EXPECT_FALSE(ProvenanceGraph::from(long_chain));
}

TEST(Provenance, TheWeakestLinkGrades_V2) {
  ProvenanceGraph graph = graph_of(chain());
  EXPECT_FALSE(graph.grade_of(sample));
  EXPECT_EQ(graph.grade_of(raw), Grade::Replayed);
  EXPECT_EQ(graph.grade_of(training), Grade::Witnessed);
  EXPECT_EQ(graph.grade_of(device), Grade::Claimed);
  EXPECT_EQ(graph.lineage_of(model).size(), 4U);
  ASSERT_TRUE(graph.add({artefact(ArtefactKind::Sample, "late"), raw, Grade::Claimed, {}}));
  EXPECT_EQ(graph.grade_of(model), Grade::Claimed);
  EXPECT_EQ(graph.made_of(clean), (std::vector<Artefact>{training, model, device}));
  EXPECT_TRUE(graph.made_of(device).empty());
}

TEST(Provenance, EqualGraphsHaveEqualBytes_V3) {
  auto links = chain();
  const ProvenanceGraph graph = graph_of(links);
  const Bytes bytes = codec::to_bytes(graph);
  EXPECT_EQ(digest(as_text(bytes)).hex(),
            "63cc21a6e8fa262a459f325e7e77b9ea6c262a72449b69ff087168034800317a");
  Draws draws(4);
  for (int i = 0; i < 10; ++i) {
    draws.shuffle(links);
    EXPECT_EQ(codec::to_bytes(graph_of(links)), bytes);
  }
  EXPECT_EQ(*codec::from_bytes<ProvenanceGraph>(bytes), graph);
}

TEST(Provenance, OtherBytesDoNotDecode_V3) {
  const Bytes bytes = codec::to_bytes(graph_of(chain()));
  constexpr std::size_t link_bytes = 33 + 33 + 1 + 32;
  ASSERT_EQ(bytes.size(), 4 + 5 * link_bytes);
  Bytes swapped = bytes;
  std::swap_ranges(swapped.begin() + 4, swapped.begin() + 4 + link_bytes,
                   swapped.begin() + 4 + link_bytes);
  EXPECT_EQ(codec::from_bytes<ProvenanceGraph>(swapped).error().reason(), reason::not_canonical);
  Bytes graded = bytes;
  graded[4 + 66] = std::byte{3};
  EXPECT_EQ(codec::from_bytes<ProvenanceGraph>(graded).error().reason(), reason::malformed);
  Bytes kind = bytes;
  kind[4] = std::byte{5};
  EXPECT_EQ(codec::from_bytes<ProvenanceGraph>(kind).error().reason(), reason::malformed);
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_FALSE(codec::from_bytes<ProvenanceGraph>(ByteView(bytes).first(size))) << size;
  }
}

}  // namespace
}  // namespace oort::datahub
