// eventsd version
#include <fmt/core.h>
#include <openssl/crypto.h>
#include <spdlog/version.h>
#include <sqlite3.h>

#include <CLI/Version.hpp>
#include <boost/version.hpp>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "app/build_info.hpp"
#include "app/cli.hpp"

namespace eventsd::app {
namespace {

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

// Those that are loaded at run time tell their own version, the others that of the build.
std::vector<std::pair<std::string, std::string>> libraries() {
  return {
      {"boost", dotted(BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)},
      {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
      {"sqlite", sqlite3_libversion()},
      {"nlohmann-json", dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                               NLOHMANN_JSON_VERSION_PATCH)},
      {"spdlog", dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH)},
      {"fmt", dotted(FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
      {"yaml-cpp", EVENTSD_YAML_CPP_VERSION},
      {"cli11", CLI11_VERSION},
  };
}

}  // namespace

std::string_view build_commit() { return EVENTSD_COMMIT; }

int run_version(Output output, const Console& console) {
  const std::string build_type = EVENTSD_BUILD_TYPE;
  if (output == Output::json) {
    nlohmann::ordered_json object{{"version", EVENTSD_VERSION},
                                  {"commit", EVENTSD_COMMIT},
                                  {"buildType", build_type},
                                  {"compiler", __VERSION__}};
    for (const auto& [name, version] : libraries()) object["libraries"][name] = version;
    console.out << object.dump() << "\n";
    return kDone;
  }
  console.out << "eventsd " << EVENTSD_VERSION << "\ncommit " << EVENTSD_COMMIT << "\nbuild "
              << build_type << ", " << __VERSION__ << "\n";
  for (const auto& [name, version] : libraries()) console.out << name << " " << version << "\n";
  return kDone;
}

}  // namespace eventsd::app
