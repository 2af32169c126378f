// What the model of command sequences costs an event, without a program around it.
//
//   sequence_bench FILE...
//
// FILE: as for `foreshock-coordinator sequence predict`. Each event is guessed, then learned, by a
// model that begins empty; its making counts. Processor time, the median of five runs.

#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "common/text/csv.h"
#include "coordinator/sequence/sequence_model.h"

namespace foreshock::coordinator {
namespace {

constexpr std::size_t kRuns = 5;

struct Event {
  std::string host;
  std::string user;
  std::string command;
  std::string arguments;
};

Result<std::vector<Event>> read_events(const std::string& path) {
  FS_TRY(auto csv, CsvReader::open(path));
  FS_TRY(const auto user, csv.column("user"));
  FS_TRY(const auto command, csv.column("command"));
  const auto host = csv.find_column("host");
  const auto arguments = csv.find_column("args");
  const auto text = [&](std::optional<std::size_t> column) {
    return column ? std::string(csv.text(*column)) : std::string();
  };
  std::vector<Event> events;
  while (true) {
    FS_TRY(const bool more, csv.read_row());
    if (!more) return events;
    events.push_back({text(host), text(user), text(command), text(arguments)});
  }
}

double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Outcome {
  double seconds = 0;
  std::size_t right = 0;  ///< first guesses
};

Outcome follow(const std::vector<Event>& events) {
  Outcome outcome;
  const double began = processor_seconds();
  SequenceModel model({});
  for (const Event& event : events) {
    const auto guesses = model.predict(event.host, event.user);
    if (!guesses.empty() && guesses.front().command == event.command) ++outcome.right;
    model.learn(event.host, event.user, event.command, event.arguments);
  }
  outcome.seconds = processor_seconds() - began;
  return outcome;
}

Result<void> measure(const std::string& path) {
  FS_TRY(const auto events, read_events(path));
  if (events.empty()) return Error(ErrorCode::invalid_argument, path + ": no events");
  std::array<Outcome, kRuns> runs;
  for (auto& run : runs) run = follow(events);
  std::ranges::sort(runs, {}, &Outcome::seconds);
  const auto count = static_cast<double>(events.size());
  fmt::print("{}: {} events, {:.2f} us an event, first guess right {:.3f}\n", path, events.size(),
             runs[kRuns / 2].seconds / count * 1e6, static_cast<double>(runs[0].right) / count);
  return {};
}

}  // namespace
}  // namespace foreshock::coordinator

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: sequence_bench FILE...\n");
    return 2;
  }
  for (int i = 1; i < argc; ++i) {
    if (const auto measured = foreshock::coordinator::measure(argv[i]); !measured) {
      fmt::print(stderr, "sequence_bench: {}\n", measured.error().message());
      return 1;
    }
  }
  return 0;
}
