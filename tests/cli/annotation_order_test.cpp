// SPDX-License-Identifier: Apache-2.0
#include "annotation_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "oort/crypto/hash.hpp"

namespace oort::cli {
namespace {

const CampaignId campaign;
const Bytes32 secret = crypto::sha256(as_bytes(std::string_view("secret")));
const Bytes32 another_secret = crypto::sha256(as_bytes(std::string_view("another")));

std::string name(std::size_t number) { return "s" + std::to_string(100 + number); }
std::vector<SampleLine> samples_of(std::size_t count) {
  std::vector<SampleLine> samples;
  for (std::size_t i = 0; i < count; ++i) samples.push_back({name(i), "text " + name(i)});
  return samples;
}
/// The first ones, as files often have them.
std::vector<GoldLine> gold_of(std::size_t count) {
  std::vector<GoldLine> gold;
  for (std::size_t i = 0; i < count; ++i) gold.push_back({name(i), i % 2 == 0 ? "cat" : "dog"});
  return gold;
}
QueueOptions two_labels() {
  QueueOptions options;
  options.labels = {"dog", "cat"};
  return options;
}
std::vector<std::string> names_of(const datahub::AnnotationOrder& order) {
  std::vector<std::string> names;
  for (const auto& sample : order.samples) names.push_back(sample.name);
  return names;
}
std::string why(const Result<datahub::AnnotationOrder>& order) {
  return order ? "" : order.error().to_string();
}

TEST(AnnotationOrder, SamplesAreReadAndEachMistakeIsNamedByItsLine) {
  const auto read = parse_samples(
      "{\"sample\": \"a\", \"content\": \"one, \\\"two\\\"\"}\r\n"
      "\n"
      "{\"content\": \"https://example.org/b\", \"sample\": \"b\"}");
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(*read,
            (std::vector<SampleLine>{{"a", "one, \"two\""}, {"b", "https://example.org/b"}}));

  const std::string good = R"({"sample": "a", "content": "x"})";
  const auto told = [&](const std::string& line) {
    const auto parsed = parse_samples(good + "\n" + line + "\n");
    return parsed ? "" : parsed.error().to_string().substr(0, 24);
  };
  for (const std::string line :
       {R"({"sample": "b", "content": )", R"({"sample": "b"})", R"(["b", "x"])",
        R"({"sample": 1, "content": "x"})", R"({"sample": "b", "content": ["x"]})",
        R"({"sample": "b", "content": "x", "label": "cat"})",
        R"({"sample": "b", "sample": "c", "content": "x"})"}) {
    EXPECT_EQ(told(line).substr(0, 18), "MALFORMED: line 2:") << line;
  }
  EXPECT_EQ(told(good).substr(0, 23), "ALREADY_EXISTS: line 2:");
}

TEST(AnnotationOrder, IsTheSameWhateverOrderTheLinesStandIn) {
  std::vector<SampleLine> samples = samples_of(40);
  std::vector<GoldLine> gold = gold_of(8);
  const auto order = order_of(campaign, secret, samples, gold, two_labels());
  ASSERT_TRUE(order) << order.error().to_string();
  std::ranges::reverse(samples);
  std::ranges::reverse(gold);
  EXPECT_EQ(order_of(campaign, secret, samples, gold, two_labels()).value(), *order);

  const auto other = order_of(campaign, another_secret, samples, gold, two_labels());
  EXPECT_NE(other->seed, order->seed);
  EXPECT_NE(names_of(*other), names_of(*order));
  EXPECT_NE(order->seed, secret);
}

TEST(AnnotationOrder, PlacesTellNothingOfTheGold) {
  const auto order = order_of(campaign, secret, samples_of(40), gold_of(8), two_labels());
  ASSERT_TRUE(order);
  std::vector<std::string> names = names_of(*order);
  const auto plain = order_of(campaign, secret, samples_of(40), {}, two_labels());
  EXPECT_EQ(names_of(*plain), names);
  const auto gold_places = [&](std::size_t begin, std::size_t end) {
    return std::count_if(order->samples.begin() + static_cast<std::ptrdiff_t>(begin),
                         order->samples.begin() + static_cast<std::ptrdiff_t>(end),
                         [](const auto& sample) { return sample.gold.has_value(); });
  };
  EXPECT_EQ(gold_places(0, 40), 8);
  EXPECT_LT(gold_places(0, 8), 8);
  EXPECT_LT(gold_places(32, 40), 8);
  for (const auto& sample : order->samples) {
    const bool is_gold = sample.name < name(8);
    ASSERT_EQ(sample.gold.has_value(), is_gold);
    EXPECT_EQ(sample.content, "text " + sample.name);
    EXPECT_EQ(sample.gold.value_or(2), !is_gold ? 2U : sample.name.back() % 2 == 0 ? 1U : 0U);
  }
  std::ranges::sort(names);
  EXPECT_EQ(names.size(), 40U);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

TEST(AnnotationOrder, GoldIsAmongSamplesAndLabels) {
  const auto told = [](const std::vector<GoldLine>& gold) {
    return why(order_of(campaign, secret, samples_of(5), gold, two_labels()));
  };
  EXPECT_EQ(told({{name(1), "cat"}}), "");
  EXPECT_EQ(told({{"nowhere", "cat"}}), "BAD_ARGUMENT: the gold 'nowhere' is no sample");
  EXPECT_EQ(told({{name(1), "bird"}}),
            "BAD_ARGUMENT: the gold of 's101' is 'bird', which is none of the labels");
}

TEST(AnnotationOrder, OptionsAreThoseOfTheCommandLine) {
  QueueOptions options = two_labels();
  AccountId one;
  one.mutable_view()[0] = std::byte{1};
  options.annotators = {one, AccountId(), one};
  options.lease_s = 60;
  options.answers_max = 7;
  const auto order = order_of(campaign, secret, samples_of(5), {}, options);
  ASSERT_TRUE(order) << order.error().to_string();
  EXPECT_EQ(order->labels, options.labels);
  EXPECT_EQ(order->annotators, (std::vector<AccountId>{AccountId(), one}));
  EXPECT_EQ(order->lease_ms, 60'000U);
  EXPECT_EQ(order->answers_max, 7U);

  for (const std::uint64_t lease_s : {std::uint64_t{0}, std::uint64_t{86'401}, ~std::uint64_t{0}}) {
    options.lease_s = lease_s;
    EXPECT_EQ(why(order_of(campaign, secret, samples_of(5), {}, options)),
              "BAD_ARGUMENT: an assignment lasts a second to a day");
  }
  options = two_labels();
  options.labels.push_back("cat");
  EXPECT_EQ(why(order_of(campaign, secret, samples_of(5), {}, options)),
            "BAD_ARGUMENT: the label 'cat' stands twice");
}

TEST(AnnotationOrder, GoldIsTheOneThatWasCommittedTo) {
  const std::vector<GoldLine> gold = gold_of(4);
  const Bytes32 committed = gold_commitment_of(secret, gold);
  const auto reason = [&](ByteView there, const std::vector<GoldLine>& named, const Bytes32& mine) {
    const auto checked = check_gold(there, named, mine);
    return checked ? "" : std::string(checked.error().reason());
  };
  EXPECT_EQ(reason(committed.view(), gold, secret), "");
  EXPECT_EQ(reason({}, {}, secret), "");
  EXPECT_EQ(reason({}, gold, secret), "PRECONDITION_FAILED");
  EXPECT_EQ(reason(committed.view(), {}, secret), "BAD_ARGUMENT");
  EXPECT_EQ(reason(committed.view(), gold_of(3), secret), "BAD_PROOF");
  EXPECT_EQ(reason(committed.view(), gold, another_secret), "BAD_PROOF");
}

TEST(AnnotationOrder, ALabelIsNamedByItselfOrItsPlace) {
  const std::vector<std::string> labels = {"cat", "dog 2"};
  EXPECT_EQ(label_meant(labels, "dog 2").value_or(""), "dog 2");
  EXPECT_EQ(label_meant(labels, "1").value_or(""), "cat");
  for (const std::string line : {"0", "3", "ca", "1x", "-1", " 1", "99999999999999999999"}) {
    const auto meant = label_meant(labels, line);
    ASSERT_FALSE(meant) << line;
    EXPECT_EQ(meant.error().detail(), "'" + line + "' is none of the labels: cat, dog 2");
  }
  // Where a label is a number, a number is that label and no place.
  const std::vector<std::string> digits = {"0", "1", "many"};
  EXPECT_EQ(label_meant(digits, "1").value_or(""), "1");
  EXPECT_FALSE(label_meant(digits, "3"));
  EXPECT_TRUE(are_numbered(labels));
  EXPECT_FALSE(are_numbered(digits));
}

TEST(AnnotationOrder, AStrangersTextGivesNoOrdersToATerminal) {
  EXPECT_EQ(printable("two\nlines\tof Käse"), "two\nlines\tof Käse");
  EXPECT_EQ(printable("\x1b[2J\r\x7f\x07"), "?[2J???");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J\xc2\xa0"),
            "?2J\xc2\xa0");
  EXPECT_EQ(printable("\x9b"
                      "2J"),
            "?2J");
}

}  // namespace
}  // namespace oort::cli
