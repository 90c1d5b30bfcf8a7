// SPDX-License-Identifier: Apache-2.0
#include "bucket_client.hpp"

#include <cstdlib>
#include <utility>
#include <vector>

#include "devnet/network.hpp"
#include "devnet/process.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/http/client.hpp"
#include "oort/http/target.hpp"
#include "oort/s3/sigv4.hpp"

namespace oort::cli {
namespace {

constexpr Duration object_deadline = 120s;
/// A busy gateway asks to be asked again.
constexpr int attempts_max = 6;
constexpr Duration attempts_pause = 250ms;
constexpr std::uint64_t object_bytes_max = std::uint64_t{2} << 30;

std::string variable(const char* name) {
  const char* const set = std::getenv(name);
  return set == nullptr ? "" : set;
}

/// The text between two marks of the gateway's XML.
std::string between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return "";
  text.remove_prefix(begin + before.size());
  return std::string(text.substr(0, text.find(after)));
}

tl::unexpected<Error> refusal(unsigned status, std::string_view body, const std::string& path) {
  const std::string word = between(body, "<Code>", "</Code>");
  const std::string detail = path + ": " + std::to_string(status) + " " + word + " " +
                             between(body, "<Message>", "</Message>");
  if (word == "NoSuchBucket") return fail(ErrorCode::NotFound, reason::no_such_bucket, detail);
  if (status == 404) return fail(ErrorCode::NotFound, reason::no_such_key, detail);
  if (status == 403) return fail(ErrorCode::PermissionDenied, reason::not_allowed, detail);
  if (status == 409) return fail(ErrorCode::AlreadyExists, reason::bucket_already_exists, detail);
  if (status >= 500) return fail(ErrorCode::Unavailable, reason::remote_error, detail);
  return fail(ErrorCode::FailedPrecondition, reason::remote_error, detail);
}

}  // namespace

std::string BucketClient::path_of(const std::string& key) const {
  return "/" + bucket_ + (key.empty() ? "" : "/" + key);
}

Result<Bytes> BucketClient::ask(const std::string& method, const std::string& key,
                                const Bytes& body) const {
  for (int attempt = 1;; ++attempt) {
    auto answer = ask_once(method, key, body);
    const bool is_busy = !answer && answer.error().code() == ErrorCode::Unavailable;
    if (!is_busy || attempt == attempts_max) return answer;
    devnet::sleep_for(attempt * attempts_pause);
  }
}

Result<Bytes> BucketClient::ask_once(const std::string& method, const std::string& key,
                                     const Bytes& body) const {
  const std::string path = path_of(key);
  s3::Unsigned signing;
  signing.method = method;
  signing.target.path = path;
  signing.fields = {{"host", origin_.authority()}};
  signing.payload_hash = crypto::sha256(body).hex();
  s3::sign_request(signing, credentials_, clock_->now_wall());
  http::ClientRequest request;
  request.method = method;
  request.url = {origin_, http::percent_encode(path, http::Slash::Keep)};
  for (http::Parameter& field : signing.fields) {
    if (field.name != "host") request.fields.push_back(std::move(field));
  }
  request.body = body;
  OORT_TRY(http::ClientResponse response,
           http::send(request, {object_deadline, object_bytes_max, {}}, *clock_));
  if (response.status / 100 == 2) return std::move(response.body);
  return refusal(response.status, as_text(response.body), path);
}

Result<void> BucketClient::create_if_missing() const {
  const auto made = ask("PUT", "", {});
  // Whether it is the sender's own is decided by what is put into it.
  if (made || made.error().code() == ErrorCode::AlreadyExists) return {};
  return fail(made.error());
}

Result<void> BucketClient::put(const std::string& key, const Bytes& body) const {
  OORT_TRY(ask("PUT", key, body));
  return {};
}

Result<Bytes> BucketClient::get(const std::string& key) const { return ask("GET", key, {}); }

std::string BucketClient::link(const std::string& key, std::uint64_t seconds) const {
  s3::Unsigned signing;
  signing.target.path = path_of(key);
  signing.fields = {{"host", origin_.authority()}};
  return "http://" + origin_.authority() +
         s3::presign(std::move(signing), credentials_, clock_->now_wall(), seconds);
}

Result<BucketClient> open_bucket(const Session& session, const std::string& bucket) {
  std::string url = variable("AWS_ENDPOINT_URL");
  s3::Credentials credentials;
  credentials.access_key_id = variable("AWS_ACCESS_KEY_ID");
  credentials.secret = variable("AWS_SECRET_ACCESS_KEY");
  if (const std::string region = variable("AWS_DEFAULT_REGION"); !region.empty()) {
    credentials.region = region;
  }
  if (session.is_folder_given || url.empty()) {
    if (const auto network = devnet::load_network(session.folder); network) {
      for (const devnet::NodeEntry& node : network->nodes) {
        if (node.s3_port == 0) continue;
        url = node.s3_url();
        break;
      }
      credentials = {network->access_key_id, network->secret_access_key, network->region};
    }
  }
  if (url.empty() || credentials.access_key_id.empty() || credentials.secret.empty()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "which gateway, and whose access key? Set AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or name the folder of a local network with --dir");
  }
  OORT_TRY(const http::Url door, http::parse_url(url));
  return BucketClient(door.origin, std::move(credentials), session.clock(), bucket);
}

}  // namespace oort::cli
