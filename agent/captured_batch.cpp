#include "agent/captured_batch.h"

#include <span>
#include <string>
#include <utility>
#include <variant>

namespace foreshock::agent {

namespace {

/// A batch that waits to be used again keeps no long command lines.
constexpr std::size_t kKeptWords = 512;

template <typename Event>
void put(std::vector<Event>& slots, std::size_t& used, Event&& event) {
  if (used == slots.size()) {
    slots.push_back(std::move(event));
  } else {
    slots[used] = std::move(event);
  }
  ++used;
}

}  // namespace

void CapturedBatch::add(ProcessEvent&& event) {
  if (auto* const exec = std::get_if<ExecEvent>(&event)) {
    order_.push_back(Kind::exec);
    put(execs_, used_execs_, std::move(*exec));
  } else {
    order_.push_back(Kind::exit);
    put(exits_, used_exits_, std::move(std::get<ExitEvent>(event)));
  }
}

void CapturedBatch::clear() {
  for (auto& exec : std::span(execs_).first(used_execs_)) {
    if (exec.argv.words.capacity() > kKeptWords) std::string().swap(exec.argv.words);
  }
  order_.clear();
  used_execs_ = used_exits_ = 0;
}

}  // namespace foreshock::agent
