#include "common/config/toml_merge.h"

#include <sstream>
#include <utility>

#include <fmt/format.h>

namespace foreshock {

namespace {

void replace(toml::table& into, const toml::key& key, toml::node& value) {
  // Erased first: an assignment would keep the position of the old key.
  into.erase(key.str());
  value.visit([&](auto& concrete) { into.insert(key, std::move(concrete)); });
}

bool is_array_of_tables(const toml::node& node) {
  return node.is_array() && node.as_array()->is_array_of_tables();
}

}  // namespace

std::string describe_source(const toml::source_region& source, const std::string& otherwise) {
  std::string file = source.path ? *source.path : otherwise;
  if (!source.begin) return file;
  return fmt::format("{}:{}:{}", file, source.begin.line, source.begin.column);
}

Result<toml::table> parse_toml(const std::string& text, const std::string& name) try {
  return toml::parse(text, name);
} catch (const toml::parse_error& problem) {
  return Error(
      ErrorCode::invalid_argument,
      fmt::format("{}: {}", describe_source(problem.source(), name), problem.description()));
}

Result<void> merge_toml(toml::table& into, toml::table&& from) {
  for (auto&& [key, value] : from) {
    toml::node* present = into.get(key.str());
    if (present != nullptr && present->is_table() && value.is_table()) {
      FS_CHECK(merge_toml(*present->as_table(), std::move(*value.as_table())));
    } else if (present != nullptr && (present->is_table() || value.is_table())) {
      return Error(ErrorCode::invalid_argument,
                   fmt::format("{}: {}: a table in one file, a value in the other ({})",
                               describe_source(value.source(), ""), key.str(),
                               describe_source(present->source(), "")));
    } else if (present != nullptr && is_array_of_tables(*present) && is_array_of_tables(value)) {
      for (auto& element : *value.as_array())
        present->as_array()->push_back(std::move(*element.as_table()));
    } else {
      replace(into, key, value);
    }
  }
  return {};
}

void collect_toml_values(const toml::node& node, const std::string& key,
                         std::map<std::string, std::string>& into) {
  if (const auto* table = node.as_table()) {
    for (auto&& [name, value] : *table) {
      const std::string text(name.str());
      collect_toml_values(value, key.empty() ? text : key + "." + text, into);
    }
  } else if (is_array_of_tables(node)) {
    std::size_t index = 0;
    for (const auto& element : *node.as_array())
      collect_toml_values(element, fmt::format("{}[{}]", key, index++), into);
  } else {
    std::ostringstream text;
    node.visit([&](const auto& value) { text << toml::toml_formatter(value); });
    into.emplace(key, text.str());
  }
}

}  // namespace foreshock
