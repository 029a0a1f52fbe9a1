// The daemon's DynamoDB: the embedded tables, their HTTP API, and the data sources that use them or
// an endpoint elsewhere.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <thread>

#include "app/data_dir.hpp"
#include "app/dynamodb_listener.hpp"
#include "auth/iam_users.hpp"
#include "data/dynamodb/dynamodb.hpp"
#include "data/dynamodb_source/source.hpp"
#include "data/outbound_calls.hpp"
#include "eventsd/config.hpp"
#include "eventsd/executor.hpp"

namespace eventsd::app {

// Lives longer than the data sources that it makes.
//   thread   control, but for what its members say
class DynamoDbService {
 public:
  DynamoDbService();
  ~DynamoDbService();

  // Opens the tables if the configuration wants them, and makes those that it names. Comes before
  // make_source(). A damaged file is no error: see trouble().
  //   errors   bad_request: a table; the text names its place
  Result<void> open(const Config& config, const DataDir& dir);
  // Binds `dynamodb.listen`, if it is set.
  //   errors   bad_request: the address
  Result<void> listen(const Config& config, auth::IamUsersPtr users);
  void start();

  // Whether reconfigure() can do what the configuration wants.
  //   errors   bad_request, as of open()
  Result<void> check(const Config& config) const;
  // A reload: tables, users and limits. `dynamodb.listen` needs a restart.
  void reconfigure(const Config& config, auth::IamUsersPtr users);

  // An AMAZON_DYNAMODB data source, on the tables here or on `dynamodb.endpoint`. `functions` are
  // those that its requests may name.
  //   errors   bad_request: dynamodb.endpoint or outbound
  Result<std::shared_ptr<DataSource>> make_source(const DataSourceConfig& source,
                                                  const Config& config, data::OutboundCalls& calls,
                                                  std::shared_ptr<data::Functions> functions);

  // "127.0.0.1:8000" as bound; empty: off.
  std::string address() const { return listener_ ? listener_->address() : std::string(); }
  // Why the tables cannot be used; empty: they can, or nobody wants them.
  std::string trouble() const { return store_ ? store_->trouble() : std::string(); }
  std::string metrics() const { return store_ ? store_->metrics() : std::string(); }

  // Takes no more connections.
  void drain();
  // Ends the tables' threads: what waits is done first, later requests are refused.
  void stop_tables();
  // Ends the thread. REQUIRES: nobody asks any more.
  void stop();

 private:
  Result<void> open_store(const Config& config);
  using BackendPtr = std::shared_ptr<data::dynamodb_source::Backend>;
  Result<BackendPtr> make_backend(const std::string& region, const Config& config,
                                  boost::asio::io_context& io);

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  const Executor executor_;
  std::string store_path_;
  std::string token_path_;
  std::shared_ptr<const data::dynamodb_source::PageTokens> tokens_;  // null: no source yet
  std::unique_ptr<data::dynamodb::DynamoDb> store_;  // null: nobody has wanted it yet
  std::unique_ptr<DynamoDbListener> listener_;       // the thread's, once it runs
  std::thread thread_;
};

}  // namespace eventsd::app
