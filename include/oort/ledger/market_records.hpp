// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/params.hpp"
#include "oort/ledger/ratio.hpp"
#include "oort/ledger/record.hpp"

/// Credits, the rate at which OORT stands for them, and escrows. See docs/ECONOMY.md.
namespace oort::ledger {

inline constexpr std::size_t processors_max = 32;
inline constexpr std::size_t reporters_max = 31;
inline constexpr std::size_t rate_samples_max = 60;
inline constexpr std::size_t purchase_reference_bytes_max = 64;
inline constexpr std::size_t earners_max = 32;
inline constexpr std::uint64_t hour_ms = 3'600'000;
inline constexpr std::uint64_t day_ms = 24 * hour_ms;

/// Base units of OORT for one credit: microcredits × rate ÷ 10^6 are base units. 1 to `rate_max`;
/// at 5 cents per OORT it is 2 × 10^17, so that one unit of the rate is far below any cent.
using Rate = Amount<struct RateTag>;
inline constexpr Uint128 microcredits_per_credit = 1'000'000;
inline constexpr Uint128 rate_max = Uint128{oort_base_units} * 1'000'000;

/// An account's credits. They are spent into escrows and reach no other account.
struct CreditBalance {
  static constexpr std::uint8_t format_version = 1;
  Credits balance;
  friend bool operator==(const CreditBalance&, const CreditBalance&) = default;
};
/// Where all credits are: `total` = balances of all accounts + `escrowed`.
struct CreditSupply {
  static constexpr std::uint8_t format_version = 1;
  Credits total;
  Credits escrowed;  ///< Held by the escrows that are kept in credits.
  friend bool operator==(const CreditSupply&, const CreditSupply&) = default;
};

/// What a class of storage costs.
struct ClassPrice {
  StorageClass storage_class = StorageClass::Standard;
  Credits gib_month;  ///< Per 2^30 bytes that a node holds and a month of metering.
  friend bool operator==(const ClassPrice&, const ClassPrice&) = default;
};

/// What the market is told by genesis and, later, by governance.
struct MarketParams {
  static constexpr std::uint8_t format_version = 1;

  // Who may sell credits: each sale carries `processors_needed` signatures.
  std::vector<PublicKey> processors;  ///< Ascending.
  std::uint8_t processors_needed = 0;
  Credits daily_cap;  ///< Credits that all processors together may sell in a day of header time.

  // The rate: fixed, or the median of what reporters say.
  std::optional<Rate> fixed_rate;
  std::vector<AccountId> reporters;   ///< Ascending; empty exactly where the rate is fixed.
  std::uint8_t reporters_needed = 0;  ///< Fresh reports without which no sample is taken.
  Oort reporter_bond;                 ///< Reports of whoever posted less do not count.
  std::uint64_t report_lifetime_ms = 300'000;
  std::uint64_t sample_ms = 60'000;
  std::uint8_t samples = 30;  ///< The rate is their mean.
  std::uint64_t stale_ms = 600'000;
  std::uint32_t step = 20'000;  ///< Millionths by which one sample may differ from the last.

