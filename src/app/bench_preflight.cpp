#include "app/bench_preflight.hpp"

#include "app/bench_session.hpp"

namespace eventsd::app::bench {
namespace {

class Scout final : public Session {
 public:
  using Session::Session;
  std::string fault;

 private:
  void on_ready() override {}
  void on_message(std::string_view) override {}
  void on_lost(const std::string& reason, bool) override { fault = reason; }
};

// What a person can do about it; may be empty.
std::string remedy_for(std::string_view fault) {
  const auto has = [&](std::string_view word) { return fault.find(word) != fault.npos; };
  if (has("TLS: ") && (has("certificate") || has("issuer"))) {
    return "; name the CA that signed it with --ca-file";
  }
  if (has("TLS: ")) return "; does the server speak TLS there, or is the address an http:// one?";
  if (has("HTTP 401") || has("HTTP 403") || has("Unauthorized")) {
    return "; check --api-key or --auth-token";
  }
  if (has("HTTP 404")) return "; is the path right? Self-hosted and AWS endpoints end in /event";
  if (has("HTTP 426")) return "; the server wants TLS: use https://";
  if (has("ended the connection") || has("reset by peer")) {
    return "; is it an AppSync-Events-compatible endpoint, and is https:// needed?";
  }
  return {};
}

}  // namespace

Result<void> try_one_connection(const Access& access, const std::string& url) {
  Loop loop;
  Scout scout(loop, access);
  const auto begun = scout.begin("", 0);
  if (!begun) return begun.error();
  while (scout.is_setting_up()) {
    loop.turn(Clock::now() + std::chrono::milliseconds(200));
    if (Clock::now() - scout.began() > kSetUpTimeout) scout.give_up();
  }
  if (scout.is_ready()) {
    scout.close_socket();
    return {};
  }
  const std::string remedy = remedy_for(scout.fault);
  std::string fault = scout.fault;
  if (!remedy.empty() && fault.ends_with('.')) fault.pop_back();
  return fail(ErrorKind::internal, url + ": " + fault + remedy);
}

}  // namespace eventsd::app::bench
