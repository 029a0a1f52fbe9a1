#include "handler/sandbox.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <vector>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define EVENTSD_SANDBOX_FOR_SANITIZER 1
#endif
#endif

namespace eventsd::handler {
namespace {

#ifdef EVENTSD_SANDBOX_FOR_SANITIZER
constexpr bool kForSanitizer = true;
#else
constexpr bool kForSanitizer = false;
#endif

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the system call filter of handler workers knows x86-64 and arm64 only"
#endif

std::string failed(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

// The filter program, a block for each system call; the order is that of their frequency.
class Filter {
 public:
  Filter() {
    load(offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
    give(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    add(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);  // x32, whose numbers mean other calls
    give(SECCOMP_RET_KILL_PROCESS);
#endif
  }
  void allow(std::initializer_list<int> calls) {
    for (const int call : calls) {
      add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
      give(SECCOMP_RET_ALLOW);
    }
  }
  // Whose first argument is one of the descriptors. A call belongs to one such block: what the
  // block refuses is refused.
  void allow_on(std::initializer_list<std::uint32_t> descriptors,
                std::initializer_list<int> calls) {
    const auto count = static_cast<std::uint8_t>(descriptors.size());
    for (const int call : calls) {
      add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0,
          static_cast<std::uint8_t>(count + 3));
      load(argument(0));
      std::uint8_t to_allow = count;
      for (const std::uint32_t descriptor : descriptors) {
        add(BPF_JMP | BPF_JEQ | BPF_K, descriptor, to_allow--, 0);
      }
      refuse();
      give(SECCOMP_RET_ALLOW);
    }
  }
  // Whose third argument is a protection without PROT_EXEC.
  void allow_not_executable(std::initializer_list<int> calls) {
    for (const int call : calls) {
      add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4);
      load(argument(2));
      add(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
      refuse();
      give(SECCOMP_RET_ALLOW);
    }
  }
  bool install() {
    refuse();
    const sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
  }

 private:
  void add(int code, std::uint32_t operand, std::uint8_t if_true, std::uint8_t if_false) {
    code_.push_back({static_cast<std::uint16_t>(code), if_true, if_false, operand});
  }
  void load(std::size_t offset) {
    add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset), 0, 0);
  }
  void give(std::uint32_t verdict) { add(BPF_RET | BPF_K, verdict, 0, 0); }
  void refuse() { give(SECCOMP_RET_ERRNO | EPERM); }
  // The low half, on little-endian machines.
  static std::size_t argument(std::size_t i) {
    return offsetof(seccomp_data, args) + i * sizeof(std::uint64_t);
  }

  std::vector<sock_filter> code_;
};

std::string install_filter() {
  Filter filter;
  const auto socket = static_cast<std::uint32_t>(kWorkerSocket);
  filter.allow_on({socket}, {SYS_recvfrom, SYS_sendto, SYS_read});
  if (kForSanitizer) {
    filter.allow_on({socket, 2}, {SYS_write});  // what it has found
  } else {
    filter.allow_on({socket}, {SYS_write});
  }
  filter.allow({SYS_clock_gettime, SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex,
                SYS_getrandom, SYS_gettimeofday, SYS_clock_getres, SYS_getpid, SYS_rt_sigreturn,
                SYS_rt_sigprocmask, SYS_restart_syscall, SYS_exit, SYS_exit_group});
  filter.allow_not_executable({SYS_mmap, SYS_mprotect});
  if (kForSanitizer) {
    filter.allow({SYS_gettid, SYS_tgkill, SYS_sched_yield, SYS_sigaltstack, SYS_rt_sigaction,
                  SYS_nanosleep, SYS_clock_nanosleep, SYS_prctl});
  }
  return filter.install() ? std::string()
                          : failed("seccomp filter (the kernel needs CONFIG_SECCOMP_FILTER)");
}

// No rule allows anything, so no file can be opened and no TCP port used even if a call got through
// the filter. The numbers are those of the kernel's ABI; older headers lack the later ones.
std::string install_landlock() {
  constexpr long kCreateRuleset = 444;
  constexpr long kRestrictSelf = 446;
  constexpr unsigned kAskVersion = 1;
  struct {
    std::uint64_t files, network, scopes;
  } handled{};
  const long version = ::syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  if (version < 1) return {};  // not built in, or turned off at boot
  constexpr std::uint64_t kFilesByVersion[] = {0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff};
  handled.files = kFilesByVersion[version > 5 ? 4 : version - 1];
  if (version >= 4) handled.network = 0x3;  // bind and connect
  if (version >= 6) handled.scopes = 0x3;   // abstract sockets and signals
  const std::size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const int rules = static_cast<int>(::syscall(kCreateRuleset, &handled, size, 0));
  if (rules < 0) return failed("Landlock rules");
  const bool restricted = ::syscall(kRestrictSelf, rules, 0) == 0;
  const std::string failure = restricted ? std::string() : failed("Landlock");
  ::close(rules);
  return failure;
}

bool limit(__rlimit_resource resource, std::uint64_t value) {
  const rlimit both{value, value};
  return ::setrlimit(resource, &both) == 0;
}

}  // namespace

void detach_worker() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  constexpr unsigned kFirst = kWorkerSocket + 1;
  if (kForSanitizer) {
    ::syscall(SYS_close_range, kFirst, 1u, 0);
    ::syscall(SYS_close_range, 3u, ~0u, 0);
  } else {
    ::syscall(SYS_close_range, kFirst, ~0u, 0);
  }
  ::clearenv();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
}

std::string close_sandbox(const SandboxLimits& limits) {
  if (::chdir("/") != 0) return failed("chdir /");
  if (!kForSanitizer && !limit(RLIMIT_AS, limits.address_space)) return failed("RLIMIT_AS");
  if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_FSIZE, 0)) return failed("RLIMIT_CORE, RLIMIT_FSIZE");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no_new_privs");
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("PR_SET_DUMPABLE");
  std::string failure = install_landlock();
  if (!failure.empty()) return failure;
  // After Landlock, which needs a descriptor for a moment.
  if (!limit(RLIMIT_NOFILE, 0) || !limit(RLIMIT_NPROC, 0)) {
    return failed("RLIMIT_NOFILE, RLIMIT_NPROC");
  }
  return install_filter();
}

}  // namespace eventsd::handler
