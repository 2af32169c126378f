#include "agent/redact/redactor.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <regex>
#include <span>
#include <utility>

#include <fmt/core.h>

#include "agent/redact/built_in_rules.h"
#include "agent/redact/tool_options.h"

namespace foreshock::agent {
namespace {

/// `sh -c "ssh host 'mysql …'"` is three deep already.
constexpr int kMaxDepth = 4;

/// Backtracking takes exponential time and deep recursion on hostile words; this matcher needs
/// neither.
constexpr auto kPatternSyntax = std::regex::ECMAScript | std::regex_constants::__polynomial;

struct OwnPattern {
  std::string text;
  std::regex regex;
};

/// Commands whose arguments are a script for a shell elsewhere.
bool hands_on_a_script(std::string_view tool) {
  return tool == "ssh" || tool == "watch" || tool == "eval" || tool == "parallel" ||
         tool == "tmux" || tool == "lftp";
}

/// -c, -lc, --command: the next word is a script.
bool announces_a_script(const Word& option) {
  const auto text = option.text;
  if (text == "--command") return true;
  return text.size() >= 2 && text.size() <= 5 && text[0] == '-' && text[1] != '-' &&
         text.back() == 'c';
}

/// Time is quadratic at worst: a long word is searched in pieces.
constexpr std::size_t kPieceBytes = 1024;
constexpr std::size_t kPieceOverlap = 256;

void apply_own_pattern(const std::regex& regex, std::string_view text,
                       std::regex_constants::match_flag_type flags, Findings& out) {
  std::cregex_iterator match(text.data(), text.data() + text.size(), regex, flags);
  for (; match != std::cregex_iterator(); ++match) {
    const auto& part = match->size() > 1 ? (*match)[1] : (*match)[0];
    if (!part.matched) continue;
    const std::string_view secret(part.first, static_cast<std::size_t>(part.length()));
    if (secret != kRedacted) out.add(secret);
  }
}

/// Sorted, overlapping and touching ones joined.
std::vector<std::string_view> join_overlapping(std::vector<std::string_view> secrets) {
  std::ranges::sort(secrets, std::less<>(), [](std::string_view s) { return s.data(); });
  std::vector<std::string_view> joined;
  for (const auto secret : secrets) {
    if (!joined.empty() && secret.data() <= joined.back().data() + joined.back().size()) {
      auto& last = joined.back();
      const auto* end = std::max(last.data() + last.size(), secret.data() + secret.size());
      last = {last.data(), static_cast<std::size_t>(end - last.data())};
    } else {
      joined.push_back(secret);
    }
  }
  return joined;
}

/// `text` with each of the secrets in it (sorted, apart) replaced.
std::string replace(std::string_view text, std::span<const std::string_view> secrets) {
  std::string result;
  result.reserve(text.size());
  std::size_t done = 0;
  for (const auto secret : secrets) {
    const auto begin = static_cast<std::size_t>(secret.data() - text.data());
    result += text.substr(done, begin - done);
    result += kRedacted;
    done = begin + secret.size();
  }
  result += text.substr(done);
  return result;
}

}  // namespace

struct Redactor::Impl {
  std::vector<OwnPattern> own_patterns;

  /// The secrets in these words, sorted and apart; `last_is_cut`: truncation took the end of the
  /// last one.
  std::vector<std::string_view> find_secrets(std::span<const std::string_view> texts,
                                             bool last_is_cut) const;

