// sequence predict, sequence masquerade: commands of users in a file, in the order they were run.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/text/csv.h"
#include "common/text/progress.h"
#include "common/text/text_table.h"
#include "coordinator/offline/verb.h"
#include "coordinator/sequence/masquerade_detector.h"
#include "coordinator/sequence/sequence_model.h"

namespace foreshock::coordinator {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostListed = 20;  // the file that is written has them all
constexpr std::size_t kRowsBetweenProgress = 1024;
constexpr auto kRight = TextColumn::Align::right;

struct Options {
  std::string in;
  std::string out;
  bool json = false;
  MasqueradeDetector::Options masquerade;
};

/// The columns of a file of commands; what may be missing is absent.
struct CommandColumns {
  std::size_t user = 0;
  std::size_t command = 0;
  std::optional<std::size_t> host;
  std::optional<std::size_t> arguments;
};

Result<CommandColumns> find_columns(const CsvReader& csv) {
  CommandColumns columns;
  FS_TRY(columns.user, csv.column("user"));
  FS_TRY(columns.command, csv.column("command"));
  columns.host = csv.find_column("host");
  columns.arguments = csv.find_column("args");
  return columns;
}

std::string_view text_or_empty(const CsvReader& csv, std::optional<std::size_t> column) {
  return column ? csv.text(*column) : std::string_view();
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "-"
                    : fmt::format("{:.1f} %",
                                  100 * static_cast<double>(part) / static_cast<double>(whole));
}

void print(const Json& json, const CliOutput& output) {
  output.out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

struct Guessed {
  std::uint64_t commands = 0;
  std::uint64_t first = 0;    ///< the first guess was right
  std::uint64_t in_five = 0;  ///< one of the five was
  double bits = 0;            ///< of surprise
};

using GuessedByUser = std::map<std::string, Guessed, std::less<>>;

Result<GuessedByUser> predict_file(const Options& options, const CliOutput& output) {
  FS_TRY(auto csv, CsvReader::open(options.in));
  FS_TRY(const CommandColumns columns, find_columns(csv));
  FS_TRY(auto writer, CsvWriter::open(options.out, {"row", "p1", "p2", "p3", "p4", "p5"}));
  Progress progress(output.err, output.style, "predicting", 0);
  SequenceModel model({});
  GuessedByUser users;
  std::int64_t row = 0;
  while (true) {
    FS_TRY(const bool more, csv.read_row());
    if (!more) break;
    const std::string_view host = text_or_empty(csv, columns.host);
    const std::string_view user = csv.text(columns.user);
    const std::string_view command = csv.text(columns.command);
    auto known = users.find(user);
    if (known == users.end()) known = users.try_emplace(std::string(user)).first;
    Guessed& guessed = known->second;
    const auto guesses = model.predict(host, user);
    writer.add(row);
    for (std::size_t i = 0; i < SequenceModel::kGuesses; ++i) {
      const std::string_view guess = i < guesses.size() ? guesses[i].command : std::string_view();
      writer.add(guess);
      if (i < guesses.size() && guess == command) ++guessed.in_five;
    }
    FS_CHECK(writer.end_row());
    const Surprise surprise =
        model.learn(host, user, command, text_or_empty(csv, columns.arguments));
    ++guessed.commands;
    guessed.first += surprise.expected ? 1 : 0;
    guessed.bits += surprise.bits;
    if (++row % kRowsBetweenProgress == 0) progress.set_done(static_cast<std::size_t>(row));
  }
  FS_CHECK(writer.close());
  return users;
}

Json describe_json(const std::string& user, const Guessed& guessed) {
  const double commands = static_cast<double>(std::max<std::uint64_t>(guessed.commands, 1));
  return {{"user", user},
          {"commands", guessed.commands},
          {"first_right", static_cast<double>(guessed.first) / commands},
          {"in_five", static_cast<double>(guessed.in_five) / commands},
          {"bits_per_command", guessed.bits / commands}};
}

void add_row(TextTable& table, const std::string& user, const Guessed& guessed) {
  table.add_row({user, std::to_string(guessed.commands), percent(guessed.first, guessed.commands),
                 percent(guessed.in_five, guessed.commands),
                 fmt::format("{:.2f}", guessed.bits / static_cast<double>(std::max<std::uint64_t>(
                                                          guessed.commands, 1)))});
}

Result<void> run_predict(const Options& options, const CliOutput& output) {
  FS_TRY(const GuessedByUser users, predict_file(options, output));
  Guessed all;
  for (const auto& [user, guessed] : users) {
    all.commands += guessed.commands;
    all.first += guessed.first;
    all.in_five += guessed.in_five;
    all.bits += guessed.bits;
  }
  if (options.json) {
    Json reply = {{"all", describe_json("", all)}, {"users", Json::array()}};
    reply["all"].erase("user");
    for (const auto& [user, guessed] : users)
      reply["users"].push_back(describe_json(user, guessed));
    print(reply, output);
    return {};
  }
  std::vector<GuessedByUser::const_iterator> busiest;
  for (auto it = users.begin(); it != users.end(); ++it) busiest.push_back(it);
  std::ranges::stable_sort(busiest, std::ranges::greater(),
                           [](const auto& it) { return it->second.commands; });
  TextTable table({{"USER"},
                   {"COMMANDS", kRight},
                   {"FIRST RIGHT", kRight},
                   {"IN FIVE", kRight},
                   {"BITS", kRight}});
  for (std::size_t i = 0; i < std::min(busiest.size(), kMostListed); ++i) {
    add_row(table, busiest[i]->first, busiest[i]->second);
  }
  if (busiest.size() > kMostListed) {
    table.add_row({fmt::format("({} more)", busiest.size() - kMostListed), "", "", "", ""});
  }
  add_row(table, "all", all);
  output.out << table.render(output.style);
  return {};
}

struct JudgedBlock {
  std::string user;
  MasqueradeScore judged;
};

Result<std::vector<JudgedBlock>> judge_file(const Options& options, const CliOutput& output) {
  FS_TRY(auto csv, CsvReader::open(options.in));
  FS_TRY(const CommandColumns columns, find_columns(csv));
  FS_TRY(auto writer, CsvWriter::open(options.out, {"user", "block", "score"}));
  Progress progress(output.err, output.style, "judging", 0);
  MasqueradeDetector detector(options.masquerade);
  std::vector<JudgedBlock> blocks;
  std::size_t row = 0;
  while (true) {
    FS_TRY(const bool more, csv.read_row());
    if (!more) break;
    const std::string_view user = csv.text(columns.user);
    if (const auto judged = detector.add(user, csv.text(columns.command))) {
      writer.add(user).add(static_cast<std::int64_t>(judged->block)).add(judged->score);
      FS_CHECK(writer.end_row());
      blocks.push_back({std::string(user), *judged});
    }
    if (++row % kRowsBetweenProgress == 0) progress.set_done(row);
  }
  if (detector.not_followed() > 0) {
    return Error(ErrorCode::exhausted,
                 fmt::format("{}: more than {} users", options.in, options.masquerade.max_users));
  }
  FS_CHECK(writer.close());
  return blocks;
}

Result<void> run_masquerade(const Options& options, const CliOutput& output) {
  FS_TRY(auto blocks, judge_file(options, output));
  std::ranges::stable_sort(blocks, std::ranges::greater(),
                           [](const JudgedBlock& block) { return block.judged.score; });
  const std::size_t listed = std::min(blocks.size(), kMostListed);
  if (options.json) {
    Json most = Json::array();
    for (std::size_t i = 0; i < listed; ++i) {
      most.push_back({{"user", blocks[i].user},
                      {"block", blocks[i].judged.block},
                      {"score", blocks[i].judged.score}});
    }
    print({{"judged", blocks.size()}, {"most_suspicious", std::move(most)}}, output);
    return {};
  }
  output.out << fmt::format(
      "{} blocks of {} commands judged; 0 is like oneself, 1 like a stranger. Most suspicious:\n",
      blocks.size(), options.masquerade.block_length);
  TextTable table({{"USER"}, {"BLOCK", kRight}, {"SCORE", kRight}});
  for (std::size_t i = 0; i < listed; ++i) {
    const MasqueradeScore& judged = blocks[i].judged;
    table.add_row({blocks[i].user, std::to_string(judged.block),
                   TextCell(fmt::format("{:.2f}", judged.score),
                            judged.score >= 1 ? Tint::bad : Tint::none)});
  }
  output.out << table.render(output.style);
  return {};
}

CLI::App* add_verb(const OfflineVerbs& verbs, CLI::App& parent, const std::string& name,
                   const std::string& help, const std::shared_ptr<Options>& options,
                   Result<void> (*run)(const Options&, const CliOutput&)) {
  CLI::App* verb = verbs.add(
      parent, name, help, [options, run, output = verbs.output] { return run(*options, output); });
  verb->add_option("--in", options->in,
                   "CSV: user, command and, where known, host and args; in the order of time; - "
                   "is standard input")
      ->required();
  verb->add_option("--out", options->out, "CSV, written anew")->required();
  verb->add_flag("--json", options->json, "Print the summary as JSON");
  return verb;
}

}  // namespace

void add_sequence_verbs(CLI::App& app, const OfflineVerbs& verbs) {
  CLI::App& group =
      OfflineVerbs::group(app, "sequence", "Which command comes next, and who types it");
  add_verb(verbs, group, "predict",
           "Guess each command of a file from those above it; writes row,p1,p2,p3,p4,p5",
           std::make_shared<Options>(), run_predict);
  const auto options = std::make_shared<Options>();
  CLI::App* masquerade =
      add_verb(verbs, group, "masquerade",
               "Tell how unlike their users blocks of commands are; writes user,block,score",
               options, run_masquerade);
  masquerade->add_option("--block-length", options->masquerade.block_length, "Commands in a block")
      ->check(CLI::Range(10, 100'000))
      ->capture_default_str();
  masquerade
      ->add_option("--own-blocks", options->masquerade.own_blocks,
                   "Blocks at each user's beginning that are known to be the user's own")
      ->check(CLI::Range(2, 100'000))
      ->capture_default_str();
  masquerade->add_option("--max-users", options->masquerade.max_users, "Users followed at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
}

}  // namespace foreshock::coordinator
