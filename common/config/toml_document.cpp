#include "common/config/toml_document.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <tuple>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "common/config/toml_merge.h"
#include "common/os/file.h"

namespace foreshock {

namespace {

/// What all tables of a document share.
struct Shared {
  std::string name;
  toml::table content;
  std::optional<Error> wrong;    ///< the first value that is not what was expected
  std::optional<Error> missing;  ///< the first key that is required and absent
};

std::string_view name_of(toml::node_type type) {
  switch (type) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

/// " (did you mean "interval"?)", or nothing when no word is near.
template <typename Words>
std::string suggest(std::string_view word, const Words& words) {
  constexpr std::size_t kLongestWord = 64;
  if (word.size() > kLongestWord) return "";
  std::size_t nearest = std::max<std::size_t>(2, word.size() / 3) + 1;
  std::string_view best;
  for (const auto& candidate : words) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < nearest && distance < candidate.size()) {
      nearest = distance;
      best = candidate;
    }
  }
  return best.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", best);
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::string list;
  for (const auto& word : words) list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", word);
  return list;
}

}  // namespace

struct TomlTable::State {
  std::shared_ptr<Shared> shared;
  toml::table* content = nullptr;  ///< null: the table is absent
  std::string path;                ///< dotted; empty for the root
  std::set<std::string> known;
  std::map<std::string, std::vector<std::shared_ptr<State>>> children;

  std::string path_of(std::string_view key) const {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
  }

  toml::node* find(const std::string& key) {
    known.insert(key);
    return content ? content->get(key) : nullptr;
  }

  std::string place_of(const toml::node* node) const {
    if (!node) node = content;
    return node ? describe_source(node->source(), shared->name) : shared->name;
  }

  void fail_at(const toml::node* node, std::string_view key, std::string_view what) {
    if (shared->wrong) return;
    shared->wrong = Error(ErrorCode::invalid_argument,
                          fmt::format("{}: {}: {}", place_of(node), path_of(key), what));
  }

  void fail_missing(std::string_view key, std::string_view what) {
    if (shared->missing) return;
    shared->missing =
        Error(ErrorCode::invalid_argument,
              fmt::format("{}: {}: missing, expected {}", place_of(nullptr), path_of(key), what));
  }

  /// The value as T when it is there and is one; `expected` describes what it should be.
  template <typename T>
  std::optional<T> look_up(const std::string& key, std::string_view expected) {
    const toml::node* node = find(key);
    if (!node) return std::nullopt;
    if (auto value = node->value_exact<T>()) return value;
    fail_at(node, key, fmt::format("expected {}, got {}", expected, name_of(node->type())));
    return std::nullopt;
  }

  std::shared_ptr<State> make_child(const std::string& key, toml::table* table) {
    auto child = std::make_shared<State>();
    child->shared = shared;
    child->content = table;
    child->path = path_of(key);
    children[key].push_back(child);
    return child;
  }
};

namespace {

using State = TomlTable::State;

struct UnknownKey {
  const toml::key* key;
  const State* table;
};

void collect_unknown(const State& state, std::vector<UnknownKey>& into) {
  if (!state.content) return;
  for (auto&& [key, value] : *state.content) {
    if (!state.known.contains(std::string(key.str()))) into.push_back({&key, &state});
  }
  for (const auto& [key, children] : state.children) {
    for (const auto& child : children) collect_unknown(*child, into);
  }
}

auto position_of(const UnknownKey& unknown) {
  const auto& source = unknown.key->source();
  return std::make_tuple(std::string_view(source.path ? *source.path : ""), source.begin.line,
                         source.begin.column);
}

std::optional<Error> first_unknown_key(const State& root) {
  std::vector<UnknownKey> all;
  collect_unknown(root, all);
  const auto first = std::ranges::min_element(all, {}, position_of);
  if (first == all.end()) return std::nullopt;
  const State& table = *first->table;
  const std::string_view key = first->key->str();
  return Error(ErrorCode::invalid_argument,
               fmt::format("{}: {}: unknown key{}",
                           describe_source(first->key->source(), table.shared->name),
                           table.path_of(key), suggest(key, table.known)));
}

Result<std::vector<std::string>> drop_ins_of(const std::string& path) {
  const std::string directory = path + ".d";
  const auto names = list_directory(directory);
  if (!names) {
    if (names.error().code() == ErrorCode::not_found) return std::vector<std::string>{};
    return names.error();
  }
  std::vector<std::string> found;
  for (const auto& name : *names) {
    if (name.ends_with(".toml") && !name.starts_with('.')) found.push_back(directory + "/" + name);
  }
  return found;
}

Result<toml::table> read_one(const std::string& path) {
  FS_TRY(const auto text, read_file(path));
  return parse_toml(text, path);
}

}  // namespace

