#include "config/expand.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

namespace eventsd::config {
namespace {

constexpr std::size_t kMaxSecretBytes = 64 << 10;
// Many references to one long variable multiply; this bounds the result.
constexpr std::size_t kMaxValueBytes = 1 << 20;

bool is_name(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
  for (char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

Resolved complain(std::string complaint) { return {std::nullopt, std::move(complaint)}; }

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

Resolved expand_variables(const std::string& text, const Environment& environment,
                          std::set<std::string>& used) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    if (out.size() > kMaxValueBytes) return complain("the expanded value is too long");
    if (text.compare(at, 3, "$${") == 0) {
      out += "${";
      at += 3;
      continue;
    }
    if (text.compare(at, 2, "${") != 0) {
      out += text[at++];
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (end == std::string::npos) {
      return complain("\"${\" without \"}\"; write $${ for a literal ${");
    }
    const std::string inside = text.substr(at + 2, end - at - 2);
    const std::size_t colon = inside.find(":-");
    const std::string name = inside.substr(0, colon);
    if (!is_name(name)) {
      return complain("\"${" + name.substr(0, 60) +
                      "}\" does not name a variable; write $${ for a literal ${");
    }
    used.insert(name);
    const auto found = environment.find(name);
    const bool set = found != environment.end();
    if (colon != std::string::npos) {
      out += set && !found->second.empty() ? found->second : inside.substr(colon + 2);
    } else if (set) {
      out += found->second;
    } else {
      return complain("the environment variable " + name + " is not set; set it, or write ${" +
                      name + ":-default}");
    }
    at = end + 1;
  }
  return {out, {}};
}

Resolved read_file(const std::string& path, std::size_t most) {
  if (path.find('\0') != std::string::npos) return complain("the path holds a NUL character");
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return complain("cannot read " + path + ": " + std::strerror(errno));
  std::string text;
  std::array<char, 16384> part;
  while (const std::size_t read = std::fread(part.data(), 1, part.size(), file.get())) {
    text.append(part.data(), read);
    if (text.size() > most) {
      return complain(path + " is larger than " + std::to_string(most) + " bytes");
    }
  }
  if (std::ferror(file.get()) != 0) {
    return complain("cannot read " + path + ": " + std::strerror(errno));
  }
  return {text, {}};
}

Resolved read_secret(const std::string& text, const std::string& folder) {
  constexpr std::string_view prefix = "file:";
  if (!text.starts_with(prefix)) return {text, {}};
  const std::string path =
      (std::filesystem::path(folder) / text.substr(prefix.size())).lexically_normal().string();
  std::error_code error;
  // A pipe or device would make the start wait.
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return complain(path + " is not a regular file");
  }
  auto read = read_file(path, kMaxSecretBytes);
  if (!read.text) return read;
  std::string secret = std::move(*read.text);
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) return complain(path + " is empty");
  return {secret, {}};
}

}  // namespace eventsd::config
