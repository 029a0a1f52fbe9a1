#include "app/data_sources.hpp"

#include "app/outbound_sources.hpp"
#include "data/none_source.hpp"

namespace eventsd::app {
namespace {

using Made = Result<std::shared_ptr<DataSource>>;

Error not_yet(const DataSourceConfig& from) {
  return fail(ErrorKind::bad_request,
              "type " + std::string(to_string(from.type)) + " is not yet available; remove it");
}

// The one place where a type becomes a source. The factories are those of src/data.
Made make_source(const DataSourceConfig& from, const Config& config,
                 const DataEnvironment& environment, OutboundSources& outbound) {
  switch (from.type) {
    case DataSourceType::none:
      return data::make_none_source();
    case DataSourceType::dynamodb: {
      if (!environment.dynamodb) return not_yet(from);
      auto functions = outbound.functions();
      if (!functions) return functions.error();
      return environment.dynamodb->make_source(from, config, environment.thread.calls(),
                                               std::move(*functions));
    }
    case DataSourceType::lambda:
    case DataSourceType::http:
    case DataSourceType::event_bridge:
    case DataSourceType::open_search:
    case DataSourceType::elasticsearch:
    case DataSourceType::relational_database:
    case DataSourceType::bedrock_runtime:
      return outbound.make(from);
  }
  return not_yet(from);
}

std::string place_of(const SourcePlace& place) {
  if (place.line == 0) return place.file.empty() ? "" : place.file + ": ";
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
}

}  // namespace

Result<DataSourceMap> make_data_sources(const ApiConfig& api, const Config& config,
                                        const DataEnvironment& environment) {
  DataSourceMap sources;
  OutboundSources outbound(config, environment.thread.calls());
  for (const DataSourceConfig& from : api.data_sources) {
    Made made = make_source(from, config, environment, outbound);
    if (!made) {
      return fail(made.error().kind, place_of(from.place) + "data source \"" + from.name +
                                         "\": " + made.error().message);
    }
    sources.emplace(from.name, environment.thread.own(std::move(*made)));
  }
  return sources;
}

}  // namespace eventsd::app
