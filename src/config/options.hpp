// The one table of options. The loader, the environment's names, suggestions for misspelt keys,
// print-config and the reference configuration all come from it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "eventsd/config.hpp"

namespace eventsd::config {

// What a value is, and so how it is read and printed.
enum class Kind : std::uint8_t {
  text,
  path,  // a file; relative to the file that names it
  boolean,
  count,
  size,
  duration,
  choice,
  timestamp,
  text_list,
  mode,
  mode_list,
  section,
  section_list,
  section_map,  // a section for each name that the file chooses
  text_map,     // a text for each name that the file chooses
};

// The parts of a configuration that the options of one section live in.
struct Scope {
  Config* config = nullptr;
  ApiConfig* api = nullptr;
  AuthProviderConfig* provider = nullptr;
  ApiKeyConfig* api_key = nullptr;
  ChannelNamespace* channel_namespace = nullptr;
  IamUserConfig* iam_user = nullptr;
  PolicyStatementConfig* statement = nullptr;
  LambdaFunctionConfig* lambda_function = nullptr;
  HandlerConfig* handler = nullptr;
  DataSourceConfig* data_source = nullptr;
  DynamoDbTableConfig* table = nullptr;
  DynamoDbIndexConfig* index = nullptr;
  SourcePlace* place = nullptr;  // of the list item just entered
  std::string* name = nullptr;   // of the item of a section_map just entered
};

// Where a value lives. The pointer belongs to the scope it was made from.
using Field =
    std::variant<std::monostate, std::string*, bool*, std::uint32_t*, std::uint64_t*,
                 std::chrono::milliseconds*, std::vector<std::string>*, LogFormat*, HistoryRead*,
                 AuthMode*, AuthModes*, std::optional<std::chrono::system_clock::time_point>*,
                 std::vector<NamedAddress>*, HandlerBehavior*, InvokeType*, DataSourceType*,
                 HttpAuthorization*>;

using Visitor = std::function<void(const Scope&)>;

struct Option {
  std::string_view path = {};  // "limits.maxEventSize", "api.apiKeys.id"; lists add no index
  Kind kind = Kind::section;
  Field (*field)(const Scope&) = nullptr;

  std::string_view doc = {};      // what it means, with its unit
  std::string_view danger = {};   // what a wrong value does
  std::string_view example = {};  // shown disabled in the reference, for options without a default
  std::string_view choices = {};  // of Kind::choice: "a|b|c"

  std::uint64_t least = 0;  // bounds of counts, sizes (bytes) and durations (milliseconds)
  std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  // Corrects a text or an item in place; the answer is what was expected, or empty when it is good.
  std::string (*check)(std::string& value) = nullptr;

  // Sections only. `enter` makes the scope of a section or list item that the file holds (null:
  // the same scope); `each` visits those that a configuration holds.
  Scope (*enter)(Scope) = nullptr;
  void (*each)(const Scope&, const Visitor&) = nullptr;
  std::string_view children_of = {};  // whose children it shares

  // Reference only: one of several that exclude each other, so it stays off inside an example.
  bool alternative = false;
  bool secret = false;      // masked when printed; `file:PATH` reads it from a file
  bool aws_pinned = false;  // limits.strict allows the default only
  bool restart = false;     // a reload does not apply it
};

// What a secret looks like in print-config.
inline constexpr std::string_view kMaskedSecret = "********";

// The parts of the table, each in a file of its own.
std::span<const Option> daemon_options();
std::span<const Option> api_options();
std::span<const Option> auth_options();
std::span<const Option> limit_options();
std::span<const Option> handler_options();      // of a namespace's handlers
std::span<const Option> data_source_options();  // of an API's data sources
std::span<const Option> data_options();         // of tables, and of what names mean here
std::span<const Option> handler_limit_options();

// Every option, in the order of the reference. Parents stand before their children.
std::span<const Option> options();

// Null when there is none of that path.
const Option* find_option(std::string_view path);

// The options directly inside a section; "" for the top level.
std::vector<const Option*> children_of(std::string_view section);

// "maxEventSize" of "limits.maxEventSize".
std::string_view leaf(std::string_view path);

bool is_section(Kind kind);
bool is_list_of_values(Kind kind);

// True for values and lists of values outside lists of sections.
bool has_environment_name(const Option& option);

// "EVENTSD_LIMITS_MAX_EVENT_SIZE" of "limits.maxEventSize".
std::string environment_name(std::string_view path);

// "--data-dir" of "dataDir".
std::string flag_name(std::string_view path);

// The candidate with the fewest edits, if it is near enough to be a misspelling.
std::optional<std::string> nearest_name(std::string_view name,
                                        const std::vector<std::string>& candidates);

}  // namespace eventsd::config
