// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "builtin/unicode.hpp"
#include "oort/compute/builtin/text.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::size_t letters_min = 12;
constexpr std::size_t profile_size = 300;

struct Sample {
  Language language;
  std::string_view text;
};

/// The Universal Declaration of Human Rights, articles 1 to 3, and common words.
constexpr std::array samples{
    Sample{Language::English,
           "All human beings are born free and equal in dignity and rights. They are endowed with "
           "reason and conscience and should act towards one another in a spirit of brotherhood. "
           "Everyone is entitled to all the rights and freedoms set forth in this Declaration, "
           "without distinction of any kind, such as race, colour, sex, language, religion, "
           "political or other opinion, national or social origin, property, birth or other "
           "status. Everyone has the right to life, liberty and security of person. the of and to "
           "in is that it was for on are with as his they at be this from have or by not but what "
           "were when which their there would about into than them been who will more if said "
           "how we you my has could very after where most think through"},
    Sample{Language::German,
           "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft "
           "und Gewissen begabt und sollen einander im Geiste der Brüderlichkeit begegnen. Jeder "
           "hat Anspruch auf die in dieser Erklärung verkündeten Rechte und Freiheiten ohne "
           "irgendeinen Unterschied, etwa nach Rasse, Hautfarbe, Geschlecht, Sprache, Religion, "
           "politischer oder sonstiger Überzeugung, nationaler oder sozialer Herkunft. Jeder hat "
           "das Recht auf Leben, Freiheit und Sicherheit der Person. der die und das in den von "
           "zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat "
           "dass sie nach wird bei einer um am sind noch wie einem über so zum war haben nur oder "
           "aber vor zur bis mehr durch man sein wurde wenn können ich wir schon immer"},
    Sample{
        Language::French,
        "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués "
        "de raison et de conscience et doivent agir les uns envers les autres dans un esprit de "
        "fraternité. Chacun peut se prévaloir de tous les droits et de toutes les libertés "
        "proclamés dans la présente Déclaration, sans distinction aucune, notamment de race, de "
        "couleur, de sexe, de langue, de religion, d'opinion politique ou de toute autre "
        "opinion. Tout individu a droit à la vie, à la liberté et à la sûreté de sa personne. "
        "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce "
        "il sont avec mais nous vous elle ont cette aux ses comme être fait leur tout bien "
        "même aussi avait était deux quand très sans après chez alors encore"},
    Sample{Language::Spanish,
           "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como "
           "están de razón y conciencia, deben comportarse fraternalmente los unos con los otros. "
           "Toda persona tiene los derechos y libertades proclamados en esta Declaración, sin "
           "distinción alguna de raza, color, sexo, idioma, religión, opinión política o de "
           "cualquier otra índole, origen nacional o social, posición económica, nacimiento o "
           "cualquier otra condición. Todo individuo tiene derecho a la vida, a la libertad y a la "
           "seguridad de su persona. de la que el en y a los del se las por un para con no una su "
           "al lo como más pero sus le ya o este sí porque esta entre cuando muy sin sobre también "
           "me hasta hay donde quien desde todo nos durante ellos había algunos dos años"},
    Sample{Language::Italian,
           "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati "
           "di ragione e di coscienza e devono agire gli uni verso gli altri in spirito di "
           "fratellanza. Ad ogni individuo spettano tutti i diritti e tutte le libertà enunciate "
           "nella presente Dichiarazione, senza distinzione alcuna, per ragioni di razza, di "
           "colore, di sesso, di lingua, di religione, di opinione politica o di altro genere. "
           "Ogni individuo ha diritto alla vita, alla libertà ed alla sicurezza della propria "
           "persona. di che è la il un a per in una sono mi si lo con non ho ma ha le se come io "
           "ci questo bene tu sei del da al della anche più quando molto fare perché degli nella "
           "dei delle stato essere questa gli altri dopo ancora tra dove chi"},
    Sample{
        Language::Portuguese,
        "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de "
        "razão e de consciência, devem agir uns para com os outros em espírito de fraternidade. "
        "Todos os seres humanos podem invocar os direitos e as liberdades proclamados na "
        "presente Declaração, sem distinção alguma, nomeadamente de raça, de cor, de sexo, de "
        "língua, de religião, de opinião política ou outra, de origem nacional ou social. Todo o "
        "indivíduo tem direito à vida, à liberdade e à segurança pessoal. de a o que e do da em "
        "um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu "
        "sua ou ser quando muito há nos já está eu também só pelo pela até isso ela entre era "
        "depois sem mesmo aos ter seus quem nas me esse eles estão você tinha foram"},
    Sample{
        Language::Dutch,
        "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd "
        "met verstand en geweten, en behoren zich jegens elkander in een geest van broederschap "
        "te gedragen. Een ieder heeft aanspraak op alle rechten en vrijheden, in deze Verklaring "
        "opgesomd, zonder enig onderscheid van welke aard ook, zoals ras, kleur, geslacht, taal, "
        "godsdienst, politieke of andere overtuiging, nationale of maatschappelijke afkomst. Een "
        "ieder heeft het recht op leven, vrijheid en onschendbaarheid van zijn persoon. de en "
        "van ik te dat die in een hij het niet zijn is was op aan met als voor had er maar om "
        "hem dan zou of wat mijn men dit zo door over ze zich bij ook tot je mij uit der daar "
        "haar naar heb hoe heeft hebben deze u want nog zal me zij nu geen omdat iets worden"},
};

