#include "app/cli.hpp"

#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <iostream>
#include <numeric>

#include "handler/worker.hpp"

namespace eventsd::app {
namespace {

// Insertions, deletions and replacements that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

// The candidate that a person most likely meant; empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

std::vector<std::string> names_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (const CLI::App* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  return names;
}

// The innermost subcommand that was given.
const CLI::App& deepest(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : deepest(*chosen.front());
}

std::string full_name(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : full_name(*parent) + " " + app.get_name();
}

int report_wrong_usage(const CLI::App& app, const CLI::ParseError& error,
                       const std::vector<std::string>& arguments, const Console& console) {
  const CLI::App& verb = deepest(app);
  std::string unknown;
  for (const std::string& argument : verb.remaining(/*recurse=*/true)) {
    if (unknown.empty()) unknown = argument.substr(0, argument.find('='));
  }
  // A verb that does not exist shows as a verb that is missing.
  if (unknown.empty() && &verb == &app && !arguments.empty()) unknown = arguments.front();
  if (unknown.empty()) {
    console.err << full_name(verb) << ": " << error.what() << "\n";
  } else {
    const bool is_option = unknown.starts_with('-');
    console.err << full_name(verb) << ": unknown "
                << (is_option                          ? "option "
                    : verb.get_subcommands({}).empty() ? "argument "
                                                       : "verb ")
                << unknown;
    const std::string meant = nearest(unknown, names_of(verb));
    if (!meant.empty()) console.err << "; did you mean " << meant << "?";
    console.err << "\n";
  }
  console.err << "See `" << full_name(verb) << " --help`\n";
  return kWrongUsage;
}

// CLI11 takes an argument in brackets for a list of its own and splits it, which would tear JSON
// arrays apart. White space before a JSON text means nothing, and hides the bracket.
std::vector<std::string> shield_arrays(std::vector<std::string> arguments) {
  if (arguments.empty() || arguments.front() != "publish") return arguments;
  for (std::string& argument : arguments) {
    if (argument.starts_with('[')) argument.insert(0, 1, ' ');
  }
  return arguments;
}

}  // namespace

int run_cli(int argc, const char* const* argv, const Console& console) {
  CLI::App app("Self-hosted AppSync-Events-compatible server", "eventsd");
  app.require_subcommand(1);
  std::function<int()> run;
  app.add_flag_callback(
      "--version", [&] { run = [&console] { return run_version(Output::text, console); }; },
      "The same as the verb version");
  app.footer(
      "`eventsd serve` in an empty folder is all it takes to begin.\n"
      "`eventsd VERB --help` tells more.");
  for (const Verb& verb : verbs()) {
    CLI::App* subcommand = app.add_subcommand(std::string(verb.name), std::string(verb.help));
    if (!verb.examples.empty()) subcommand->footer("Examples:\n" + std::string(verb.examples));
    auto bound = verb.bind(*subcommand, console);
    subcommand->final_callback([&run, bound = std::move(bound)] { run = bound; });
  }

  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  if (arguments.empty()) {
    console.err << app.help();
    return kWrongUsage;
  }
  if (arguments == std::vector<std::string>{"--version"}) return run_version(Output::text, console);
  try {
    auto reversed = shield_arrays(arguments);
    std::reverse(reversed.begin(), reversed.end());  // CLI11 takes them from the back
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    const CLI::App& verb = deepest(app);
    // CLI11 puts what it is given before the name, so that it reads as it is typed.
    console.out << verb.help(verb.get_parent() == nullptr ? "" : full_name(*verb.get_parent()));
    console.out.flush();
    return kDone;
  } catch (const CLI::ParseError& error) {
    return report_wrong_usage(app, error, arguments, console);
  }
  return run();
}

int run_cli(int argc, char** argv) {
  // Not a verb for people: the daemon starts itself with it, and what it does is no command line.
  if (argc > 1 && std::string_view(argv[1]) == handler::kWorkerVerb) {
    return handler::run_worker({argv + 2, static_cast<std::size_t>(argc - 2)});
  }
  const Console console{STDIN_FILENO, std::cout, std::cerr};
  return run_cli(argc, argv, console);
}

}  // namespace eventsd::app
