// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "oort/consensus/types.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/consensus/verify.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/genesis.hpp"

namespace oort::chain {

/// What everybody derives from a genesis file: whom to believe, and the block that all stand on.
struct TrustRoot {
  ChainId chain;
  /// H("oort.v1 genesis block", chain): stands for block 0, which has no header.
  BlockId anchor;
  Bytes32 seed;  ///< Shuffles the leaders of the first epoch.
  std::uint64_t time_ms = 0;
  consensus::ValidatorSet validators;

  /// Fails with BAD_ARGUMENT for a genesis that no network can start from.
  [[nodiscard]] static Result<TrustRoot> of(const ledger::GenesisParams& genesis);
  [[nodiscard]] consensus::EpochContext context(const consensus::Verifier& verifier) const {
    return {chain, anchor, &validators, &verifier};
  }
};

/// Headers in the order of their heights, each the parent of the next, the last with its FINALIZE
/// certificate: a proof that all of them are final.
struct FinalHeaders {
  std::vector<consensus::Header> headers;
  consensus::Certificate certificate;
  friend bool operator==(const FinalHeaders&, const FinalHeaders&) = default;
};
inline constexpr std::size_t final_headers_count_max = 256;
void encode(codec::Writer& out, const FinalHeaders& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, FinalHeaders& value);

/// Fails with WRONG_CHAIN, BAD_PROOF (the headers do not form a chain) or BAD_CERTIFICATE.
[[nodiscard]] Result<void> verify_final(const TrustRoot& root, const consensus::Verifier& verifier,
                                        const FinalHeaders& headers);
/// The same of a chain of any length; whoever brings it bounds it.
[[nodiscard]] Result<void> verify_chain(const TrustRoot& root, const consensus::Verifier& verifier,
                                        std::span<const consensus::Header> headers,
                                        const consensus::Certificate& certificate);

/// Follows the newest final header with nothing but certificates.
///
/// Invariants
///   F1  `head` was certified by a quorum of the validators of the trust root.
///   F2  The head's height never decreases.
/// Threads: none.
class LightClient {
 public:
  /// `verifier` outlives the client.
  LightClient(TrustRoot root, const consensus::Verifier& verifier)
      : root_(std::move(root)), verifier_(&verifier) {}

  /// Moves the head forward. Whether it did: older headers are checked and change nothing.
  /// Fails as verify_final.
  [[nodiscard]] Result<bool> update(const FinalHeaders& headers);
  /// Nothing before the first update.
  [[nodiscard]] const std::optional<FinalHeaders>& head() const noexcept { return head_; }
  [[nodiscard]] Height height() const noexcept;
  [[nodiscard]] const TrustRoot& root() const noexcept { return root_; }

 private:
  TrustRoot root_;
  const consensus::Verifier* verifier_;
  std::optional<FinalHeaders> head_;
};

}  // namespace oort::chain