TomlTable::TomlTable(std::shared_ptr<State> state) : state_(std::move(state)) {}

bool TomlTable::has(const std::string& key) const {
  return state_->find(key) != nullptr;
}

std::string TomlTable::text(const std::string& key, std::string otherwise) {
  return state_->look_up<std::string>(key, "a text").value_or(std::move(otherwise));
}

std::vector<std::string> TomlTable::texts(const std::string& key,
                                          std::vector<std::string> otherwise) {
  const toml::node* node = state_->find(key);
  if (!node) return otherwise;
  if (!node->is_array()) {
    state_->fail_at(node, key,
                    fmt::format("expected an array of texts, got {}", name_of(node->type())));
    return otherwise;
  }
  std::vector<std::string> values;
  for (const auto& element : *node->as_array()) {
    auto value = element.value_exact<std::string>();
    if (!value) {
      state_->fail_at(&element, key,
                      fmt::format("expected a text, got {}", name_of(element.type())));
      return otherwise;
    }
    values.push_back(std::move(*value));
  }
  return values;
}

bool TomlTable::boolean(const std::string& key, bool otherwise) {
  return state_->look_up<bool>(key, "true or false").value_or(otherwise);
}

std::int64_t TomlTable::integer(const std::string& key, std::int64_t otherwise, std::int64_t least,
                                std::int64_t most) {
  const auto value = state_->look_up<std::int64_t>(key, "an integer");
  if (!value) return otherwise;
  if (*value >= least && *value <= most) return *value;
  fail(key, fmt::format("expected an integer from {} to {}, got {}", least, most, *value));
  return otherwise;
}

double TomlTable::number(const std::string& key, double otherwise, double least, double most) {
  const toml::node* node = state_->find(key);
  if (!node) return otherwise;
  if (!node->is_number()) {
    state_->fail_at(node, key, fmt::format("expected a number, got {}", name_of(node->type())));
    return otherwise;
  }
  const double value = *node->value<double>();
  if (value >= least && value <= most) return value;
  fail(key, fmt::format("expected a number from {} to {}, got {}", least, most, value));
  return otherwise;
}

std::chrono::nanoseconds TomlTable::duration(const std::string& key,
                                             std::chrono::nanoseconds otherwise) {
  const auto text = state_->look_up<std::string>(key, "a duration such as \"20ms\"");
  if (!text) return otherwise;
  const auto value = parse_duration(*text);
  if (value) return *value;
  fail(key, value.error().message());
  return otherwise;
}

Bytes TomlTable::bytes(const std::string& key, Bytes otherwise) {
  const toml::node* node = state_->find(key);
  if (node && node->is_integer()) {
    const auto count = *node->value<std::int64_t>();
    if (count >= 0) return Bytes{static_cast<std::uint64_t>(count)};
    fail(key, fmt::format("expected an amount, got {}", count));
    return otherwise;
  }
  const auto text = state_->look_up<std::string>(key, "an amount such as \"512MiB\"");
  if (!text) return otherwise;
  const auto value = parse_bytes(*text);
  if (value) return *value;
  fail(key, value.error().message());
  return otherwise;
}

std::string TomlTable::required_text(const std::string& key) {
  if (!has(key)) state_->fail_missing(key, "a text");
  return text(key, "");
}

