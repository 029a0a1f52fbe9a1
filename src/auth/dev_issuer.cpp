#include "auth/dev_issuer.hpp"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <fstream>
#include <map>
#include <sstream>

#include "auth/jwk.hpp"
#include "auth/jwt_json.hpp"
#include "net/atomic_file.hpp"
#include "net/openssl_ptr.hpp"
#include "protocol/server_message.hpp"
#include "protocol/text.hpp"

namespace eventsd::auth {
namespace {

constexpr unsigned kKeyBits = 2048;
constexpr unsigned kPrivate = 0600;

std::string key_file(const std::string& data_dir) { return data_dir + "/dev-issuer-key.pem"; }
std::string url_file(const std::string& data_dir) { return data_dir + "/dev-issuer-url"; }

std::optional<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::shared_ptr<EVP_PKEY> parse_key(const std::string& pem) {
  const net::BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return {PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}

std::string to_pem(EVP_PKEY* key) {
  const net::BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string kid_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(der, static_cast<std::size_t>(size), digest);
  OPENSSL_free(der);
  return protocol::base64url_encode({reinterpret_cast<const char*>(digest), 12});
}

std::string sign(EVP_PKEY* key, std::string_view text) {
  const std::unique_ptr<EVP_MD_CTX, net::OpensslDelete<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1) {
    return {};
  }
  return signature;
}

std::string json_of(std::string_view text) {
  std::string literal;
  protocol::append_json_string(literal, text);
  return literal;
}

std::string json_of(const std::vector<std::string>& texts) {
  std::string array = "[";
  for (const std::string& text : texts) array += (array.size() > 1 ? "," : "") + json_of(text);
  return array + "]";
}

std::string json_of(const std::map<std::string, std::string>& members) {
  std::string object = "{";
  for (const auto& [name, value] : members) {
    object += (object.size() > 1 ? "," : "") + json_of(name) + ":" + value;
  }
  return object + "}";
}

Error wrong(const std::string& member, const char* type) {
  return fail(ErrorKind::bad_request, member + " must be " + type);
}

// The text of a member that may be absent; false: it is no string.
bool read_member(const JsonMembers& members, const char* name, std::string& out) {
  if (!members.contains(name)) return true;
  auto text = string_of(members, name);
  if (text) out = *std::move(text);
  return text.has_value();
}

}  // namespace

Result<DevToken> parse_dev_token(std::string_view json) {
  DevToken token;
  if (json.empty()) return token;
  const auto members = read_json_object(json);
  if (!members) return fail(ErrorKind::bad_request, "the body: " + members.error().reason);
  for (const auto& [name, out] : {std::pair{"sub", &token.subject},
                                  {"clientId", &token.client_id},
                                  {"audience", &token.audience},
                                  {"tokenUse", &token.token_use}}) {
    if (!read_member(*members, name, *out)) return wrong(name, "a string");
  }
  if (const auto groups = members->find("groups"); groups != members->end()) {
    const auto elements = json_array(groups->second);
    if (!elements) return wrong("groups", "an array of strings");
    for (const std::string_view element : *elements) {
      auto group = json_string(element);
      if (!group) return wrong("groups", "an array of strings");
      token.groups.push_back(*std::move(group));
    }
  }
  if (const auto expires = members->find("expiresIn"); expires != members->end()) {
    std::int32_t seconds = 0;
    const std::string_view text = expires->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size()) {
      return wrong("expiresIn", "a whole number of seconds");
    }
    token.expires_in = std::chrono::seconds(seconds);
  }
  if (const auto claims = members->find("claims"); claims != members->end()) {
    const auto named = read_json_object(claims->second);
    if (!named) return wrong("claims", "an object");
    for (const auto& [name, value] : *named) token.claims.emplace_back(name, value);
  }
  return token;
}

Result<std::string> dev_issuer_url(std::string_view admin_listen) {
  const std::string_view host = admin_listen.substr(0, admin_listen.rfind(':'));
  std::string_view bare = host;
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(std::string(bare), no_address);
  if (host != "localhost" && (no_address || !address.is_loopback())) {
    return fail(ErrorKind::bad_request,
                "devIssuer.enabled needs an admin.listen on loopback, such as 127.0.0.1:9464, and "
                "it is " +
                    std::string(admin_listen) +
                    ": whoever reaches the development issuer can be anybody");
  }
  return "http://" + std::string(admin_listen) + "/dev-issuer";
}