/// The code points of a text as trigrams: letters are lowered, all else is one space.
std::vector<std::uint64_t> trigrams_of(ByteView text) {
  std::vector<std::uint64_t> trigrams;
  constexpr std::uint64_t mask = (std::uint64_t{1} << 63U) - 1;
  std::uint64_t window = U' ';
  std::size_t held = 1;
  const auto push = [&](char32_t value) {
    if (value == U' ' && (window & 0x1FFFFFU) == U' ') return;
    window = (window << 21U | value) & mask;
    if (++held >= 3) trigrams.push_back(window);
  };
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    push(letters_of(next.value) == Letters::Letter ? lowered(next.value) : U' ');
    text = text.subspan(next.size);
  }
  push(U' ');
  return trigrams;
}

/// Each trigram's weight in a language: 300 for the commonest, 1 less for each after it.
using Profile = std::vector<std::pair<std::uint64_t, std::uint32_t>>;

Profile profile_of(std::string_view text) {
  auto trigrams = trigrams_of(as_bytes(text));
  std::sort(trigrams.begin(), trigrams.end());
  Profile counted;
  for (const std::uint64_t trigram : trigrams) {
    if (counted.empty() || counted.back().first != trigram) counted.emplace_back(trigram, 0);
    ++counted.back().second;
  }
  std::sort(counted.begin(), counted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  counted.resize(std::min(counted.size(), profile_size));
  for (std::size_t i = 0; i < counted.size(); ++i) {
    counted[i].second = static_cast<std::uint32_t>(profile_size - i);
  }
  std::sort(counted.begin(), counted.end());
  return counted;
}

const std::array<Profile, samples.size()>& profiles() {
  static const auto made = [] {
    std::array<Profile, samples.size()> all;
    for (std::size_t i = 0; i < samples.size(); ++i) all.at(i) = profile_of(samples.at(i).text);
    return all;
  }();
  return made;
}

struct Script {
  char32_t first;
  char32_t last;
  Language language;
};
constexpr std::array scripts{
    Script{0x370, 0x3FF, Language::Greek},      Script{0x400, 0x52F, Language::Cyrillic},
    Script{0x590, 0x5FF, Language::Hebrew},     Script{0x600, 0x6FF, Language::Arabic},
    Script{0x900, 0x97F, Language::Devanagari}, Script{0xE00, 0xE7F, Language::Thai},
    Script{0x1100, 0x11FF, Language::Hangul},   Script{0x3040, 0x30FF, Language::Kana},
    Script{0x4E00, 0x9FFF, Language::Han},      Script{0xAC00, 0xD7AF, Language::Hangul},
};

/// The script that more than half of the letters are of, or Unknown for Latin and mixtures. Kana
/// among Han is Japanese.
Language script_of(ByteView text, std::size_t& letters_count) {
  std::array<std::size_t, 256> counts{};
  letters_count = 0;
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    text = text.subspan(next.size);
    if (letters_of(next.value) != Letters::Letter) continue;
    ++letters_count;
    for (const Script& script : scripts) {
      if (next.value >= script.first && next.value <= script.last) {
        ++counts.at(static_cast<std::size_t>(script.language));
      }
    }
  }
  const std::size_t kana = counts.at(static_cast<std::size_t>(Language::Kana));
  const std::size_t han = counts.at(static_cast<std::size_t>(Language::Han));
  if (kana * 10 > letters_count && (kana + han) * 2 > letters_count) return Language::Kana;
  for (const Script& script : scripts) {
    if (counts.at(static_cast<std::size_t>(script.language)) * 2 > letters_count) {
      return script.language;
    }
  }
  return Language::Unknown;
}

}  // namespace

Language language_of(ByteView text) {
  std::size_t letters_count = 0;
  const Language script = script_of(text, letters_count);
  // A character of Han says as much as some letters.
  const bool is_dense = script == Language::Han || script == Language::Kana;
  if (letters_count < (is_dense ? letters_min / 3 : letters_min)) return Language::Unknown;
  if (script != Language::Unknown) return script;
  std::array<std::uint64_t, samples.size()> scores{};
  const auto& all = profiles();
  for (const std::uint64_t trigram : trigrams_of(text)) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Profile& profile = all.at(i);
      const auto found = std::lower_bound(profile.begin(), profile.end(), std::pair(trigram, 0U));
      if (found != profile.end() && found->first == trigram) scores.at(i) += found->second;
    }
  }
  const auto best = std::max_element(scores.begin(), scores.end());
  if (*best == 0) return Language::Unknown;
  return samples.at(static_cast<std::size_t>(best - scores.begin())).language;
}

}  // namespace oort::compute::builtin
