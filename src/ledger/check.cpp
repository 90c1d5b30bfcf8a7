// SPDX-License-Identifier: Apache-2.0
#include "bank/bank.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"

namespace oort::ledger {
namespace {

class Ed25519Verifier final : public SignatureVerifier {
 public:
  [[nodiscard]] bool verify(const PublicKey& key, ByteView message,
                            const Signature& signature) const noexcept override {
    return crypto::verify(key, message, signature);
  }
};

Result<void> refuse(std::string_view reason, std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason, std::move(detail));
}

/// The digest of the body that the operation needs; zero also for one that cannot be read.
Bytes32 needed_body(ByteView encoded) {
  const auto operation = decode_operation(encoded);
  return operation ? body_digest_of(*operation) : Bytes32{};
}

/// Every operation that names a body has it, in order, and no body is left over.
Result<void> check_bodies(const Transaction& transaction) {
  auto body = transaction.bodies.begin();
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < transaction.operations.size(); ++i) {
    const Bytes32 digest = needed_body(transaction.operations[i]);
    if (digest.is_zero()) continue;
    if (body == transaction.bodies.end() || body->operation != i ||
        body_digest_of(ByteView(body->bytes)) != digest) {
      return refuse(reason::malformed,
                    "operation " + std::to_string(i) + " is without the body that it names");
    }
    bytes += body->bytes.size();
    ++body;
  }
  if (body != transaction.bodies.end()) {
    return refuse(reason::malformed, "a body belongs to no operation");
  }
  if (bytes == transaction.body_bytes) return {};
  return refuse(reason::malformed, "body_bytes is not the sum of the bodies");
}

}  // namespace

const SignatureVerifier& ed25519_verifier() noexcept {
  static const Ed25519Verifier verifier;
  return verifier;
}

Result<void> check_static(const ChainId& chain, const Transaction& transaction) {
  if (transaction.chain != chain) {
    return refuse(reason::wrong_chain, "the transaction is for the network " +
                                           transaction.chain.short_hex() + ", this is " +
                                           chain.short_hex());
  }
  const std::size_t count = transaction.operations.size();
  if (count == 0 || count > limits::operations_per_transaction_max) {
    return refuse(reason::malformed, "a transaction has 1 to 256 operations");
  }
  if (encoded_size(transaction) > limits::transaction_bytes_max) {
    return refuse(reason::too_large, "a transaction has at most 1 MiB");
  }
  if (transaction.scheme != SignatureScheme::Ed25519) {
    return refuse(reason::not_supported, "the signature scheme is not known");
  }
  if (transaction.sender != crypto::account_of(transaction.public_key)) {
    return refuse(reason::malformed, "the public key is not the sender's");
  }
  return check_bodies(transaction);
}

Result<void> check_signature(const SignatureVerifier& signatures, const Transaction& transaction) {
  const Bytes32 message = sign_hash(transaction);
  if (signatures.verify(transaction.public_key, message.view(), transaction.signature)) return {};
  return fail(ErrorCode::Unauthenticated, reason::bad_signature,
              "the signature is not the sender's over this transaction");
}

Rejection check_state(const StateReader& state, Height height, const Transaction& transaction) {
  const View view(state);
  const auto account = load<Account>(state, keys::account(transaction.sender));
  return admit(view.params(), account, height, transaction);
}

}  // namespace oort::ledger
