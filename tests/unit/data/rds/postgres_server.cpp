#include "unit/data/rds/postgres_server.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <stdexcept>
#include <vector>

namespace eventsd::test {
namespace {

// In front of what must not run as root; with the parent's end comes its own.
std::vector<std::string> unprivileged() {
  std::vector<std::string> words = {"setpriv", "--pdeathsig=INT"};
  if (::geteuid() == 0) {
    for (const char* word : {"--reuid=postgres", "--regid=postgres", "--clear-groups"}) {
      words.emplace_back(word);
    }
  }
  words.emplace_back("--");
  return words;
}

pid_t spawn(std::vector<std::string> words, int output) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, output, 2);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  pid_t process = -1;
  const int error =
      ::posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error(words[0] + " cannot be started");
  return process;
}

// Reads until `text` has come or the writers have gone.
std::string read_until(int descriptor, const std::string& text) {
  std::string all;
  char part[4096];
  while (text.empty() || all.find(text) == std::string::npos) {
    const ssize_t got = ::read(descriptor, part, sizeof part);
    if (got <= 0) break;
    all.append(part, static_cast<std::size_t>(got));
  }
  return all;
}

}  // namespace

std::string PostgresServer::program_folder() {
  std::set<std::string> found;
  std::error_code ignored;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    const std::filesystem::path folder = version.path() / "bin";
    if (std::filesystem::exists(folder / "initdb", ignored)) found.insert(folder.string());
  }
  return found.empty() ? "" : *found.rbegin();
}

PostgresServer::PostgresServer() {
  const std::string programs = program_folder();
  const std::string data = directory_.path("data");
  if (::geteuid() == 0) {
    const passwd* user = ::getpwnam("postgres");
    if (!user || ::chown(directory_.path().c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("there is no user postgres to run the server as");
    }
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  log_ = ends[0];
  std::vector<std::string> make = unprivileged();
  for (const std::string& word :
       {programs + "/initdb", std::string("-D"), data, std::string("-U"), std::string("postgres"),
        std::string("-A"), std::string("trust"), std::string("-E"), std::string("UTF8"),
        std::string("--locale=C.UTF-8"), std::string("--no-sync")}) {
    make.push_back(word);
  }
  int status = 0;
  const pid_t maker = spawn(make, ends[1]);
  ::waitpid(maker, &status, 0);
  if (status != 0) {
    ::close(ends[1]);
    throw std::runtime_error("initdb failed: " + read_until(log_, ""));
  }
  std::vector<std::string> serve = unprivileged();
  for (const std::string& word :
       {programs + "/postgres", std::string("-D"), data, std::string("-k"), directory_.path(),
        std::string("-c"), std::string("listen_addresses="), std::string("-F"), std::string("-c"),
        std::string("log_min_messages=log"), std::string("-c"),
        std::string("timezone=Asia/Tokyo")}) {
    serve.push_back(word);
  }
  process_ = spawn(serve, ends[1]);
  ::close(ends[1]);
  const std::string said = read_until(log_, "ready to accept connections");
  if (said.find("ready to accept connections") == std::string::npos) {
    throw std::runtime_error("the server did not start: " + said);
  }
}

PostgresServer::~PostgresServer() {
  if (process_ > 0) {
    ::kill(process_, SIGINT);  // a fast shutdown
    read_until(log_, "");
    ::waitpid(process_, nullptr, 0);
  }
  if (log_ >= 0) ::close(log_);
}

std::string PostgresServer::connection_string() const {
  return "host=" + directory_.path() + " user=postgres dbname=postgres";
}

std::string PostgresServer::socket_path() const { return directory_.path(".s.PGSQL.5432"); }

}  // namespace eventsd::test