DevIssuer::DevIssuer(std::string data_dir, std::shared_ptr<EVP_PKEY> key)
    : data_dir_(std::move(data_dir)), key_(std::move(key)), kid_(kid_of(key_.get())) {}

Result<DevIssuer> DevIssuer::open(const std::string& data_dir) {
  const std::string path = key_file(data_dir);
  if (const auto pem = read_text(path)) {
    auto key = parse_key(*pem);
    if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
      return fail(ErrorKind::internal, path + " is no RSA key: " + net::take_openssl_error() +
                                           " (delete it, and another one is made)");
    }
    return DevIssuer(data_dir, std::move(key));
  }
  const std::shared_ptr<EVP_PKEY> key(EVP_RSA_gen(kKeyBits), EVP_PKEY_free);
  if (!key) return fail(ErrorKind::internal, "no key was made: " + net::take_openssl_error());
  const auto written = net::write_file_atomically(path, to_pem(key.get()), kPrivate);
  if (!written) return written.error();
  return DevIssuer(data_dir, key);
}

Result<DevIssuer> DevIssuer::open_existing(const std::string& data_dir) {
  auto url = read_text(url_file(data_dir));
  if (!url || !read_text(key_file(data_dir))) {
    return fail(ErrorKind::not_found,
                "no development issuer in " + data_dir +
                    ": set devIssuer.enabled and start eventsd there, or name another --data-dir");
  }
  auto issuer = open(data_dir);
  if (!issuer) return issuer;
  while (url->ends_with('\n')) url->pop_back();
  issuer->url_ = *std::move(url);
  return issuer;
}

Result<void> DevIssuer::publish(const std::string& url) {
  url_ = url;
  return net::write_file_atomically(url_file(data_dir_), url + "\n", kPrivate);
}

std::string DevIssuer::discovery() const {
  return json_of(std::map<std::string, std::string>{
      {"issuer", json_of(url_)},
      {"jwks_uri", json_of(url_ + "/.well-known/jwks.json")},
      {"token_endpoint", json_of(url_ + "/token")},
      {"response_types_supported", R"(["token","id_token"])"},
      {"subject_types_supported", R"(["public"])"},
      {"id_token_signing_alg_values_supported", R"(["RS256"])"}});
}

std::string DevIssuer::jwks() const {
  return R"({"keys":[)" + rsa_jwk(key_.get(), kid_, JwtAlgorithm::rs256) + "]}";
}

Result<std::string> DevIssuer::mint(const DevToken& token,
                                    std::chrono::system_clock::time_point now) const {
  if (url_.empty()) return fail(ErrorKind::internal, "the development issuer has no address yet");
  const bool is_id = token.token_use == "id";
  if (!is_id && token.token_use != "access") {
    return fail(ErrorKind::bad_request, "tokenUse must be access or id");
  }
  const std::int64_t issued = std::chrono::system_clock::to_time_t(now);
  std::map<std::string, std::string> claims{
      {"iss", json_of(url_)},
      {"sub", json_of(token.subject)},
      {"token_use", json_of(token.token_use)},
      {"azp", json_of(token.client_id)},
      {is_id ? "cognito:username" : "username", json_of(token.subject)},
      {"jti", json_of(protocol::make_uuid())},
      {"iat", std::to_string(issued)},
      {"auth_time", std::to_string(issued)},
      {"exp", std::to_string(issued + token.expires_in.count())}};
  if (!is_id) claims["client_id"] = json_of(token.client_id);
  if (is_id) claims["aud"] = json_of(token.client_id);
  if (!token.audience.empty()) claims["aud"] = json_of(token.audience);
  if (!token.groups.empty()) claims["cognito:groups"] = json_of(token.groups);
  for (const auto& [name, value] : token.claims) {
    if (!protocol::is_valid_json(value)) {
      return fail(ErrorKind::bad_request, "the claim " + name + " is no JSON");
    }
    claims[name] = value;
  }
  const std::string header = R"({"alg":"RS256","typ":"JWT","kid":")" + kid_ + "\"}";
  std::string text =
      protocol::base64url_encode(header) + "." + protocol::base64url_encode(json_of(claims));
  const std::string signature = sign(key_.get(), text);
  if (signature.empty()) {
    return fail(ErrorKind::internal, "it cannot be signed: " + net::take_openssl_error());
  }
  return text + "." + protocol::base64url_encode(signature);
}

}  // namespace eventsd::auth
