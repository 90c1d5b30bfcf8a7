// SPDX-License-Identifier: Apache-2.0
#include "oort/codec/codec.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/aead.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/random.hpp"
#include "oort/object/sealing.hpp"

namespace oort::object {
namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::size_t sealed_body_bytes_max = 64 * limits::kib;
constexpr crypto::Context body_key_context{"oort.v1 body key"};
constexpr crypto::Context part_body_key_context{"oort.v1 part body key"};
constexpr crypto::Context wrap_key_context{"oort.v1 wrap key"};

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::DataLoss, reason::malformed, "a body's " + std::string(what));
}

void write_headers(codec::Writer& out, const Headers& headers) {
  out.u32(static_cast<std::uint32_t>(headers.size()));
  for (const Header& header : headers) {
    out.text(header.name);
    out.text(header.value);
  }
}

Result<Headers> read_headers(codec::Reader& in) {
  OORT_TRY(const std::uint32_t count, in.count(sealed_body_bytes_max, 8));
  Headers headers;
  for (std::uint32_t i = 0; i < count; ++i) {
    Header header;
    OORT_TRY(header.name, in.text(sealed_body_bytes_max));
    OORT_TRY(header.value, in.text(sealed_body_bytes_max));
    headers.push_back(std::move(header));
  }
  return headers;
}

void write_checksums(codec::Writer& out, const std::vector<Checksum>& checksums) {
  out.u32(static_cast<std::uint32_t>(checksums.size()));
  for (const Checksum& checksum : checksums) {
    out.u8(static_cast<std::uint8_t>(checksum.kind));
    out.u8(static_cast<std::uint8_t>(checksum.type));
    out.blob(checksum.value);
  }
}

Result<std::vector<Checksum>> read_checksums(codec::Reader& in) {
  OORT_TRY(const std::uint32_t count, in.count(16, 6));
  std::vector<Checksum> checksums;
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(const std::uint8_t kind, in.u8());
    OORT_TRY(const std::uint8_t type, in.u8());
    OORT_TRY(const ByteView value, in.blob(64));
    if (kind > static_cast<std::uint8_t>(crypto::Digest::Crc64Nvme) ||
        type > static_cast<std::uint8_t>(ChecksumType::Composite)) {
      return malformed("checksum is of no known kind");
    }
    checksums.push_back(
        {static_cast<crypto::Digest>(kind), static_cast<ChecksumType>(type), to_bytes(value)});
  }
  return checksums;
}

Result<void> read_version(codec::Reader& in) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version == format_version) return {};
  return fail(ErrorCode::Unimplemented, reason::unsupported_version,
              "a body of version " + std::to_string(version));
}

/// What a sealed thing is bound to besides its key.
Bytes associated(const BodyPlace& place, std::uint32_t epoch) {
  codec::Writer out;
  out.u8(format_version);
  out.u32(epoch);
  codec::encode(out, place.bucket);
  codec::encode(out, place.name_hash);
  return std::move(out).take();
}

/// Bytes: version u8 = 1, epoch u32, nonce, ciphertext ‖ tag.
Bytes seal_under(crypto::Context context, const BucketSecret& secret, const BodyPlace& place,
                 ByteView plain, env::Random& random) {
  crypto::AeadNonce nonce;
  random.fill(nonce.mutable_view());
  const crypto::SecretKey key = crypto::derive_key(context, secret.key, {});
  codec::Writer out;
  out.u8(format_version);
  out.u32(secret.epoch);
  codec::encode(out, nonce);
  out.raw(crypto::aead_seal(key, nonce, associated(place, secret.epoch), plain));
  return std::move(out).take();
}

Result<Bytes> open_under(crypto::Context context, const BucketSecret& secret,
                         const BodyPlace& place, ByteView sealed) {
  codec::Reader in(sealed);
  OORT_TRY(read_version(in));
  OORT_TRY(const std::uint32_t epoch, in.u32());
  crypto::AeadNonce nonce;
  OORT_TRY(codec::decode(in, nonce));
  if (epoch != secret.epoch) {
    return fail(ErrorCode::FailedPrecondition, reason::decryption_failed,
                "sealed in epoch " + std::to_string(epoch) + " of the bucket's key, this is " +
                    std::to_string(secret.epoch));
  }
  const crypto::SecretKey key = crypto::derive_key(context, secret.key, {});
  return crypto::aead_open(key, nonce, associated(place, epoch), in.rest());
}

}  // namespace

BucketSecret BucketSecret::generate(env::Random& random) {
  BucketSecret secret;
  secret.name_key = crypto::SecretKey::generate(random);
  secret.key = crypto::SecretKey::generate(random);
  return secret;
}

Result<Bytes> seal_bucket_secret(const PublicKey& gateway, const BucketSecret& secret) {
  codec::Writer out;
  out.u8(format_version);
  out.u32(secret.epoch);
  out.raw(secret.name_key.view());
  out.raw(secret.key.view());
  return crypto::seal_to(gateway, out.bytes());
}

