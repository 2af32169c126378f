#include "common/signature/signature.h"

#include <algorithm>
#include <cstddef>

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

/// The program and, for interpreters, what it runs; returns the index of the first argument.
std::size_t add_program(const std::vector<std::string_view>& words, TextBuilder& text) {
  text.add(mask_program(words.front()));
  const auto use = parse_interpreter_use(words);
  if (!use) return 1;
  if (!use->mode.empty()) text.add(std::string(use->mode));
  if (use->program >= words.size()) return words.size();
  text.add(use->is_code ? "<code>" : mask_program(words[use->program]));
  return use->program + 1;
}

std::string make_text(const std::vector<std::string_view>& command) {
  TextBuilder text;
  for (auto at = add_program(command, text); at < command.size(); ++at) {
    // Behind an operator stands a program again: its name stays, wherever it lies.
    const bool program = ends_command(command[at - 1]) && !ends_command(command[at]);
    if (!text.add(program ? mask_program(command[at]) : mask_argument(command[at]))) break;
  }
  return std::move(text).take();
}

}  // namespace

Signature normalise(const std::vector<std::string_view>& words, std::string_view filename) {
  Signature signature;
  const auto executed = filename.empty() && !words.empty() ? words.front() : filename;
  signature.base_name = printable(base_name_of(executed));
  auto command = is_title(words) ? split_title(words.front()) : find_command_meant(words);
  if (command.empty() || command.front().empty()) command = {executed};
  signature.text = make_text(command);
  return signature;
}

}  // namespace foreshock
