// From configuration to data sources.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/data_thread.hpp"
#include "app/dynamodb_service.hpp"
#include "eventsd/config.hpp"
#include "eventsd/data_source.hpp"
#include "eventsd/result.hpp"

namespace eventsd::app {

// By the name that handlerConfigs gives.
using DataSourceMap = std::map<std::string, std::shared_ptr<DataSource>, std::less<>>;

// What factories of data sources may use besides the configuration.
struct DataEnvironment {
  DataThread& thread;
  DynamoDbService* dynamodb = nullptr;  // null: there are no AMAZON_DYNAMODB sources
};

// One source for each entry of the API's `dataSources`, made anew at every reload; a replaced one
// ends when its last call has.
//   thread   control
//   errors   bad_request: FILE:LINE:COL, the source's name and what is wrong with it
Result<DataSourceMap> make_data_sources(const ApiConfig& api, const Config& config,
                                        const DataEnvironment& environment);

}  // namespace eventsd::app
