// eventsd api-key
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/cli.hpp"
#include "app/events_endpoint.hpp"
#include "app/expiry.hpp"
#include "app/key_admin.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;

// --token, $EVENTSD_ADMIN_TOKEN, or the file that the daemon has made.
std::string find_token(const ApiKeyOptions& options, const Environment& environment) {
  if (!options.token.empty()) return options.token;
  if (const auto token = environment("EVENTSD_ADMIN_TOKEN")) return *token;
  if (!options.data_dir.empty()) {
    return read_secret_file(options.data_dir + "/admin-token").value_or("");
  }
  const auto file = find_data_file("admin-token", environment);
  return file ? read_secret_file(*file).value_or("") : "";
}

Result<std::unique_ptr<KeyAdmin>> open_admin(const ApiKeyOptions& options) {
  const Environment environment = process_environment();
  if (options.offline) {
    const std::string data_dir = !options.data_dir.empty()
                                     ? options.data_dir
                                     : environment("EVENTSD_DATA_DIR").value_or("./eventsd-data");
    return open_offline_key_admin(data_dir, options.api_id);
  }
  HttpKeyAdminOptions http;
  http.admin_url = options.admin_url.empty() ? default_admin_url(environment) : options.admin_url;
  http.token = find_token(options, environment);
  http.api_id = options.api_id;
  http.ca_file = options.ca_file;
  if (http.token.empty()) {
    return fail(
        ErrorKind::bad_request,
        "no admin token: give --token TOKEN, set EVENTSD_ADMIN_TOKEN, or work in the folder "
        "of `eventsd serve`, whose eventsd-data/admin-token is used; when no daemon runs, "
        "use --offline --data-dir DIR");
  }
  return make_http_key_admin(http);
}

std::string to_json(const ApiKeyRecord& key) {
  json object{{"id", key.id}, {"description", key.description}};
  object["expires"] = key.expires ? json(format_expiry(*key.expires)) : json(nullptr);
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

int report(const Error& error, const Console& console) {
  console.err << (error.message.empty() ? "it failed without a reason" : error.message) << "\n";
  return kFailed;
}

int create(KeyAdmin& admin, const ApiKeyOptions& options,
           std::optional<std::chrono::system_clock::time_point> expires, const Console& console) {
  const auto key = admin.create(options.description, expires);
  if (!key) return report(key.error(), console);
  if (options.output == Output::json) {
    console.out << to_json(*key) << "\n";
    return kDone;
  }
  console.out << key->id << "\n";
  if (key->expires) console.err << "expires " << format_expiry(*key->expires) << "\n";
  return kDone;
}

int list(KeyAdmin& admin, const ApiKeyOptions& options, const Console& console) {
  const auto keys = admin.list();
  if (!keys) return report(keys.error(), console);
  for (const ApiKeyRecord& key : *keys) {
    if (options.output == Output::json) {
      console.out << to_json(key) << "\n";
      continue;
    }
    console.out << key.id << "  "
                << (key.expires ? format_expiry(*key.expires) : "never               ");
    if (key.expires && *key.expires <= std::chrono::system_clock::now()) console.out << "  expired";
    if (!key.description.empty()) console.out << "  " << key.description;
    console.out << "\n";
  }
  if (keys->empty()) console.err << "no keys\n";
  return kDone;
}

int remove(KeyAdmin& admin, const ApiKeyOptions& options, const Console& console) {
  const auto removed = admin.remove(options.id);
  if (!removed) return report(removed.error(), console);
  console.err << "deleted " << options.id << "\n";
  return kDone;
}

}  // namespace

int run_api_key(const ApiKeyOptions& options, const Console& console) {
  std::optional<std::chrono::system_clock::time_point> expires;
  if (!options.expires.empty()) {
    const auto parsed = parse_expiry(options.expires, std::chrono::system_clock::now());
    if (!parsed) {
      console.err << "--expires: " << parsed.error().message << "\n";
      return kWrongUsage;
    }
    expires = *parsed;
  }
  const auto admin = open_admin(options);
  if (!admin) return report(admin.error(), console);
  switch (options.action) {
    case ApiKeyAction::create:
      return create(**admin, options, expires, console);
    case ApiKeyAction::list:
      return list(**admin, options, console);
    case ApiKeyAction::remove:
      return remove(**admin, options, console);
  }
  return kFailed;
}

}  // namespace eventsd::app
