// SPDX-License-Identifier: Apache-2.0
// Personal data in running text, found by its form from left to right.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "oort/compute/builtin/text.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::array<std::string_view, personal_kinds> replacements{"[EMAIL]", "[IBAN]", "[IPV6]",
                                                                    "[IPV4]",  "[CARD]", "[PHONE]"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z'); }
bool is_word(char c) { return is_digit(c) || is_letter(c) || c == '_'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Whether what was found ends where a word could.
bool ends_at(std::string_view text, std::size_t at) {
  return at >= text.size() || !is_word(text[at]);
}

std::size_t run_of(std::string_view text, std::size_t at, std::size_t size_max,
                   bool (*belongs)(char)) {
  std::size_t size = 0;
  while (at + size < text.size() && size < size_max && belongs(text[at + size])) ++size;
  return size;
}

// Each of these gives the size of what `text` begins with, or 0.

std::size_t email_size(std::string_view text) {
  constexpr std::string_view marks = "._%+-";
  std::size_t at = 0;
  while (at < text.size() && at < 64 &&
         (is_word(text[at]) || marks.find(text[at]) != std::string_view::npos)) {
    ++at;
  }
  if (at == 0 || at >= text.size() || text[at] != '@') return 0;
  std::size_t end = 0;
  std::size_t label = ++at;
  const auto in_label = [](char c) { return is_digit(c) || is_letter(c) || c == '-'; };
  while (true) {
    const std::size_t size = run_of(text, label, 63, in_label);
    if (size == 0) break;
    // The last label has letters alone, two at least.
    const bool is_top = label > at && size >= 2 && run_of(text, label, 63, is_letter) == size;
    if (is_top) end = label + size;
    label += size;
    if (label >= text.size() || text[label] != '.') break;
    ++label;
  }
  return end;
}

/// Whether the letters and digits of an IBAN leave 1 when divided by 97 as ISO 7064 has it.
bool is_iban(std::string_view compact) {
  std::uint32_t rest = 0;
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[(i + 4) % compact.size()];
    const auto value = static_cast<std::uint32_t>(is_digit(c) ? c - '0' : c - 'A' + 10);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest == 1;
}

std::size_t iban_size(std::string_view text) {
  const bool begins = text.size() >= 15 && is_upper(text[0]) && is_upper(text[1]) &&
                      is_digit(text[2]) && is_digit(text[3]);
  if (!begins) return 0;
  std::array<char, 34> compact{};
  std::size_t size = 0;
  std::size_t found = 0;
  for (std::size_t at = 0; at < text.size() && size < compact.size(); ++at) {
    if (text[at] == ' ' && size > 0 && text[at - 1] != ' ') continue;
    if (!is_digit(text[at]) && !is_upper(text[at])) break;
    compact.at(size++) = text[at];
    if (size >= 15 && ends_at(text, at + 1) && is_iban({compact.data(), size})) found = at + 1;
  }
  return found;
}

std::size_t ipv4_size(std::string_view text) {
  std::size_t at = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (at >= text.size() || text[at] != '.') return 0;
      ++at;
    }
    const std::size_t size = run_of(text, at, 4, is_digit);
    if (size == 0 || size > 3) return 0;
    int value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value * 10 + (text[at + i] - '0');
    if (value > 255) return 0;
    at += size;
  }
  const bool goes_on = at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1]);
  return !goes_on && ends_at(text, at) ? at : 0;
}

std::size_t ipv6_size(std::string_view text) {
  std::size_t at = 0;
  std::size_t groups = 0;
  std::size_t gaps = 0;
  while (at < text.size()) {
    const std::size_t size = run_of(text, at, 5, is_hex);
    if (size > 4) return 0;
    groups += size > 0 ? 1 : 0;
    at += size;
    if (at + 1 < text.size() && text[at] == ':' && text[at + 1] == ':') {
      ++gaps;
      at += 2;
    } else if (size > 0 && at + 1 < text.size() && text[at] == ':' && is_hex(text[at + 1])) {
      ++at;
    } else {
      break;
    }
  }
  // Two groups beside a gap are as likely two names of a program.
  const bool is_whole = gaps == 0 && groups == 8;
  const bool is_short = gaps == 1 && groups >= 3 && groups < 8;
  return (is_whole || is_short) && ends_at(text, at) ? at : 0;
}

