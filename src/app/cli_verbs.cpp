// The table of verbs and the options of each.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <array>
#include <map>
#include <memory>

#include "app/bench_options.hpp"
#include "app/cli.hpp"
#include "app/cli_credentials.hpp"
#include "app/cli_doctor.hpp"

namespace eventsd::app {
namespace {

using Run = std::function<int()>;

// The options live as long as the function that reads them.
template <typename T>
std::shared_ptr<T> make_options() {
  return std::make_shared<T>();
}

void add_endpoint(CLI::App& verb, EndpointOptions& endpoint) {
  verb.add_option("--url", endpoint.url,
                  "Endpoint; $EVENTSD_URL, else that in eventsd-data/endpoint.json, else "
                  "http://127.0.0.1:8080/event");
  add_credential_options(verb, endpoint);
  verb.add_option("--ca-file", endpoint.ca_file,
                  "PEM file of a further trusted CA; else eventsd-data/tls/ca.pem");
}

void add_json(CLI::App& verb, Output& output, const char* help) {
  verb.add_flag_callback(
      "--json", [&output] { output = Output::json; }, help);
}

void add_config(CLI::App& verb, std::string& file) {
  verb.add_option("--config,-c", file,
                  "Configuration file; $EVENTSD_CONFIG, ./eventsd.yaml, /etc/eventsd/eventsd.yaml");
}

Run bind_serve(CLI::App& verb, const Console&) {
  auto options = make_options<ServeOptions>();
  add_config(verb, options->config_file);
  verb.add_option("--listen", options->listen, "Address and port, such as 0.0.0.0:8080; repeatable")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb.add_option("--data-dir", options->data_dir, "Where databases, keys and tokens are kept");
  verb.add_option("--template", options->template_path,
                  "CloudFormation template or cdk.out folder to deploy at the start");
  return [options] { return run_serve(*options); };
}

Run bind_check_config(CLI::App& verb, const Console&) {
  auto options = make_options<ConfigOptions>();
  add_config(verb, options->config_file);
  return [options] { return run_check_config(*options); };
}

Run bind_print_config(CLI::App& verb, const Console&) {
  auto options = make_options<PrintConfigOptions>();
  add_config(verb, options->config_file);
  verb.add_flag_callback(
      "--defaults", [options] { options->defaults = ShowDefaults::yes; },
      "Print the commented reference instead: every option with its default");
  verb.add_flag_callback(
      "--markdown", [options] { options->defaults = ShowDefaults::as_markdown; },
      "Print the reference as Markdown");
  return [options] { return run_print_config(*options); };
}

Run bind_publish(CLI::App& verb, const Console& console) {
  auto options = make_options<PublishOptions>();
  verb.add_option("CHANNEL", options->channel, "Such as default/room-1")->required();
  verb.add_option(
          "EVENT", options->events,
          "JSON texts; - reads them from the input, one a line. After -- an event may begin "
          "with a dash")
      ->required();
  add_endpoint(verb, options->endpoint);
  verb.add_flag("--ws", options->over_socket, "Over the WebSocket instead of HTTP");
  add_json(verb, options->output, "Print {\"index\",\"identifier\",\"error\"} for each event");
  return [options, &console] {
    // run_cli() puts a space before a leading bracket, see there.
    for (std::string& event : options->events) event.erase(0, event.find_first_not_of(' '));
    return run_publish(*options, console);
  };
}

Run bind_subscribe(CLI::App& verb, const Console& console) {
  auto options = make_options<SubscribeOptions>();
  verb.add_option("CHANNEL", options->channel, "Such as default/room-1, or default/*")->required();
  auto* last = verb.add_option("--last", options->last, "Begin with so many stored events")
                   ->check(CLI::Range(0, 1000));
  verb.add_option("--after", options->after, "Begin after this cursor")->excludes(last);
  verb.add_option("--count", options->count, "End after so many events");
  verb.add_flag_callback(
      "--no-reconnect", [options] { options->reconnect = false; },
      "Fail when the connection is lost");
  add_endpoint(verb, options->endpoint);
  add_json(verb, options->output, "Print {\"channel\",\"event\",\"cursor\"} for each event");
  return [options, &console] { return run_subscribe(*options, console); };
}

Run bind_history(CLI::App& verb, const Console& console) {
  auto options = make_options<HistoryOptions>();
  verb.add_option("CHANNEL", options->channel, "Such as default/room-1, or default/*")->required();
  verb.add_option("--limit", options->limit, "Events of a page, 1 to 1000")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  auto* before =
      verb.add_option("--before", options->before, "Only what is older than this cursor");
  verb.add_option("--after", options->after, "Only what is newer than this cursor")
      ->excludes(before);
  verb.add_flag("--all", options->all, "Every page, oldest event first");
  add_endpoint(verb, options->endpoint);
  add_json(verb, options->output,
           "Print {\"id\",\"channel\",\"event\",\"timestamp\",\"cursor\"} for each event");
  return [options, &console] { return run_history(*options, console); };
}

Run bind_sign(CLI::App& verb, const Console& console) {
  auto options = make_options<SignOptions>();
  const std::map<std::string, SignedOperation> operations = {
      {"http", SignedOperation::http},
      {"connect", SignedOperation::connect},
      {"subscribe", SignedOperation::subscribe},
      {"publish", SignedOperation::publish}};
  verb.add_option("BODY", options->body,
                  "What is sent: a request's body, or a message of the socket; - reads it from the "
                  "input. None for connect");
  verb.add_option("--operation", options->operation,
                  "http, or for the WebSocket connect, subscribe or publish; http")
      ->transform(CLI::CheckedTransformer(operations).description(""));
  verb.add_option("--url", options->endpoint.url,
                  "Endpoint; $EVENTSD_URL, else that in eventsd-data/endpoint.json, else "
                  "http://127.0.0.1:8080/event");
  add_signing_options(verb, options->endpoint.iam);
  verb.add_flag("--subprotocol", options->as_subprotocol,
                "Print it as the second value of Sec-WebSocket-Protocol (for connect)");
  add_json(verb, options->output, "Print one JSON object for http, too");
  return [options, &console] { return run_sign(*options, console); };
}

void add_admin(CLI::App& action, ApiKeyOptions& options) {
  action.add_option("--admin-url", options.admin_url,
                    "Admin address of the daemon; that in eventsd-data/endpoint.json, else "
                    "http://127.0.0.1:9464");
  action.add_option("--token", options.token,
                    "Admin token; $EVENTSD_ADMIN_TOKEN, else the one in eventsd-data/admin-token");
  action.add_option("--api", options.api_id, "API id; else the first API");
  action.add_option("--ca-file", options.ca_file, "PEM file of a further trusted CA");
  action.add_flag("--offline", options.offline, "Change the data directory; no daemon may run");
  action.add_option("--data-dir", options.data_dir,
                    "Data directory; $EVENTSD_DATA_DIR, else ./eventsd-data");
  add_json(action, options.output, "Print {\"id\",\"description\",\"expires\"} for each key");
}

Run bind_api_key(CLI::App& verb, const Console& console) {
  auto options = make_options<ApiKeyOptions>();
  verb.require_subcommand(1);
  const auto add = [&](const char* name, const char* help, ApiKeyAction kind) {
    CLI::App* action = verb.add_subcommand(name, help);
    action->parse_complete_callback([options, kind] { options->action = kind; });
    return action;
  };
  CLI::App* create = add("create", "Makes a key and prints it", ApiKeyAction::create);
  create->add_option("--description", options->description, "What the key is for");
  create->add_option("--expires", options->expires,
                     "When it ends, 1 to 365 days from now: 30d or 2027-12-31T00:00:00Z; 7d");
  CLI::App* list = add("list", "Prints all keys", ApiKeyAction::list);
  CLI::App* remove = add("delete", "Deletes a key", ApiKeyAction::remove);
  remove->add_option("ID", options->id, "The key")->required();
  for (CLI::App* action : {create, list, remove}) add_admin(*action, *options);
  return [options, &console] { return run_api_key(*options, console); };
}

Run bind_token(CLI::App& verb, const Console& console) {
  auto options = make_options<TokenOptions>();
  verb.add_option("--sub", options->subject, "Whose token it is; dev-user");
  verb.add_option("--client-id", options->client_id, "Which client it was made for; dev-client");
  verb.add_option("--audience", options->audience, "aud; else the client, in ID tokens");
  verb.add_option("--groups", options->groups, "Groups of the user, comma-separated")
      ->delimiter(',');
  verb.add_option("--claim", options->claims,
                  "NAME=VALUE, a further claim or another value; JSON or text; repeatable")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb.add_option("--expires", options->expires, "When it ends: 90s, 1h, 30d; 1h");
  verb.add_option("--token-use", options->token_use, "access or id; access")
      ->check(CLI::IsMember({"access", "id"}));
  verb.add_option("--data-dir", options->data_dir,
                  "Where the issuer's key is; $EVENTSD_DATA_DIR, else ./eventsd-data");
  verb.add_option("--url", options->admin_url,
                  "Asks the daemon with this admin address instead of reading its key");
  return [options, &console] { return run_token(*options, console); };
}

Run bind_evaluate(CLI::App& verb, const Console& console) {
  auto options = make_options<EvaluateOptions>();
  verb.add_option("FILE", options->file, "The handler's module")->required();
  verb.add_option("--context", options->context,
                  "What the function gets as ctx: a JSON object, or @FILE with one")
      ->required();
  verb.add_option(
      "--function", options->function,
      "onPublish, onPublish.request, onSubscribe.response, ...; else the first exported");
  verb.add_flag("--watch", options->watch, "Runs it again whenever a file changes, until Ctrl-C");
  add_json(verb, options->output,
           "Print {evaluationResult, error, logs, stash, outErrors} as EvaluateCode does");
  return [options, &console] { return run_evaluate(*options, console); };
}

Run bind_doctor(CLI::App& verb, const Console& console) {
  auto options = make_options<DoctorOptions>();
  add_config(verb, options->config_file);
  add_json(verb, options->output,
           "Print {\"problems\",\"warnings\",\"findings\":[{\"severity\",\"check\",\"found\","
           "\"mend\"}]}");
  return [options, &console] { return run_doctor(*options, console); };
}

Run bind_health(CLI::App& verb, const Console& console) {
  auto options = make_options<HealthOptions>();
  verb.add_option("--url", options->url,
                  "Admin address, or any address that answers 200 when ready; that in "
                  "eventsd-data/endpoint.json, else http://127.0.0.1:9464");
  verb.add_option("--ca-file", options->ca_file, "PEM file of a further trusted CA");
  return [options, &console] { return run_health(*options, console); };
}

Run bind_version(CLI::App& verb, const Console& console) {
  auto output = std::make_shared<Output>(Output::text);
  add_json(verb, *output, "Print one JSON object");
  return [output, &console] { return run_version(*output, console); };
}

constexpr std::array kVerbs = {
    Verb{"serve", "Runs the daemon in the foreground",
         "  eventsd serve\n"
         "  eventsd serve --listen 0.0.0.0:8080 --data-dir /var/lib/eventsd\n",
         bind_serve},
    Verb{"check-config", "Validates everything that serve would load",
         "  eventsd check-config --config /etc/eventsd/eventsd.yaml\n", bind_check_config},
    Verb{"print-config", "Prints the effective configuration, secrets masked",
         "  eventsd print-config --defaults\n", bind_print_config},
    Verb{"publish", "Publishes events",
         "  eventsd publish default/room '{\"text\":\"hello\"}'\n"
         "  eventsd publish default/room '\"one\"' '\"two\"' --ws\n"
         "  tail -f events.jsonl | eventsd publish default/room -\n",
         bind_publish},
    Verb{"subscribe", "Prints events as they come, a line of JSON each, until Ctrl-C",
         "  eventsd subscribe 'default/*'\n"
         "  eventsd subscribe default/room --last 10 --json\n"
         "  eventsd subscribe default/room --count 1 --no-reconnect\n",
         bind_subscribe},
    Verb{"history", "Prints stored events, oldest first, a line of JSON each",
         "  eventsd history default/room --limit 10\n"
         "  eventsd history 'default/*' --all --json\n",
         bind_history},
    Verb{"sign", "Prints what signs a request or a socket's operation (AWS_IAM)",
         "  eventsd sign \"$BODY\" | curl -H @- -H 'content-type: application/json' \\\n"
         "      -d \"$BODY\" http://127.0.0.1:8080/event\n"
         "  eventsd sign --operation connect --subprotocol\n"
         "  eventsd sign --operation subscribe '{\"channel\":\"/default/*\"}'\n",
         bind_sign},
    Verb{
        "api-key", "Creates, lists and deletes API keys",
        "  eventsd api-key create --description web --expires 30d\n"
        "  eventsd api-key list --json\n"
        "  eventsd api-key delete da2-...\n"
        "  eventsd api-key create --offline --data-dir /var/lib/eventsd\n"
        "To rotate a key: create a second one, give it to the clients, delete the first when they\n"
        "have it. Keys are checked with every operation; what is subscribed stays so.\n",
        bind_api_key},
    Verb{"token", "Makes a token of the development issuer, which devIssuer.enabled turns on",
         "  eventsd token --sub alice --groups admins,editors\n"
         "  eventsd token --token-use id --claim email=alice@example.com --expires 10m\n"
         "  eventsd token --url http://127.0.0.1:9464 --sub alice\n",
         bind_token},
    Verb{"doctor", "Looks for what will hurt on this machine, and says what mends it",
         "  eventsd doctor\n"
         "  sudo -u eventsd eventsd doctor --json\n",
         bind_doctor},
    Verb{"health", "Tells whether the daemon is ready: exit code 0, else 1",
         "  eventsd health\n"
         "  eventsd health --url http://127.0.0.1:9464\n",
         bind_health},
    Verb{"evaluate", "Runs a handler with a context of yours: result, stash and log lines",
         "  eventsd evaluate handler.js --context '{\"events\":[{\"id\":\"1\",\"payload\":{}}]}'\n"
         "  eventsd evaluate handler.js --context @context.json --function onPublish.request "
         "--json\n"
         "  eventsd evaluate handler.js --context @context.json --watch\n"
         "Exit code 0: it returned; 1: it stopped with an error; 2: the module cannot be used.\n",
         bind_evaluate},
    Verb{"bench", "Measures a server: fan-out, publishes, connections, idle memory",
         "  eventsd bench fanout --subscribers 1000 --rate 100\n"
         "  eventsd bench publish --connections 8 --ws --in-flight 16 --json\n"
         "  eventsd bench connect --connections 10000 --concurrency 100\n"
         "  eventsd bench idle --connections 5000 --hold 1m --pid \"$(pidof eventsd)\"\n",
         bench::bind_bench},
    Verb{"version", "Prints version, commit, build type and library versions", "", bind_version},
};

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

}  // namespace eventsd::app
