// eventsd doctor
#include "app/cli_doctor.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "app/doctor.hpp"
#include "app/load_options.hpp"

namespace eventsd::app {
namespace {

Findings examine(const config::Loaded& loaded) {
  Findings findings;
  for (const config::Fault& fault : loaded.faults) {
    findings.push_back({Severity::problem, "configuration", config::format_fault(fault),
                        "correct it; eventsd check-config checks again"});
  }
  for (const std::string& warning : loaded.warnings) {
    findings.push_back({Severity::warning, "configuration", warning, ""});
  }
  if (!loaded.config) return findings;
  const Config& config = *loaded.config;
  const MachineFacts facts = read_machine(config);
  for (auto& part : {check_smells(config, facts.now), check_machine(config, facts),
                     check_ports(config), check_certificate(config.tls, facts.now),
                     check_names(config, &resolve_host)}) {
    findings.insert(findings.end(), part.begin(), part.end());
  }
  return findings;
}

void print_text(const Findings& findings, std::size_t problems, std::size_t warnings,
                const Console& console) {
  for (const Finding& finding : findings) {
    console.out << to_string(finding.severity) << (finding.severity == Severity::ok ? "      " : "")
                << (finding.severity != Severity::ok ? " " : "") << finding.check << ": "
                << finding.found << "\n";
    if (!finding.mend.empty()) console.out << "        mend: " << finding.mend << "\n";
  }
  console.out << problems << (problems == 1 ? " problem, " : " problems, ") << warnings
              << (warnings == 1 ? " warning\n" : " warnings\n");
}

}  // namespace

int run_doctor(const DoctorOptions& options, const Console& console) {
  const config::Loaded loaded = config::load_config(load_options(options.config_file));
  const Findings findings = examine(loaded);
  std::size_t problems = 0;
  std::size_t warnings = 0;
  for (const Finding& finding : findings) {
    problems += finding.severity == Severity::problem;
    warnings += finding.severity == Severity::warning;
  }
  if (options.output == Output::json) {
    auto list = nlohmann::ordered_json::array();
    for (const Finding& finding : findings) {
      list.push_back({{"severity", to_string(finding.severity)},
                      {"check", finding.check},
                      {"found", finding.found},
                      {"mend", finding.mend}});
    }
    const nlohmann::ordered_json report{
        {"problems", problems}, {"warnings", warnings}, {"findings", std::move(list)}};
    console.out << report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else {
    print_text(findings, problems, warnings, console);
  }
  console.out.flush();
  if (!loaded.config) return kWrongUsage;
  return problems > 0 ? kFailed : kDone;
}

}  // namespace eventsd::app
