// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "oort/chain/epochs.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/verify.hpp"
#include "oort/core/result.hpp"

namespace oort::chain {

/// Headers of one epoch in the order of their heights, each the parent of the next, the last with
/// its FINALIZE certificate: a proof that all of them are final.
struct FinalHeaders {
  std::vector<consensus::Header> headers;
  consensus::Certificate certificate;
  friend bool operator==(const FinalHeaders&, const FinalHeaders&) = default;
};
inline constexpr std::size_t final_headers_count_max = 256;
void encode(codec::Writer& out, const FinalHeaders& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, FinalHeaders& value);

/// Fails with WRONG_CHAIN, BAD_PROOF (the headers do not form a chain, or are not of the root's
/// epoch) or BAD_CERTIFICATE.
[[nodiscard]] Result<void> verify_final(const TrustRoot& root, const consensus::Verifier& verifier,
                                        const FinalHeaders& headers);
/// The same of a chain of any length; whoever brings it bounds it.
[[nodiscard]] Result<void> verify_chain(const TrustRoot& root, const consensus::Verifier& verifier,
                                        std::span<const consensus::Header> headers,
                                        const consensus::Certificate& certificate);
/// The root that judges these headers. Fails as TrustRoots::find, or with BAD_PROOF without any.
[[nodiscard]] Result<const TrustRoot*> root_for(const TrustRoots& roots,
                                                const FinalHeaders& headers);

/// Follows the newest final header with nothing but certificates and the proofs that epochs ended.
///
/// Invariants
///   F1  `head` was certified by a quorum of the validators of its epoch, and each epoch's by the
///       one before.
///   F2  The head's height never decreases.
/// Threads: none.
class LightClient {
 public:
  /// `verifier` outlives the client.
  LightClient(TrustRoots roots, const consensus::Verifier& verifier)
      : roots_(std::move(roots)), verifier_(&verifier) {}

  /// Moves the head forward. Whether it did: older headers are checked and change nothing.
  /// Fails as verify_final, and with NOT_READY for headers of an epoch that is yet to be followed.
  [[nodiscard]] Result<bool> update(const FinalHeaders& headers);
  /// Goes on to the next epoch. Fails as TrustRoots::follow.
  [[nodiscard]] Result<void> follow(const Handover& handover) {
    return roots_.follow(handover, *verifier_);
  }
  /// Nothing before the first update.
  [[nodiscard]] const std::optional<FinalHeaders>& head() const noexcept { return head_; }
  [[nodiscard]] Height height() const noexcept;
  [[nodiscard]] const TrustRoots& roots() const noexcept { return roots_; }

 private:
  TrustRoots roots_;
  const consensus::Verifier* verifier_;
  std::optional<FinalHeaders> head_;
};

}  // namespace oort::chain
