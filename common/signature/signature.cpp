#include "common/signature/signature.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "common/signature/command_meant.h"
#include "common/signature/script_words.h"
#include "common/signature/word_mask.h"

namespace foreshock {
namespace {

constexpr std::string_view kMore = "…";
constexpr std::string_view kNoName = "<word>";
constexpr std::size_t kMaxBaseNameBytes = 255;

/// Collects the words of a signature within its bounds.
class TextBuilder {
 public:
  /// False when nothing more fits.
  bool add(const std::string& word) {
    const bool mask = word.starts_with('<') && word.ends_with('>');
    if (mask && word == last_) {
      if (!repeated_ && text_.size() + kMore.size() <= kMaxSignatureBytes - kRoomForMore)
        text_ += kMore;
      repeated_ = true;
      return true;
    }
    if (words_ == kMaxSignatureWords ||
        text_.size() + 1 + word.size() > kMaxSignatureBytes - kRoomForMore) {
      text_ += words_ == 0 ? std::string(kNoName) : " " + std::string(kMore);
      return false;
    }
    if (words_ > 0) text_ += ' ';
    text_ += word;
    last_ = word;
    repeated_ = false;
    ++words_;
    return true;
  }

  std::string take() && {
    return words_ == 0 && text_.empty() ? std::string(kNoName) : std::move(text_);
  }

 private:
  static constexpr std::size_t kRoomForMore = 1 + kMore.size();

  std::string text_;
  std::string last_;
  std::size_t words_ = 0;
  bool repeated_ = false;
};

std::string printable(std::string_view name) {
  std::string result(name.substr(0, kMaxBaseNameBytes));
  std::ranges::replace_if(
      result, [](char c) { return c < ' ' || c > '~'; }, '?');
  return result;
}

/// `postgres: checkpointer`, `nginx: worker process`: a program that wrote its title over its
/// arguments.
bool is_title(const std::vector<std::string_view>& words) {
  return words.size() == 1 && words.front().find(' ') != std::string_view::npos;
}

std::vector<std::string_view> split_title(std::string_view title) {
  return split_shell_words(title, kMaxSignatureWords + 1);
}

/// Where steps are to be told: null on the way that every exec takes.
using Steps = std::vector<SignatureStep>*;

void tell(Steps steps, std::string what, std::string result) {
  if (steps != nullptr) steps->push_back({std::move(what), std::move(result)});
}

bool add_word(std::string_view word, const std::string& masked, TextBuilder& text, Steps steps) {
  if (steps != nullptr && word != masked) tell(steps, "word " + std::string(word), masked);
  return text.add(masked);
}

std::string join(const std::vector<std::string_view>& words) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : " ") + std::string(word);
  return text;
}

/// The program and, for interpreters, what it runs; returns the index of the first argument.
std::size_t add_program(const std::vector<std::string_view>& words, TextBuilder& text,
                        Steps steps) {
  add_word(words.front(), mask_program(words.front()), text, steps);
  const auto use = parse_interpreter_use(words);
  if (!use) return 1;
  if (!use->mode.empty()) text.add(std::string(use->mode));
  if (use->program >= words.size()) return words.size();
  const auto program = words[use->program];
  add_word(program, use->is_code ? "<code>" : mask_program(program), text, steps);
  return use->program + 1;
}

void add_command(const std::vector<std::string_view>& command, TextBuilder& text, Steps steps) {
  for (auto at = add_program(command, text, steps); at < command.size(); ++at) {
    // Behind an operator stands a program again: its name stays, wherever it lies.
    const bool program = ends_command(command[at - 1]) && !ends_command(command[at]);
    const auto masked = program ? mask_program(command[at]) : mask_argument(command[at]);
    if (!add_word(command[at], masked, text, steps)) break;
  }
}

std::vector<std::string_view> unwrap_all(std::vector<std::string_view> words, Steps steps) {
  if (steps == nullptr) return find_command_meant(std::move(words));
  for (auto inner = unwrap(words); !inner.empty(); inner = unwrap(words)) {
    tell(steps, "wrapper " + std::string(base_name_of(words.front())), join(inner));
    words = std::move(inner);
  }
  return words;
}

std::string make_text(std::vector<std::string_view> words, Steps steps) {
  TextBuilder text;
  auto command = unwrap_all(std::move(words), steps);
  if (auto remote = parse_remote_use(command)) {
    tell(steps, "runs elsewhere, by " + join(remote->prefix), join(remote->command));
    for (const auto word : remote->prefix) text.add(std::string(word));
    command = unwrap_all(std::move(remote->command), steps);
    if (command.empty()) return std::move(text).take();
  }
  add_command(command, text, steps);
  return std::move(text).take();
}

Signature normalise_and_tell(const std::vector<std::string_view>& words, std::string_view filename,
                             Steps steps) {
  Signature signature;
  const auto executed = filename.empty() && !words.empty() ? words.front() : filename;
  signature.base_name = printable(base_name_of(executed));
  auto command = words;
  if (is_title(words)) {
    command = split_title(words.front());
    tell(steps, "one word with spaces: a title", join(command));
  }
  if (command.empty() || command.front().empty()) command = {executed};
  signature.text = make_text(std::move(command), steps);
  return signature;
}

}  // namespace

Signature normalise(const std::vector<std::string_view>& words, std::string_view filename) {
  return normalise_and_tell(words, filename, nullptr);
}

SignatureExplanation explain_signature(const std::vector<std::string_view>& words,
                                       std::string_view filename) {
  SignatureExplanation explanation;
  explanation.signature = normalise_and_tell(words, filename, &explanation.steps);
  return explanation;
}

}  // namespace foreshock
