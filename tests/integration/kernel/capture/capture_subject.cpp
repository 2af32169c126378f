// What the capture tests run: a process that ends in a known way after using a known amount.
//
//   capture_subject exit CODE            ends with CODE; further words are ignored
//   capture_subject signal N             dies of signal N
//   capture_subject wait                 waits to be killed
//   capture_subject connect PORT TIMES   connects to that port of 127.0.0.1 from a thread of its
//   own
//                                        each time, and to one of ::1 where nobody listens once
//   capture_subject threads join|group|leader [MS]
//                                        64 MiB, four threads of 60 (MS) ms CPU each; ends with
//                                        code 3 when all were joined, by exit_group in a worker, or
//                                        by threads after their leader

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

#include <netinet/in.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr std::size_t kMemoryBytes = 64u << 20;
constexpr int kThreads = 4;

std::string_view ending;
long busy_milliseconds = 60;
std::atomic<int> busy{kThreads};

void burn(long milliseconds) {
  timespec used{};
  do {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  } while (used.tv_sec * 1000 + used.tv_nsec / 1'000'000 < milliseconds);
}

void* work(void* is_last) {
  burn(busy_milliseconds);
  busy.fetch_sub(1);
  if (ending == "group") {
    // The others are in the middle of something when the last one ends the process.
    while (is_last != nullptr && busy.load() > 0) burn(1);
    if (is_last != nullptr) ::syscall(SYS_exit_group, 3);
    while (true) ::pause();
  }
  return nullptr;
}

int run_threads() {
  auto* const memory = static_cast<volatile char*>(std::malloc(kMemoryBytes));
  if (memory == nullptr) return 1;
  for (std::size_t at = 0; at < kMemoryBytes; at += 4096) memory[at] = 1;

  pthread_t threads[kThreads];
  for (int i = 0; i < kThreads; ++i) {
    if (pthread_create(&threads[i], nullptr, work, i == kThreads - 1 ? threads : nullptr) != 0)
      return 1;
  }
  if (ending == "leader") ::syscall(SYS_exit, 3);
  if (ending == "group") {
    while (true) ::pause();
  }
  for (auto& thread : threads) pthread_join(thread, nullptr);
  return 3;
}

void* connect_to(void* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(*static_cast<const std::uint16_t*>(port));
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::close(socket);
  return nullptr;
}

void connect_to_nobody() {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  address.sin6_port = htons(1);
  const int socket = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::close(socket);
}

int run_connections(std::uint16_t port, int times) {
  for (int i = 0; i < times; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, connect_to, &port) != 0) return 1;
    pthread_join(thread, nullptr);
  }
  connect_to_nobody();
  return 0;
}

int die_of(int signal) {
  const rlimit no_core{};
  setrlimit(RLIMIT_CORE, &no_core);
  std::signal(signal, SIG_DFL);
  ::kill(::getpid(), signal);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "wait") {
    while (true) ::pause();
  }
  if (argc < 3) return 2;
  if (verb == "exit") return std::atoi(argv[2]);
  if (verb == "signal") return die_of(std::atoi(argv[2]));
  if (verb == "threads") {
    ending = argv[2];
    if (argc > 3) busy_milliseconds = std::atol(argv[3]);
    return run_threads();
  }
  if (verb == "connect" && argc > 3)
    return run_connections(static_cast<std::uint16_t>(std::atoi(argv[2])), std::atoi(argv[3]));
  return 2;
}