 private:
  void search(std::span<const Word> words, WordsKind kind, int depth, Findings& out) const;
  void search_inside(const WordContext& at, int depth, Findings& out) const;
  void apply_own_patterns(std::string_view text, Findings& out) const;
};

std::vector<std::string_view> Redactor::Impl::find_secrets(std::span<const std::string_view> texts,
                                                           bool last_is_cut) const {
  std::vector<Word> words;
  words.reserve(texts.size());
  for (const auto text : texts)
    words.push_back(make_word(text, last_is_cut && words.size() + 1 == texts.size()));
  Findings found;
  search(words, WordsKind::argv, 0, found);
  for (const auto text : texts) apply_own_patterns(text, found);
  return found.empty() ? std::vector<std::string_view>() : join_overlapping(found.take());
}

void Redactor::Impl::search(std::span<const Word> words, WordsKind kind, int depth,
                            Findings& out) const {
  WordContext at{words, 0, kind, {}, 0, false};
  bool after_script_tool = false;
  for (; at.index < words.size(); ++at.index) {
    const Word& word = at.word();
    if (kind != WordsKind::text && (word.traits & (kDash | kEquals | kSpace)) == 0) {
      const auto name = base_name(word.text);
      after_script_tool = after_script_tool || hands_on_a_script(name);
      if (!tool_options(name).empty()) {
        at.tool = name;
        at.tool_index = at.index;
      }
    }
    at.holds_script =
        (word.traits & kSpace) != 0 && kind == WordsKind::argv &&
        (after_script_tool || (at.index > 0 && announces_a_script(words[at.index - 1])));
    for (const auto& rule : built_in_rules()) {
      if ((word.traits & rule.needs) == rule.needs || word.cut) rule.find(at, out);
    }
    if ((word.traits & kSpace) != 0) search_inside(at, depth, out);
  }
}

void Redactor::Impl::search_inside(const WordContext& at, int depth, Findings& out) const {
  if (depth == kMaxDepth) return;
  const Word& word = at.word();
  if (at.in_script()) {
    search(split_script(word.text, word.cut), WordsKind::script, depth + 1, out);
  } else {
    search(split_text(word.text, word.cut), WordsKind::text, depth + 1, out);
  }
}

void Redactor::Impl::apply_own_patterns(std::string_view text, Findings& out) const {
  for (const auto& pattern : own_patterns) {
    for (std::size_t begin = 0; begin < text.size(); begin += kPieceBytes - kPieceOverlap) {
      const auto piece = text.substr(begin, kPieceBytes);
      const bool last = begin + piece.size() == text.size();
      auto flags = std::regex_constants::match_default;
      if (begin > 0) flags |= std::regex_constants::match_prev_avail;
      if (!last) flags |= std::regex_constants::match_not_eol;
      apply_own_pattern(pattern.regex, piece, flags, out);
      if (last) break;
    }
  }
}

Redactor::Redactor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;
Redactor::~Redactor() = default;

Result<Redactor> Redactor::make(const std::vector<std::string>& own_patterns) {
  auto impl = std::make_unique<Impl>();
  for (const auto& pattern : own_patterns) {
    try {
      impl->own_patterns.push_back({pattern, std::regex(pattern, kPatternSyntax)});
    } catch (const std::regex_error& error) {
      return Error(ErrorCode::invalid_argument,
                   fmt::format("redaction pattern \"{}\": {}", pattern, error.what()));
    }
  }
  return Redactor(std::move(impl));
}

void Redactor::redact(ExecEvent& event) const {
  Argv& argv = event.argv;
  const auto words = argv.split();
  const auto secrets = impl_->find_secrets(words, argv.truncated());
  if (secrets.empty()) return;
  const auto lost_bytes = argv.truncated() ? argv.true_bytes - argv.words.size() : 0;
  argv.words = replace(argv.words, secrets);
  argv.true_bytes = static_cast<std::uint32_t>(argv.words.size() + lost_bytes);
  argv.redacted = true;
}

std::vector<std::string> Redactor::redact_words(const std::vector<std::string>& words) const {
  const std::vector<std::string_view> texts(words.begin(), words.end());
  const auto secrets = impl_->find_secrets(texts, false);
  std::vector<std::string> result;
  result.reserve(words.size());
  for (const auto text : texts) {
    std::vector<std::string_view> here;
    std::ranges::copy_if(secrets, std::back_inserter(here), [text](std::string_view secret) {
      return secret.data() >= text.data() && secret.data() < text.data() + text.size();
    });
    result.push_back(replace(text, here));
  }
  return result;
}

std::vector<Redactor::Rule> Redactor::rules() const {
  std::vector<Rule> rules;
  for (const auto& rule : built_in_rules())
    rules.push_back({std::string(rule.name), std::string(rule.description)});
  for (const auto& pattern : impl_->own_patterns) rules.push_back({"own", pattern.text});
  return rules;
}

}  // namespace foreshock::agent
