#include "coordinator/policy/reflex_rule_parser.h"

#include <set>
#include <string>

#include "common/signature/word_mask.h"

namespace foreshock::coordinator {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::int64_t kMaxWeight = 10'000;

std::uint64_t read_value(TomlTable& table, Knob knob) {
  if (!table.has("value")) {
    table.fail("name", "a reflex needs a value: the limit it moves to");
    return 0;
  }
  if (knob == Knob::cpu_weight)
    return static_cast<std::uint64_t>(table.integer("value", 100, 1, kMaxWeight));
  if (knob != Knob::cpu_max) return table.bytes("value", Bytes{}).count;
  const auto millicores = parse_millicores(table.text("value", ""));
  if (!millicores) table.fail("value", millicores.error().message());
  return millicores ? *millicores : 0;
}

/// The program that the signature begins with.
std::string executable_of(const std::string& signature) {
  return std::string(base_name_of(signature.substr(0, signature.find(' '))));
}

ReflexRule read_rule(TomlTable& table) {
  ReflexRule rule;
  rule.name = table.required_text("name");
  const bool is_auto = table.choice("mode", "observe", {"observe", "auto"}) == "auto";
  rule.mode = is_auto ? PolicyMode::auto_ : PolicyMode::observe;
  rule.host = table.text("host", "");
  rule.signature = table.required_text("signature");
  rule.executable = table.text("executable", "");
  if (rule.executable.empty()) rule.executable = executable_of(rule.signature);
  if (!rule.signature.empty() && rule.executable.find('<') != std::string::npos) {
    table.fail("signature",
               "begins with a masked program: give the executable's base name as `executable`");
  }
  rule.cgroup = table.required_text("cgroup");
  if (!rule.cgroup.empty() && !rule.cgroup.starts_with('/'))
    table.fail("cgroup", "must start with \"/\"");
  rule.knob = parse_knob(table.choice("knob", "cpu_max",
                                      {"cpu_max", "cpu_weight", "memory_high", "memory_max"}))
                  .value_or(Knob::unknown);
  rule.value = read_value(table, rule.knob);
  rule.window = table.duration("window", minutes(1));
  if (rule.window < milliseconds(100)) table.fail("window", "must be at least 100ms");
  rule.valid_for = table.duration("valid_for", std::chrono::hours(24));
  if (rule.valid_for < minutes(1)) table.fail("valid_for", "must be at least 1min");
  return rule;
}

}  // namespace

std::vector<ReflexRule> read_reflex_rules(TomlTable& root) {
  std::vector<ReflexRule> rules;
  std::set<std::string> names;
  for (auto& table : root.tables("reflex")) {
    rules.push_back(read_rule(table));
    if (!names.insert(rules.back().name).second) table.fail("name", "another reflex has this name");
  }
  return rules;
}

}  // namespace foreshock::coordinator
