// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "builtin/unicode.hpp"
#include "builtin/ways.hpp"
#include "oort/compute/builtin/draws.hpp"

namespace oort::compute::builtin {
namespace {

std::string scrub(std::string_view text) {
  return std::string(as_text(scrubbed(as_bytes(text)).text));
}

/// he, ll, hell, " w", "ö" of two bytes.
Vocabulary small_vocabulary() {
  return {{{'h', 'e'}, {'l', 'l'}, {256, 257}, {' ', 'w'}, {0xC3, 0xB6}}};
}

TEST(Scrub, ReplacesPersonalDataByItsKind_N2) {
  EXPECT_EQ(scrub("write to ann.b+x@mail.example.org, or bob@x.de."),
            "write to [EMAIL], or [EMAIL].");
  EXPECT_EQ(scrub("call +49 (30) 1234-5678 or 030 12345678"), "call [PHONE] or [PHONE]");
  EXPECT_EQ(scrub("from 192.168.0.254 to 2001:db8:85a3::8a2e:370:7334!"), "from [IPV4] to [IPV6]!");
  EXPECT_EQ(scrub("IBAN DE89 3704 0044 0532 0130 00 PLEASE"), "IBAN [IBAN] PLEASE");
  EXPECT_EQ(scrub("GB82WEST12345698765432;"), "[IBAN];");
  EXPECT_EQ(scrub("card 4111 1111 1111 1111, 5500-0000-0000-0004"), "card [CARD], [CARD]");
  const Scrubbed counted = scrubbed(as_bytes("a@b.cd e@f.gh 1.2.3.4"));
  EXPECT_EQ(counted.counts, (std::array<std::uint32_t, personal_kinds>{2, 0, 0, 1, 0, 0}));
}

TEST(Scrub, LeavesOtherNumbersAndWords_N2_N3) {
  for (const std::string_view text :
       {"4111 1111 1111 1112", "GB83WEST12345698765432", "1.2.3.4.5 and 256.1.1.1", "12:30:45",
        "std::vector a::b", "on 01.02.2024", "a @ b", "x@localhost", "0.12345678901", "2024-05-06",
        "v1.2.3", "Größe — 10 000 €", "0000000000000000x", ""}) {
    EXPECT_EQ(scrub(text), text);
  }
}

TEST(Scrub, KeepsEveryByteThatIsNotPersonal_N2) {
  for (std::uint64_t round = 0; round < 200; ++round) {
    std::string text;
    for (std::uint64_t i = 0; i < 80; ++i) {
      const std::uint64_t draw = drawn(round, 1, i);
      text += draw % 3 == 0 ? static_cast<char>(draw >> 8U) : "ab 1.:@-+"[(draw >> 8U) % 9];
    }
    const Scrubbed out = scrubbed(as_bytes(text));
    std::uint32_t found = 0;
    for (const std::uint32_t count : out.counts) found += count;
    if (found == 0) {
      EXPECT_EQ(as_text(out.text), text);
    }
  }
}

TEST(Tokeniser, JoinsTheFirstPairOfTheListFirst_N1) {
  const Tokeniser tokeniser(small_vocabulary());
  EXPECT_EQ(tokeniser.tokens(as_bytes("hello")), (std::vector<std::uint32_t>{258, 'o'}));
  EXPECT_EQ(tokeniser.tokens(as_bytes("hel lo")),
            (std::vector<std::uint32_t>{256, 'l', ' ', 'l', 'o'}));
  EXPECT_EQ(tokeniser.tokens(as_bytes("we wö")), (std::vector<std::uint32_t>{'w', 'e', 259, 260}));
  EXPECT_EQ(tokeniser.tokens(as_bytes("  w")), (std::vector<std::uint32_t>{' ', 259}));
}

TEST(Tokeniser, PutTogetherGivesTheTextAgain_N1) {
  const Tokeniser tokeniser(small_vocabulary());
  for (std::uint64_t round = 0; round < 200; ++round) {
    Bytes text;
    for (std::uint64_t i = 0; i < 150; ++i) {
      const std::uint64_t draw = drawn(round, 1, i);
      const auto c = static_cast<std::uint64_t>("hello w1."[draw % 9]);
      text.push_back(static_cast<std::byte>(draw % 5 == 0 ? draw >> 8U : c));
    }
    Bytes joined;
    for (const std::uint32_t token : tokeniser.tokens(text)) {
      const Bytes bytes = tokeniser.bytes_of(token);
      joined.insert(joined.end(), bytes.begin(), bytes.end());
    }
    EXPECT_EQ(joined, text);
  }
}

TEST(Vocabulary, RefusesTokensThatDoNotExistAndPairsThatComeTwice) {
  const auto reads = [](const Vocabulary& vocabulary) {
    return codec::from_bytes<Vocabulary>(codec::to_bytes(vocabulary)).has_value();
  };
  EXPECT_TRUE(reads(small_vocabulary()));
  EXPECT_FALSE(reads({{{256, 'a'}}}));
  EXPECT_FALSE(reads({{{'a', 'b'}, {'a', 'b'}}}));
}

TEST(Unicode, ReadsStrictUtf8AndSortsLetters_N1) {
  EXPECT_EQ(first_code_point(as_bytes("\xC3\xB6x")).value, U'ö');
  EXPECT_EQ(first_code_point(as_bytes("\xF0\x9F\x98\x80")).value, U'\U0001F600');
  for (const std::string_view broken :
       {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
    EXPECT_EQ(first_code_point(as_bytes(broken)).value, 0xFFFFFFFF);
    EXPECT_EQ(first_code_point(as_bytes(broken)).size, 1U);
  }
  EXPECT_EQ(letters_of(U'ß'), Letters::Letter);
  EXPECT_EQ(letters_of(U'字'), Letters::Letter);
  EXPECT_EQ(letters_of(U'٣'), Letters::Digit);
  EXPECT_EQ(letters_of(0xA0), Letters::Space);
  EXPECT_EQ(letters_of(U'—'), Letters::Other);
  EXPECT_EQ(letters_of(U'\U0001F600'), Letters::Other);
  EXPECT_EQ(lowered(U'Ä'), U'ä');
  EXPECT_EQ(lowered(U'Ж'), U'ж');
  EXPECT_EQ(lowered(U'×'), U'×');
}

TEST(Language, IsGuessedFromASentence_N4) {
  const std::pair<std::string_view, Language> cases[] = {
      {"The weather was cold this morning and nobody wanted to leave the house.",
       Language::English},
      {"Heute Morgen war es kalt und niemand wollte das Haus verlassen.", Language::German},
      {"Il faisait froid ce matin et personne ne voulait quitter la maison.", Language::French},
      {"Hacía frío esta mañana y nadie quería salir de la casa.", Language::Spanish},
      {"Stamattina faceva freddo e nessuno voleva uscire dalla casa.", Language::Italian},
      {"Fazia frio esta manhã e ninguém queria sair de casa, então ficaram.", Language::Portuguese},
      {"Het was koud vanmorgen en niemand wilde het huis verlaten.", Language::Dutch},
      {"Сегодня утром было холодно.", Language::Cyrillic},
      {"Σήμερα το πρωί έκανε κρύο.", Language::Greek},
      {"今朝はとても寒かったです", Language::Kana},
      {"今天早上非常冷", Language::Han},
      {"오늘 아침은 매우 추웠습니다", Language::Hangul},
      {"short", Language::Unknown},
      {"", Language::Unknown},
  };
  for (const auto& [text, language] : cases) {
    EXPECT_EQ(static_cast<int>(language_of(as_bytes(text))), static_cast<int>(language)) << text;
  }
}

TEST(TextWorkload, GivesTheSameBitsEveryWay_W1_W3) {
  const TextParameters parameters{.scrubs = true, .guesses_language = true, .makes_tokens = true};
  const Bytes bytes = test::every_way(
      {{"text", 1},
       codec::to_bytes(parameters),
       {codec::to_bytes(small_vocabulary()), to_bytes("hello, this is the mail of me@x.org"),
        to_bytes("und das ist die Nummer +49 30 1234567"), to_bytes(""), to_bytes("\xFF\x00 w")}});
  const auto output = codec::from_bytes<TextOutput>(bytes);
  ASSERT_TRUE(output);
  ASSERT_EQ(output->documents.size(), 4U);
  EXPECT_EQ(output->documents[0].language, Language::English);
  EXPECT_EQ(output->documents[0].tokens.front(), 258U);
  EXPECT_EQ(as_text(output->documents[1].scrubbed.text), "und das ist die Nummer [PHONE]");
  EXPECT_EQ(test::digest_hex(bytes),
            "39d9bd47e916978230a66208a8c019335bd82cd99ad24692dfbf284738e4429b");
}

TEST(TextWorkload, RefusesTokensWithoutAVocabulary) {
  const TextParameters parameters{.scrubs = false, .guesses_language = false, .makes_tokens = true};
  EXPECT_EQ(test::refusal({{"text", 1}, codec::to_bytes(parameters), {}}), "BAD_ARGUMENT");
}

}  // namespace
}  // namespace oort::compute::builtin