  // Prices.
  std::vector<ClassPrice> classes;  ///< Ascending by class.
  Credits egress_gib;               ///< Per 2^30 bytes read.
  std::uint32_t take = 0;      ///< Millionths of what earners are paid that the protocol keeps.
  std::uint32_t discount = 0;  ///< Millionths off for who pays in OORT; at most `take`.
  friend bool operator==(const MarketParams&, const MarketParams&) = default;
};
/// Whether they are within their bounds and do not contradict each other.
[[nodiscard]] bool is_possible(const MarketParams& params);

struct GenesisCredits {
  AccountId account;
  Credits balance;
  friend bool operator==(const GenesisCredits&, const GenesisCredits&) = default;
};
struct GenesisBond {
  AccountId reporter;
  Oort bond;  ///< Taken from the account's balance.
  friend bool operator==(const GenesisBond&, const GenesisBond&) = default;
};
/// How the market begins. The genesis puts into Pot::Reserve at least what all its credits are
/// worth at `first_rate`.
struct MarketGenesis {
  static constexpr std::uint8_t format_version = 1;
  MarketParams params;
  Rate first_rate;
  std::vector<GenesisCredits> credits;  ///< Ascending by account, none zero.
  std::vector<GenesisBond> bonds;       ///< Ascending by reporter, none zero.
  friend bool operator==(const MarketGenesis&, const MarketGenesis&) = default;
};

/// One reporter's latest word.
struct RateReport {
  static constexpr std::uint8_t format_version = 1;
  Rate rate;
  std::uint64_t time_ms = 0;
  friend bool operator==(const RateReport&, const RateReport&) = default;
};
struct ReporterBond {
  static constexpr std::uint8_t format_version = 1;
  Oort bond;
  friend bool operator==(const ReporterBond&, const ReporterBond&) = default;
};
struct RateSample {
  std::uint64_t time_ms = 0;
  Rate rate;
  friend bool operator==(const RateSample&, const RateSample&) = default;
};
/// What became of the reports.
struct RateState {
  static constexpr std::uint8_t format_version = 1;
  std::vector<RateSample> samples;  ///< Oldest first, never empty.
  Rate average;                     ///< Mean of the samples, rounded down.
  std::uint64_t tried_ms = 0;       ///< When a sample was last due.
  std::uint64_t day = 0;            ///< Header time ÷ day.
  Rate worst_today;                 ///< The greatest rate of the day, when OORT was lowest.
  Rate worst_yesterday;
  friend bool operator==(const RateState&, const RateState&) = default;
};

/// A sale that was made, kept for ever, so that a reference buys once.
struct CreditSale {
  static constexpr std::uint8_t format_version = 1;
  AccountId to;
  Credits amount;
  Height height;
  friend bool operator==(const CreditSale&, const CreditSale&) = default;
};
struct CreditDay {
  static constexpr std::uint8_t format_version = 1;
  std::uint64_t day = 0;
  Credits sold;
  friend bool operator==(const CreditDay&, const CreditDay&) = default;
};

using EscrowId = Strong<struct EscrowIdTag, std::uint64_t>;
/// Base units or microcredits, whichever the escrow is kept in.
using Units = Amount<struct UnitsTag>;
enum class Currency : std::uint8_t { Oort = 0, Credits = 1 };
/// What an escrow is for. Numbers are frozen.
enum class EscrowKind : std::uint8_t { Stream = 0, Storage = 1, Job = 2, Campaign = 3 };
enum class EscrowStatus : std::uint8_t {
  Open = 0,
  Frozen = 1,  ///< Its arbiter decides: nothing streams and nobody is paid.
  Closed = 2,  ///< What was earned waits to be withdrawn.
};

/// Who earns from an escrow. What it has earned is `settled` and its weight's part of
/// `Escrow::streamed`.
struct Earner {
  AccountId account;
  std::uint32_t weight = 0;  ///< 0: earns no more.
  Units settled;             ///< Earned under earlier weights.
  Units taken;               ///< Withdrawn or forfeited.
  friend bool operator==(const Earner&, const Earner&) = default;
};

/// Money that is set aside for work. Identity: `funded` = `paid` + `refunded` + `held`.
struct Escrow {
  static constexpr std::uint8_t format_version = 1;
  EscrowId id;
  AccountId payer;
  EscrowKind kind = EscrowKind::Stream;
  Currency currency = Currency::Oort;
  EscrowStatus status = EscrowStatus::Open;
  Module arbiter = Module::Market;  ///< The module that may freeze and forfeit.
  Units funded;
  Units paid;      ///< To earners and to the protocol.
  Units refunded;  ///< To the payer, the discount included.
  Units held;
  Units rate;                    ///< Per hour of header time, to all earners together.
  std::uint64_t settled_ms = 0;  ///< Header time up to which the stream is counted.
  std::uint32_t rest = 0;        ///< Units × hour_ms that are no whole unit yet.
  Units streamed;                ///< Since the weights were set.
  std::vector<Earner> earners;   ///< Ascending by account.
  std::uint64_t expires_ms = 0;  ///< Nothing streams after it; 0: never.
  std::uint32_t take = 0;        ///< Millionths, as they were when it was opened.
  std::uint32_t discount = 0;
  std::uint32_t holdback = 0;  ///< Millionths of what is earned that wait for the window.
  std::uint64_t holdback_ms = 0;
  std::uint64_t closed_ms = 0;
  friend bool operator==(const Escrow&, const Escrow&) = default;
};

/// The escrow as it stands at `now_ms`: what has streamed meanwhile is counted.
[[nodiscard]] Escrow settled_at(Escrow escrow, std::uint64_t now_ms) noexcept;
/// Of a settled escrow: what the earner has earned in all, taken or not.
[[nodiscard]] Units earned_by(const Escrow& escrow, const Earner& earner) noexcept;
/// Of a settled escrow: what was earned and not taken, by all together.
[[nodiscard]] Units owed_by(const Escrow& escrow) noexcept;
/// Of a settled escrow: what the earner may take at `now_ms`, the held-back part apart.
[[nodiscard]] Units withdrawable(const Escrow& escrow, const Earner& earner,
                                 std::uint64_t now_ms) noexcept;
/// Of a settled escrow: what has not streamed and belongs to the payer.
[[nodiscard]] Units unstreamed(const Escrow& escrow) noexcept;

}  // namespace oort::ledger
