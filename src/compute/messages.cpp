// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/messages.hpp"

#include "message_fields.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"

namespace oort::compute {
namespace {

constexpr crypto::Context offer_context("oort.v1 compute offer");
constexpr crypto::Context inputs_context("oort.v1 compute inputs");
constexpr std::uint8_t message_version = 1;

}  // namespace

Bytes32 sign_hash(const NodeOffer& offer) {
  codec::Writer out;
  out.u8(message_version);
  wire::Write write(out);
  offer_fields(offer, write);
  return crypto::hash(offer_context, out.bytes());
}

bool is_signed(const NodeOffer& offer) {
  return crypto::verify(crypto::key_of(offer.node), sign_hash(offer).view(), offer.signature);
}

void encode(codec::Writer& out, const TaskEnvelope& value) {
  wire::write_versioned(out, TaskEnvelope::format_version, value);
}
Result<void> decode(codec::Reader& in, TaskEnvelope& value) {
  return wire::read_versioned(in, TaskEnvelope::format_version, value);
}

Bytes32 inputs_root(const std::vector<InputDigest>& inputs) {
  codec::Writer out;
  wire::Write write(out);
  write.list(inputs, inputs_per_task_max);
  return crypto::hash(inputs_context, out.bytes());
}

void encode(codec::Writer& out, const JournalEntry& value) {
  wire::write_versioned(out, message_version, value);
}
Result<void> decode(codec::Reader& in, JournalEntry& value) {
  return wire::read_versioned(in, message_version, value);
}

template <class Message>
Bytes message_bytes(const Message& message) {
  codec::Writer out;
  wire::write_versioned(out, message_version, message);
  return std::move(out).take();
}

template <class Message>
Result<Message> message_from(ByteView bytes) {
  codec::Reader in(bytes);
  Message message;
  OORT_TRY(wire::read_versioned(in, message_version, message));
  OORT_TRY(in.finish());
  return message;
}

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in parentheses.
#define OORT_MESSAGE(Type)                   \
  template Bytes message_bytes(const Type&); \
  template Result<Type> message_from(ByteView)
// NOLINTEND(bugprone-macro-parentheses)
OORT_MESSAGE(NodeOffer);
OORT_MESSAGE(LeaseGrant);
OORT_MESSAGE(LeaseAnswer);
OORT_MESSAGE(LeaseStart);
OORT_MESSAGE(Heartbeat);
OORT_MESSAGE(Renewal);
OORT_MESSAGE(LeaseStop);
OORT_MESSAGE(TaskResult);
OORT_MESSAGE(ResultSeen);
OORT_MESSAGE(InputAsk);
OORT_MESSAGE(InputPiece);
OORT_MESSAGE(OutputAsk);
OORT_MESSAGE(OutputPiece);
OORT_MESSAGE(TaskCheckpoint);
OORT_MESSAGE(LogPiece);
OORT_MESSAGE(Adopt);
OORT_MESSAGE(Holding);
OORT_MESSAGE(SpecCopy);
OORT_MESSAGE(SpecAsk);
OORT_MESSAGE(SpecHeld);
OORT_MESSAGE(JournalCopy);
OORT_MESSAGE(JournalHeld);
#undef OORT_MESSAGE

}  // namespace oort::compute