std::string TomlTable::choice(const std::string& key, const std::string& otherwise,
                              const std::vector<std::string>& words) {
  const auto value = state_->look_up<std::string>(key, "one of " + quoted_list(words));
  if (!value) return otherwise;
  if (std::ranges::find(words, *value) != words.end()) return *value;
  fail(key, fmt::format("expected one of {}, got \"{}\"{}", quoted_list(words), *value,
                        suggest(*value, words)));
  return otherwise;
}

TomlTable TomlTable::table(const std::string& key) {
  if (const auto known = state_->children.find(key); known != state_->children.end()) {
    return TomlTable(known->second.front());
  }
  toml::node* node = state_->find(key);
  if (node && !node->is_table()) {
    state_->fail_at(
        node, key,
        fmt::format("expected a table [{}], got {}", state_->path_of(key), name_of(node->type())));
    node = nullptr;
  }
  return TomlTable(state_->make_child(key, node ? node->as_table() : nullptr));
}

std::vector<TomlTable> TomlTable::tables(const std::string& key) {
  toml::node* node = state_->find(key);
  if (!node) return {};
  const bool sound =
      node->is_array() && (node->as_array()->empty() || node->as_array()->is_array_of_tables());
  if (!sound) {
    state_->fail_at(
        node, key,
        fmt::format("expected tables [[{}]], got {}", state_->path_of(key), name_of(node->type())));
    return {};
  }
  if (!state_->children.contains(key)) {
    for (auto& element : *node->as_array()) state_->make_child(key, element.as_table());
  }
  std::vector<TomlTable> result;
  for (const auto& child : state_->children[key]) result.emplace_back(child);
  return result;
}

void TomlTable::fail(const std::string& key, const std::string& what) {
  state_->fail_at(state_->find(key), key, what);
}

TomlDocument::TomlDocument(std::shared_ptr<TomlTable::State> root) : root_(std::move(root)) {}

namespace {

std::shared_ptr<State> make_root(std::string name, toml::table content) {
  auto root = std::make_shared<State>();
  root->shared = std::make_shared<Shared>();
  root->shared->name = std::move(name);
  root->shared->content = std::move(content);
  root->content = &root->shared->content;
  return root;
}

}  // namespace

Result<TomlDocument> TomlDocument::read(const std::string& path) {
  FS_TRY(auto content, read_one(path));
  FS_TRY(const auto drop_ins, drop_ins_of(path));
  for (const auto& drop_in : drop_ins) {
    FS_TRY(auto more, read_one(drop_in));
    FS_CHECK(merge_toml(content, std::move(more)));
  }
  return TomlDocument(make_root(path, std::move(content)));
}

Result<TomlDocument> TomlDocument::parse(const std::string& text, const std::string& name) {
  FS_TRY(auto content, parse_toml(text, name));
  return TomlDocument(make_root(name, std::move(content)));
}

TomlTable TomlDocument::root() {
  return TomlTable(root_);
}

std::map<std::string, std::string> TomlDocument::values() const {
  std::map<std::string, std::string> all;
  collect_toml_values(root_->shared->content, "", all);
  return all;
}

std::vector<std::string> changed_keys(const std::map<std::string, std::string>& before,
                                      const std::map<std::string, std::string>& after) {
  std::set<std::string> changed;
  const auto note_differences = [&changed](const auto& one, const auto& other) {
    for (const auto& [key, value] : one) {
      const auto found = other.find(key);
      if (found == other.end() || found->second != value) changed.insert(key);
    }
  };
  note_differences(before, after);
  note_differences(after, before);
  return {changed.begin(), changed.end()};
}

Result<void> TomlDocument::finish() {
  // A misspelt key is also a missing one: the unknown key tells more, so it comes first.
  if (root_->shared->wrong) return *root_->shared->wrong;
  if (auto unknown = first_unknown_key(*root_)) return *std::move(unknown);
  if (root_->shared->missing) return *root_->shared->missing;
  return {};
}

}  // namespace foreshock
