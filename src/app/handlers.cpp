#include "app/handlers.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "app/handler_metrics.hpp"
#include "data/none_source.hpp"
#include "handler/direct_handler.hpp"
#include "handler/js_handler.hpp"

namespace eventsd::app {
namespace {

// Each once, in order.
std::vector<std::string> code_files(const Config& config) {
  std::vector<std::string> paths;
  std::set<std::string> seen;
  for (const ApiConfig& api : config.apis) {
    for (const ChannelNamespace& one : api.channel_namespaces) {
      const std::string& path = one.handlers.code_file;
      if (!path.empty() && seen.insert(path).second) paths.push_back(path);
    }
  }
  return paths;
}

bool is_direct(const std::optional<HandlerConfig>& handler) {
  return handler && handler->behavior == HandlerBehavior::direct;
}

}  // namespace

Handlers::Handlers(DataThread& thread, std::string program, DynamoDbService* dynamodb)
    : thread_(thread),
      dynamodb_(dynamodb),
      program_(std::move(program)),
      none_(data::make_none_source()) {}

Handlers::~Handlers() = default;

void Handlers::start_workers(const HandlerLimits& limits) {
  if (supervisor_) return;
  handler::SupervisorOptions options = worker_options(limits);
  if (!program_.empty()) options.program = program_;
  supervisor_ = handler::make_supervisor(options);
  limits_ = limits;
  running_ = supervisor_.get();
}

void Handlers::accept(const Config& config) {
  const std::vector<std::string> paths = code_files(config);
  std::erase_if(files_, [&paths](const auto& file) {
    return std::find(paths.begin(), paths.end(), file.first) == paths.end();
  });
  const HandlerLimits& limits = config.limits.handler;
  if (!supervisor_ || limits == limits_) return;
  limits_ = limits;
  spdlog::info("limits.handler has changed: handler workers follow workers={}", limits.workers);
  supervisor_->reconfigure(worker_options(limits));
}

Result<CodeModulePtr> Handlers::find_code(const std::string& path, const HandlerLimits& limits) {
  start_workers(limits);
  const auto known = files_.find(path);
  if (known != files_.end()) return known->second.module;
  const FileStamp stamp = stamp_of(path);
  auto source = read_code(path);
  if (!source) return source.error();
  const handler::CodeCheck checked = supervisor_->check_now(path, *source);
  auto made = make_module(path, std::move(*source), checked);
  if (made) files_[path] = {stamp, *made, {}};
  return made;
}

Task<Handlers::Look> Handlers::look_at(std::string path) {
  const FileStamp stamp = stamp_of(path);
  const auto before = files_.find(path);
  if (before != files_.end()) {
    if (before->second.stamp == stamp) co_return Look{};
    before->second.stamp = stamp;
  }
  Look look;
  auto source = read_code(path);
  Result<CodeModulePtr> made = source.has_error() ? Result<CodeModulePtr>(source.error())
                                                  : Result<CodeModulePtr>(CodeModulePtr());
  if (source) {
    const handler::CodeCheck checked = co_await supervisor_->check(path, *source);
    look.unchecked = is_unchecked(checked);
    made = make_module(path, std::move(*source), checked);
  }
  const auto now = files_.find(path);
  if (now == files_.end()) {
    if (made) {
      files_[path] = {stamp, *made, {}};
      look.changed = true;
    } else {
      look.fault = made.error();
    }
    co_return look;
  }
  CodeFile& file = now->second;
  if (file.stamp != stamp) co_return Look{};  // has changed meanwhile
  if (made) {
    file = {stamp, *made, {}};
    look.changed = true;
    co_return look;
  }
  if (look.unchecked) file.stamp = {};  // the next look may do better
  if (file.told != made.error().message) {
    file.told = made.error().message;
    spdlog::error("{} (the version that ran goes on)", file.told);
  }
  co_return look;
}

Task<Result<void>> Handlers::prepare(ConfigPtr config) {
  const std::vector<std::string> paths = code_files(*config);
  if (!paths.empty()) start_workers(config->limits.handler);
  bool workers_serve = true;
  for (const std::string& path : paths) {
    if (!workers_serve && files_.contains(path)) continue;  // not one wait for each of them
    const Look look = co_await look_at(path);
    if (look.fault) co_return *look.fault;
    workers_serve = workers_serve && !look.unchecked;
  }
  co_return Result<void>();
}

Task<bool> Handlers::refresh() {
  bool changed = false;
  std::vector<std::string> paths;
  for (const auto& [path, file] : files_) paths.push_back(path);
  for (const std::string& path : paths) {
    if (!files_.contains(path)) continue;
    const Look look = co_await look_at(path);
    if (look.changed) spdlog::info("handlers reread file={}", path);
    changed = changed || look.changed;
    if (look.unchecked) break;
  }
  co_return changed;
}

Result<const DataSourceMap*> Handlers::find_sources(const ApiConfig& from,
                                                    const ConfigPtr& config) {
  if (sources_of_ != config) {
    sources_.clear();
    sources_of_ = config;
  }
  const auto known = sources_.find(&from);
  if (known != sources_.end()) return &known->second;
  auto made = make_data_sources(from, *config, {thread_, dynamodb_});
  if (!made) return made.error();
  return &sources_.emplace(&from, std::move(*made)).first->second;
}

std::shared_ptr<DataSource> Handlers::find_source(
    const DataSourceMap& sources, const std::optional<HandlerConfig>& handler) const {
  if (!handler || handler->data_source_name.empty()) return none_;
  const auto found = sources.find(handler->data_source_name);
  return found == sources.end() ? none_ : found->second;  // the configuration has been checked
}

Result<void> Handlers::equip(core::Api& api, const ApiConfig& from, ConfigPtr config) {
  const auto sources = find_sources(from, config);
  if (!sources) return sources.error();
  const std::chrono::milliseconds wall_time = config->limits.handler.wall_time;
  for (const ChannelNamespace& one : from.channel_namespaces) {
    const HandlersConfig& wanted = one.handlers;
    if (wanted.empty()) continue;
    handler::NamespaceHandlers handlers;
    if (!wanted.code_file.empty()) {
      const auto module = find_code(wanted.code_file, config->limits.handler);
      if (!module) return module.error();
      std::shared_ptr<Handler> code = handler::make_js_handler(
          {*module, one.key, from.id, find_source(**sources, wanted.on_publish),
           find_source(**sources, wanted.on_subscribe), wall_time},
          *supervisor_);
      handlers = {code, code};
    }
    const auto direct = [&](const HandlerConfig& how) -> std::shared_ptr<Handler> {
      return handler::make_direct_handler(
          {find_source(**sources, how), from.id, how.invoke_type, wall_time,
           [this](std::function<Task<void>()> work, std::size_t bytes) {
             return thread_.spawn(std::move(work), bytes);
           }});
    };
    if (is_direct(wanted.on_publish)) handlers.publish = direct(*wanted.on_publish);
    if (is_direct(wanted.on_subscribe)) handlers.subscribe = direct(*wanted.on_subscribe);
    api.handlers.emplace(one.name, handler::make_namespace_handler(std::move(handlers), counts_));
  }
  return {};
}

void Handlers::release_waiters() {
  if (supervisor_) supervisor_->release_waiters();
}

void Handlers::stop() {
  if (supervisor_) supervisor_->stop();
}

std::string Handlers::metrics() const {
  const handler::Supervisor* const running = running_;
  return render_handler_metrics(counts_, running ? running->counts() : handler::SupervisorCounts{});
}

}  // namespace eventsd::app
