#include "handler/redactor.hpp"

#include "protocol/server_message.hpp"

namespace eventsd::handler {
namespace {

constexpr std::string_view kMask = "********";
constexpr std::size_t kLeast = 4;

void replace_all(std::string& text, std::string_view what) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + kMask.size())) {
    text.replace(at, what.size(), kMask);
  }
}

}  // namespace

std::string redact(std::string_view text, const std::vector<std::string>& secrets) {
  std::string out(text);
  for (const std::string& secret : secrets) {
    if (secret.size() < kLeast) continue;
    replace_all(out, secret);
    std::string quoted;
    protocol::append_json_string(quoted, secret);
    if (quoted.size() != secret.size() + 2) {
      replace_all(out, std::string_view(quoted).substr(1, quoted.size() - 2));
    }
  }
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  return out;
}

}  // namespace eventsd::handler