Result<BucketSecret> open_bucket_secret(const crypto::KeyPair& gateway, ByteView sealed) {
  OORT_TRY(const Bytes plain, crypto::open_sealed(gateway, sealed));
  codec::Reader in(plain);
  OORT_TRY(read_version(in));
  BucketSecret secret;
  OORT_TRY(secret.epoch, in.u32());
  Bytes32 name_key;
  Bytes32 key;
  OORT_TRY(codec::decode(in, name_key));
  OORT_TRY(codec::decode(in, key));
  OORT_TRY(in.finish());
  secret.name_key = crypto::SecretKey(name_key.array());
  secret.key = crypto::SecretKey(key.array());
  return secret;
}

NameHash name_hash_of(const BucketSecret& secret, std::string_view name) {
  const Bytes32 key = *Bytes32::from(secret.name_key.view());
  return NameHash(crypto::keyed_hash(key, as_bytes(name)).array());
}

Bytes encode_body(const Body& body) {
  codec::Writer out;
  out.u8(format_version);
  out.text(body.name);
  write_headers(out, body.headers);
  write_headers(out, body.tags);
  out.text(body.etag);
  write_checksums(out, body.checksums);
  out.u32(static_cast<std::uint32_t>(body.parts.size()));
  for (const PartRun& run : body.parts) {
    out.u32(run.count);
    out.u64(run.size);
  }
  out.blob(body.wrapped_key);
  return std::move(out).take();
}

Result<Body> decode_body(ByteView bytes) {
  codec::Reader in(bytes);
  OORT_TRY(read_version(in));
  Body body;
  OORT_TRY(body.name, in.text(limits::object_name_bytes_max));
  OORT_TRY(body.headers, read_headers(in));
  OORT_TRY(body.tags, read_headers(in));
  OORT_TRY(body.etag, in.text(128));
  OORT_TRY(body.checksums, read_checksums(in));
  OORT_TRY(const std::uint32_t runs, in.count(part_number_max, 12));
  std::uint64_t parts_count = 0;
  for (std::uint32_t i = 0; i < runs; ++i) {
    PartRun run;
    OORT_TRY(run.count, in.u32());
    OORT_TRY(run.size, in.u64());
    parts_count += run.count;
    if (run.count == 0 || parts_count > part_number_max) return malformed("count of parts");
    body.parts.push_back(run);
  }
  OORT_TRY(const ByteView wrapped, in.blob(256));
  body.wrapped_key = to_bytes(wrapped);
  OORT_TRY(in.finish());
  return body;
}

Bytes encode_part_body(const PartBody& body) {
  codec::Writer out;
  out.u8(format_version);
  out.text(body.etag);
  write_checksums(out, body.checksums);
  return std::move(out).take();
}

Result<PartBody> decode_part_body(ByteView bytes) {
  codec::Reader in(bytes);
  OORT_TRY(read_version(in));
  PartBody body;
  OORT_TRY(body.etag, in.text(128));
  OORT_TRY(body.checksums, read_checksums(in));
  OORT_TRY(in.finish());
  return body;
}

Result<Bytes> seal_body(const BucketSecret& secret, const BodyPlace& place, const Body& body,
                        env::Random& random) {
  Bytes sealed = seal_under(body_key_context, secret, place, encode_body(body), random);
  if (sealed.size() > sealed_body_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large,
                "name, metadata, tags and parts of an object take at most 64 KiB together");
  }
  return sealed;
}

Result<Body> open_body(const BucketSecret& secret, const BodyPlace& place, ByteView sealed) {
  OORT_TRY(const Bytes plain, open_under(body_key_context, secret, place, sealed));
  return decode_body(plain);
}

Result<Bytes> seal_part_body(const BucketSecret& secret, const BodyPlace& place,
                             const PartBody& body, env::Random& random) {
  return seal_under(part_body_key_context, secret, place, encode_part_body(body), random);
}

Result<PartBody> open_part_body(const BucketSecret& secret, const BodyPlace& place,
                                ByteView sealed) {
  OORT_TRY(const Bytes plain, open_under(part_body_key_context, secret, place, sealed));
  return decode_part_body(plain);
}

Bytes wrap_key(const BucketSecret& secret, const BodyPlace& place,
               const crypto::SecretKey& data_key, env::Random& random) {
  return seal_under(wrap_key_context, secret, place, data_key.view(), random);
}

Result<crypto::SecretKey> unwrap_key(const BucketSecret& secret, const BodyPlace& place,
                                     ByteView wrapped) {
  OORT_TRY(const Bytes plain, open_under(wrap_key_context, secret, place, wrapped));
  const auto key = Bytes32::from(plain);
  if (!key) return malformed("data key has the wrong size");
  return crypto::SecretKey(key->array());
}

}  // namespace oort::object
