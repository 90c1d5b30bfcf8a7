// SPDX-License-Identifier: Apache-2.0
// Public sets against figures of an independent implementation. The sets may not be shipped, so
// these cases are skipped where the folder of OORT_CROWD_DATA is not there.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "crowd_data.hpp"
#include "oort/datahub/aggregation.hpp"
#include "oort/datahub/agreement.hpp"

namespace oort::datahub {
namespace {

double accuracy_of(const CrowdSet& set, const Aggregate& result) {
  double right = 0;
  for (const auto& [sample, label] : set.gold) {
    if (result.verdicts[sample].label == label) right += 1;
  }
  return right / static_cast<double>(set.gold.size());
}

/// What a fair draw among tied labels would get right on average.
double expected_accuracy_of(const CrowdSet& set, const Aggregate& result, std::uint32_t labels) {
  double right = 0;
  for (const auto& [sample, label] : set.gold) {
    const double* const row = &result.fit.posterior[std::size_t{sample} * labels];
    const double best = *std::max_element(row, row + labels);
    if (row[label] == best) right += 1.0 / static_cast<double>(std::count(row, row + labels, best));
  }
  return right / static_cast<double>(set.gold.size());
}

double figure(const Json& expected, const std::string& set, const std::string& name) {
  const Json* const value = expected.find(set)->find(name);
  EXPECT_NE(value, nullptr) << set << " " << name;
  return *value->if_number();
}

class Crowd : public testing::TestWithParam<const char*> {};

TEST_P(Crowd, IsAggregatedLikeTheReference) {
  const auto folder = crowd_folder();
  if (!folder) GTEST_SKIP() << "OORT_CROWD_DATA names no folder of crowd-label sets";
  const Json expected = read_json_file(*folder + "/expected.json");
  const std::string name = GetParam();
  const CrowdSet set = read_crowd_set(*folder, name);
  const Answers answers = *Answers::from(set.answers, set.counts);
  const auto run = [&](Method method, double smoothing = 0.1) {
    AggregationOptions options;
    options.method = method;
    options.smoothing = smoothing;
    return aggregate(answers, options);
  };
  const Aggregate majority = run(Method::Majority);
  EXPECT_NEAR(expected_accuracy_of(set, majority, set.counts.labels),
              figure(expected, name, "mv_expected"), 1e-4);
  EXPECT_NEAR(accuracy_of(set, majority), figure(expected, name, "mv_lowest_label"), 1e-4);
  EXPECT_NEAR(accuracy_of(set, run(Method::Wawa)), figure(expected, name, "wawa"), .002);
  EXPECT_NEAR(accuracy_of(set, run(Method::OneCoin)), figure(expected, name, "onecoin_ds"), .002);
  EXPECT_NEAR(accuracy_of(set, run(Method::Glad)), figure(expected, name, "glad"), .005);
  const std::array<std::pair<const char*, double>, 4> rows = {
      {{"ds_alpha_0", 0}, {"ds_alpha_0.01", .01}, {"ds_alpha_0.1", .1}, {"ds_alpha_1", 1}}};
  for (const auto& [row, smoothing] : rows) {
    const Json& cell = *expected.find(name)->find(row);
    const Aggregate result = run(Method::DawidSkene, smoothing);
    EXPECT_NEAR(accuracy_of(set, result), *cell.find("acc")->if_number(), .002) << row;
    EXPECT_NEAR(result.fit.log_likelihoods.back(), *cell.find("loglik_per_answer")->if_number(),
                2e-6)
        << row;
    EXPECT_NEAR(result.rounds, *cell.find("iters")->if_number(), 1) << row;
    if (smoothing != 0) continue;
    const auto& likelihoods = result.fit.log_likelihoods;
    for (std::size_t i = 1; i < likelihoods.size(); ++i) {
      EXPECT_GE(likelihoods[i], likelihoods[i - 1] - 1e-9) << "G2, round " << i;
    }
  }
  EXPECT_NEAR(krippendorff_alpha(answers, Scale::Nominal).value(),
              figure(expected, name, "krippendorff_alpha_nominal"), 1e-6);
  const Json& fleiss = *expected.find(name)->find("fleiss_kappa");
  const auto kappa = fleiss_kappa(answers);
  ASSERT_EQ(kappa.has_value(), !fleiss.is_null());
  if (kappa) {
    EXPECT_NEAR(*kappa, *fleiss.if_number(), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, Crowd,
                         testing::Values("bluebird", "rte", "face", "dog", "product", "web", "cf",
                                         "cf_amt", "sp_amt", "barzan", "adult2", "zencrowd_us",
                                         "zencrowd_in", "zencrowd_all"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace oort::datahub
