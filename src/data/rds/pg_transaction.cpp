#include "data/rds/pg_transaction.hpp"

#include <algorithm>
#include <array>

namespace eventsd::data::rds {
namespace {

// SQLSTATEs of statements whose parameters have no type yet: indeterminate_datatype,
// ambiguous_parameter, ambiguous_function, datatype_mismatch.
constexpr std::array<std::string_view, 4> kUntyped = {"42P18", "42P08", "42725", "42804"};

std::string quoted(const std::string& identifier) {
  std::string text = "\"";
  for (const char c : identifier) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + '"';
}

class Transaction final : public std::enable_shared_from_this<Transaction> {
 public:
  Transaction(PgSession& session, std::shared_ptr<const std::vector<Statement>> statements,
              TransactionOptions options, std::chrono::milliseconds timeout,
              std::function<void(TransactionEnd)> done)
      : session_(session),
        statements_(std::move(statements)),
        options_(std::move(options)),
        timeout_(timeout),
        done_(std::move(done)) {}

  void begin() {
    std::string commands =
        "BEGIN;SET LOCAL statement_timeout=" + std::to_string(timeout_.count()) +
        ";SET LOCAL timezone='UTC';SET LOCAL datestyle='ISO, YMD';SET LOCAL bytea_output='hex'"
        ";SET LOCAL standard_conforming_strings=on;SET LOCAL extra_float_digits=1";
    if (!options_.schema.empty()) commands += ";SET LOCAL search_path=" + quoted(options_.schema);
    session_.run(std::move(commands), [self = shared_from_this()](PgEnd end) {
      if (end.how != PgEnd::How::done) return self->finish(std::move(end));
      self->had_begun_ = true;
      self->run_next();
    });
  }

 private:
  void run_next() {
    if (results_.size() == statements_->size()) return commit();
    current_ = StatementResult();
    std::size_t used = 0;
    for (const std::string& result : results_) used += result.size();
    session_.run((*statements_)[results_.size()], typing_, current_,
                 options_.max_result_bytes - std::min(used, options_.max_result_bytes),
                 [self = shared_from_this()](PgEnd end) { self->on_statement(std::move(end)); });
  }

  void on_statement(PgEnd end) {
    if (end.how == PgEnd::How::done) {
      results_.push_back(current_.json(end.records_updated));
      return run_next();
    }
    if (end.how != PgEnd::How::refused) return finish(std::move(end));
    const bool again = typing_ == Typing::inferred &&
                       std::find(kUntyped.begin(), kUntyped.end(), end.state) != kUntyped.end();
    session_.run("ROLLBACK", [self = shared_from_this(), end = std::move(end),
                              again](const PgEnd& rolled_back) {
      if (!again || rolled_back.how != PgEnd::How::done) return self->finish(end);
      self->typing_ = Typing::declared;
      self->results_.clear();
      self->begin();
    });
  }

  void commit() {
    session_.run("COMMIT", [self = shared_from_this()](PgEnd end) {
      self->committed_ = end.how == PgEnd::How::done;
      self->finish(std::move(end));
    });
  }

  void finish(PgEnd end) {
    TransactionEnd ended{std::move(end), {}, had_begun_};
    if (committed_) {
      ended.result = R"({"sqlStatementResults":[)";
      for (const std::string& result : results_) {
        if (ended.result.back() != '[') ended.result += ',';
        ended.result += result;
      }
      ended.result += "]}";
    }
    if (auto done = std::exchange(done_, nullptr)) done(std::move(ended));
  }

  PgSession& session_;
  const std::shared_ptr<const std::vector<Statement>> statements_;
  const TransactionOptions options_;
  const std::chrono::milliseconds timeout_;
  std::function<void(TransactionEnd)> done_;
  Typing typing_ = Typing::inferred;
  StatementResult current_;
  std::vector<std::string> results_;
  bool had_begun_ = false;
  bool committed_ = false;
};

}  // namespace

void run_transaction(PgSession& session, std::shared_ptr<const std::vector<Statement>> statements,
                     TransactionOptions options, std::chrono::milliseconds timeout,
                     std::function<void(TransactionEnd)> done) {
  std::make_shared<Transaction>(session, std::move(statements), std::move(options), timeout,
                                std::move(done))
      ->begin();
}

}  // namespace eventsd::data::rds
