// The certificate, as the doctor sees it.
#include <fmt/format.h>
#include <sys/stat.h>

#include "app/doctor.hpp"
#include "net/openssl_ptr.hpp"

namespace eventsd::app {
namespace {

constexpr int kSoonDays = 14;  // until then a renewal should have happened

Finding judge(const std::string& file, const X509& certificate,
              std::chrono::system_clock::time_point now) {
  std::time_t moment = std::chrono::system_clock::to_time_t(now);
  const std::string renew =
      "renew it (certbot renew, or as it was made): it is read again when the file changes";
  if (X509_cmp_time(X509_get0_notBefore(&certificate), &moment) > 0) {
    return {Severity::problem, "certificate", file + " is not valid yet",
            "sudo timedatectl set-ntp true, or " + renew};
  }
  int days = 0;
  int seconds = 0;
  const std::unique_ptr<ASN1_TIME, net::OpensslDelete<ASN1_TIME_free>> today(
      ASN1_TIME_set(nullptr, moment));
  if (!today ||
      ASN1_TIME_diff(&days, &seconds, today.get(), X509_get0_notAfter(&certificate)) != 1) {
    return {Severity::problem, "certificate", file + ": its dates cannot be read", renew};
  }
  if (days < 0 || seconds < 0) {
    return {Severity::problem, "certificate", fmt::format("{} expired {} days ago", file, -days),
            renew};
  }
  const std::string found = fmt::format("{} is valid for {} more days", file, days);
  if (days < kSoonDays) return {Severity::warning, "certificate", found, renew};
  return {Severity::ok, "certificate", found, ""};
}

}  // namespace

Findings check_certificate(const TlsConfig& tls, std::chrono::system_clock::time_point now) {
  if (tls.certificate.empty()) return {};  // the self-signed one is remade in time
  Findings findings;
  const net::BioPtr file(BIO_new_file(tls.certificate.c_str(), "r"));
  const net::X509Ptr certificate(file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)
                                      : nullptr);
  if (certificate) {
    findings.push_back(judge(tls.certificate, *certificate, now));
  } else {
    findings.push_back({Severity::problem, "certificate",
                        tls.certificate + " cannot be read: " + net::take_openssl_error(),
                        "ls -l " + tls.certificate});
  }
  struct stat key {};
  if (::stat(tls.private_key.c_str(), &key) != 0) {
    findings.push_back({Severity::problem, "certificate", tls.private_key + " cannot be read",
                        "ls -l " + tls.private_key});
  } else if ((key.st_mode & 0007) != 0) {
    findings.push_back({Severity::warning, "certificate",
                        tls.private_key + " can be read by every user of this machine",
                        "sudo chmod o-rwx " + tls.private_key});
  }
  return findings;
}

}  // namespace eventsd::app
