// Credentials as a JSON object, and the same object as it stands in a subprotocol or a query.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "protocol/client_message.hpp"
#include "protocol/text.hpp"

namespace {

using namespace eventsd;
using namespace eventsd::protocol;

void require(bool holds) {
  if (!holds) std::abort();
}

bool equal(const Credentials& a, const Credentials& b) {
  return a.api_key == b.api_key && a.authorization == b.authorization && a.object == b.object;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<Credentials> plain = parse_credentials(text);
  const std::string encoded = base64url_encode(text);
  const Result<Credentials> decoded = decode_credentials("header-" + encoded);
  require(plain.has_value() == decoded.has_value());
  if (plain) {
    require(equal(*plain, *decoded));
    require(is_valid_utf8(plain->api_key) && is_valid_utf8(plain->authorization));
    const auto object = nlohmann::json::parse(plain->object, nullptr, false);
    if (!object.is_discarded()) {
      require(object.is_object());
      if (object.size() == 1 && object.contains("x-api-key")) {
        const auto& value = object.at("x-api-key");
        require(plain->api_key == (value.is_string() ? value.get<std::string>() : ""));
      }
    }
  }
  const auto bytes = base64_decode(encoded);
  require(bytes && *bytes == text);
  // The input itself as base64, and as a query.
  if (const auto raw = base64_decode(text)) require(raw->size() <= size);
  static_cast<void>(decode_credentials(text));
  if (const auto header = query_parameter(text, "header")) {
    static_cast<void>(decode_credentials(*header));
  }
  return 0;
}
