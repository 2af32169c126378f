#include "common/sync/named_thread.h"

#include <pthread.h>
#include <signal.h>

namespace foreshock {

std::jthread start_thread(const char* name, std::function<void(std::stop_token)> body) {
  return std::jthread([name, body = std::move(body)](std::stop_token stop) {
    pthread_setname_np(pthread_self(), name);
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    body(stop);
  });
}

}  // namespace foreshock
