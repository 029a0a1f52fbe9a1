// Closes the sandbox as a worker does, then tries what must not work, and tells the socket of it:
// a line "NAME allowed|refused DETAIL" for each attempt.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/rand.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <string>

#include "handler/sandbox.hpp"

extern char** environ;

namespace {

using eventsd::handler::kWorkerSocket;

void say(const std::string& line) {
  const std::string text = line + "\n";
  ::send(kWorkerSocket, text.data(), text.size(), MSG_NOSIGNAL);
}

void tell(const char* name, long result) {
  const int error = errno;
  say(std::string(name) + (result >= 0 ? " allowed" : " refused ") +
      (result >= 0 ? "" : std::strerror(error)));
}

void tell_open_descriptors() {
  std::string open;
  for (int fd = 0; fd < 1024; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) open += " " + std::to_string(fd);
  }
  say("descriptors" + open);
}

void tell_environment() {
  int count = 0;
  for (char** variable = environ; variable && *variable; ++variable) ++count;
  say("environment " + std::to_string(count));
}

// Numbers and not functions of the C library, which might refuse by themselves.
void try_what_must_not_work() {
  tell("open", ::syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
  tell("open_self", ::syscall(SYS_openat, AT_FDCWD, "/proc/self/environ", O_RDONLY));
  tell("create", ::syscall(SYS_openat, AT_FDCWD, "/tmp/probe", O_CREAT | O_WRONLY, 0600));
  tell("socket", ::syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(80);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  tell("connect", ::syscall(SYS_connect, kWorkerSocket, &address, sizeof address));
  tell("send_elsewhere", ::syscall(SYS_sendto, 5, "x", 1, 0, nullptr, 0));
  msghdr message{};
  tell("sendmsg", ::syscall(SYS_sendmsg, kWorkerSocket, &message, 0));
  tell("recvmsg", ::syscall(SYS_recvmsg, kWorkerSocket, &message, MSG_DONTWAIT));
  tell("dup", ::syscall(SYS_dup, kWorkerSocket));
  char program[] = "/bin/true";
  char* const arguments[] = {program, nullptr};
  tell("exec", ::syscall(SYS_execve, program, arguments, nullptr));
  const long child = ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (child == 0) ::_exit(0);
  tell("fork", child);
  tell("clone3", ::syscall(SYS_clone3, nullptr, 0));
  tell("ptrace", ::syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0));
  tell("kill_parent", ::syscall(SYS_kill, ::getppid(), 0));
  char byte = 0;
  const iovec here{&byte, 1};
  tell("process_vm", ::syscall(SYS_process_vm_readv, ::getpid(), &here, 1, &here, 1, 0));
  void* const page =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  tell("memory", page == MAP_FAILED ? -1 : 0);
  tell("mprotect_exec", ::syscall(SYS_mprotect, page, 4096, PROT_READ | PROT_EXEC));
  tell("mmap_exec", ::syscall(SYS_mmap, nullptr, 4096, PROT_READ | PROT_EXEC,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) < 0
                        ? -1
                        : 0);
  tell("setrlimit", ::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, nullptr, nullptr));
  tell("io_uring", ::syscall(SYS_io_uring_setup, 1, nullptr));
  tell("bpf", ::syscall(SYS_bpf, 0, nullptr, 0));
  tell("unshare", ::syscall(SYS_unshare, 0));
}

void try_what_must_work() {
  timespec now{};
  tell("cpu_clock", ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now));
  unsigned char random[16];
  tell("random", ::RAND_bytes(random, sizeof random) == 1 ? 0 : -1);
  // Beyond the limit of 256 MiB: refused, and the process lives.
  tell("address_space", ::mmap(nullptr, 512ull << 20, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                            ? -1
                            : 0);
}

}  // namespace

int main() {
  eventsd::handler::detach_worker();
  tell_open_descriptors();
  tell_environment();
  unsigned char seed = 0;
  ::RAND_bytes(&seed, 1);
  const std::string refusal = eventsd::handler::close_sandbox({256ull << 20});
  say("closed " + refusal);
  try_what_must_work();
  try_what_must_not_work();
  say("end");
  ::_exit(0);
}
