// SPDX-License-Identifier: Apache-2.0
#include "oort/chain/light_client.hpp"

#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/verify.hpp"
#include "oort/core/reasons.hpp"

namespace oort::chain {
namespace {

constexpr std::uint8_t final_headers_version = 1;

tl::unexpected<Error> bad_chain(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof, std::move(detail));
}

}  // namespace

void encode(codec::Writer& out, const FinalHeaders& value) {
  out.u8(final_headers_version);
  codec::encode_vector(out, value.headers);
  encode(out, value.certificate);
}

Result<void> decode(codec::Reader& in, FinalHeaders& value) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != final_headers_version) {
    return fail(ErrorCode::InvalidArgument, reason::unsupported_version,
                "unknown version of final headers");
  }
  OORT_TRY(codec::decode_vector(in, value.headers, final_headers_count_max));
  return decode(in, value.certificate);
}

Result<void> verify_final(const TrustRoot& root, const consensus::Verifier& verifier,
                          const FinalHeaders& headers) {
  if (headers.headers.size() > final_headers_count_max) return bad_chain("too many headers");
  return verify_chain(root, verifier, headers.headers, headers.certificate);
}

Result<void> verify_chain(const TrustRoot& root, const consensus::Verifier& verifier,
                          std::span<const consensus::Header> headers,
                          const consensus::Certificate& certificate) {
  if (headers.empty()) return bad_chain("there is no header");
  const consensus::Header* before = nullptr;
  for (const consensus::Header& header : headers) {
    if (header.chain != root.chain) {
      return fail(ErrorCode::InvalidArgument, reason::wrong_chain,
                  "the header is of another chain than the genesis");
    }
    if (header.epoch != root.validators.epoch() ||
        header.validators_hash != root.validators.hash()) {
      return bad_chain("the header names other validators than those of its epoch");
    }
    if (before != nullptr &&
        (header.parent != consensus::id_of(*before) || header.height != before->height.next())) {
      return bad_chain("a header is not the parent of the next");
    }
    before = &header;
  }
  return consensus::check_final(root.context(verifier), *before, certificate);
}

Result<const TrustRoot*> root_for(const TrustRoots& roots, const FinalHeaders& headers) {
  if (headers.headers.empty()) return bad_chain("there is no header");
  return roots.find(headers.headers.front().epoch);
}

Result<bool> LightClient::update(const FinalHeaders& headers) {
  OORT_TRY(const TrustRoot* root, root_for(roots_, headers));
  OORT_TRY(verify_final(*root, *verifier_, headers));
  if (headers.headers.back().height <= height()) return false;
  head_ = headers;
  return true;
}

Height LightClient::height() const noexcept {
  return head_ ? head_->headers.back().height : Height(0);
}

}  // namespace oort::chain
