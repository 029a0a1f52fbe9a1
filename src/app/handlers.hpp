// From configuration to handlers. Modules that have not changed stay over a reload, with the
// workers that know them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/code_file.hpp"
#include "app/data_sources.hpp"
#include "app/data_thread.hpp"
#include "core/snapshot.hpp"
#include "handler/namespace_handler.hpp"
#include "handler/supervisor.hpp"

namespace eventsd::app {

// Outlives the snapshots that it equips, and the shards.
//   thread   control, but for what its members say
class Handlers {
 public:
  // `program`: what has the verb of workers; this program if empty. `dynamodb`: see
  // DataEnvironment.
  explicit Handlers(DataThread& thread, std::string program = {},
                    DynamoDbService* dynamodb = nullptr);
  ~Handlers();

  // Looks at the files of a configuration that is to be served, while everything goes on. A file
  // that cannot be used is told of once; where an earlier version of it runs, that goes on.
  //   errors   bad_request: FILE:LINE:COL and what is wrong, when nothing else can run
  Task<Result<void>> prepare(ConfigPtr config);

  // Gives `api` a handler for each namespace that has one, of the versions that prepare() and
  // refresh() have found. Waits only for what they have not seen, which is so at the start.
  //   errors   as those of prepare()
  //   REQUIRES `config` holds `from`
  Result<void> equip(core::Api& api, const ApiConfig& from, ConfigPtr config);

  // Looks at the files; whether one of them has got a new version, which equip() will take.
  // A faulty one is logged once.
  Task<bool> refresh();

  // A reload has been accepted: its limits hold, and files that it does not name are forgotten.
  void accept(const Config& config);

  // All calls that wait or run end as overloaded, now and from now on.
  void release_waiters();
  // Ends the workers. REQUIRES: nobody calls any more.
  void stop();

  // Prometheus text.
  //   thread   any
  std::string metrics() const;

 private:
  struct CodeFile {
    FileStamp stamp;  // of the version that was last looked at
    CodeModulePtr module;
    std::string told;  // why that version is not the one that runs
  };
  struct Look {
    bool changed = false;
    bool unchecked = false;      // no worker could look at it
    std::optional<Error> fault;  // no version of it can be used
  };
  Task<Look> look_at(std::string path);

  Result<CodeModulePtr> find_code(const std::string& path, const HandlerLimits& limits);
  void start_workers(const HandlerLimits& limits);
  Result<const DataSourceMap*> find_sources(const ApiConfig& from, const ConfigPtr& config);
  std::shared_ptr<DataSource> find_source(const DataSourceMap& sources,
                                          const std::optional<HandlerConfig>& handler) const;

  DataThread& thread_;
  DynamoDbService* const dynamodb_;
  const std::string program_;
  handler::HandlerCounts counts_;
  std::unique_ptr<handler::Supervisor> supervisor_;           // null: no namespace has had code yet
  HandlerLimits limits_;                                      // of supervisor_
  std::atomic<const handler::Supervisor*> running_{nullptr};  // the same, for metrics()
  std::map<std::string, CodeFile> files_;                     // by path
  const std::shared_ptr<DataSource> none_;
  ConfigPtr sources_of_;  // whose data sources these are
  std::map<const ApiConfig*, DataSourceMap> sources_;
};

}  // namespace eventsd::app