/// Digits with single separators between them; how many, and where they end.
struct Digits {
  std::array<char, 20> values{};
  std::size_t count = 0;
  std::size_t end = 0;
};

Digits digits_of(std::string_view text, std::size_t at, std::string_view separators) {
  Digits digits;
  std::size_t gap = 0;
  for (; at < text.size() && digits.count < digits.values.size(); ++at) {
    if (is_digit(text[at])) {
      digits.values.at(digits.count++) = text[at];
      digits.end = at + 1;
      gap = 0;
    } else if (separators.find(text[at]) == std::string_view::npos || ++gap > 2) {
      break;
    }
  }
  return digits;
}

std::size_t card_size(std::string_view text) {
  if (!is_digit(text[0])) return 0;
  const Digits digits = digits_of(text, 0, " -");
  if (digits.count < 13 || digits.count > 19 || !ends_at(text, digits.end)) return 0;
  int sum = 0;
  for (std::size_t i = 0; i < digits.count; ++i) {
    const int digit = digits.values.at(digits.count - 1 - i) - '0';
    const int doubled = i % 2 == 1 ? 2 * digit : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum > 0 && sum % 10 == 0 ? digits.end : 0;
}

std::size_t phone_size(std::string_view text) {
  const bool is_international = text[0] == '+';
  // A decimal fraction begins with 0 too, but not with another digit at once.
  const bool is_national =
      text[0] == '(' || (text[0] == '0' && text.size() > 1 && is_digit(text[1]));
  if (!is_international && !is_national) return 0;
  const Digits digits = digits_of(text, is_international ? 1 : 0, " -./()");
  const std::size_t least = is_international ? 7 : 9;
  const bool fits = digits.count >= least && digits.count <= 15 && ends_at(text, digits.end);
  return fits ? digits.end : 0;
}

struct Finder {
  Personal kind;
  std::size_t (*size)(std::string_view);
};
/// In this order: an address of digits must not pass for a telephone.
constexpr std::array finders{
    Finder{Personal::Email, email_size}, Finder{Personal::Iban, iban_size},
    Finder{Personal::Ipv6, ipv6_size},   Finder{Personal::Ipv4, ipv4_size},
    Finder{Personal::Card, card_size},   Finder{Personal::Phone, phone_size},
};

}  // namespace

std::string_view replacement_of(Personal kind) noexcept {
  return replacements[static_cast<std::size_t>(kind)];
}

Scrubbed scrubbed(ByteView bytes) {
  Scrubbed out;
  const std::string_view text = as_text(bytes);
  for (std::size_t at = 0; at < text.size();) {
    // The second part of 1.2.3.4.5 begins no address.
    const bool is_part = at > 1 && text[at - 1] == '.' && is_digit(text[at - 2]);
    const bool may_begin = at == 0 || (!is_word(text[at - 1]) && !is_part);
    std::size_t size = 0;
    for (std::size_t i = 0; may_begin && size == 0 && i < finders.size(); ++i) {
      size = finders.at(i).size(text.substr(at));
      if (size == 0) continue;
      const ByteView instead = as_bytes(replacement_of(finders.at(i).kind));
      out.text.insert(out.text.end(), instead.begin(), instead.end());
      ++out.counts.at(static_cast<std::size_t>(finders.at(i).kind));
    }
    if (size == 0) {
      out.text.push_back(bytes[at]);
      size = 1;
    }
    at += size;
  }
  return out;
}

}  // namespace oort::compute::builtin
