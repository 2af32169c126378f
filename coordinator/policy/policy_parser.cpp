#include "coordinator/policy/policy_parser.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/signature/signature.h"

namespace foreshock::coordinator {

namespace {

using std::chrono::seconds;

constexpr std::uint64_t kDefaultMinMillicores = 100;
constexpr std::uint64_t kDefaultMinMemory = std::uint64_t{64} << 20;

bool knob_fits(Knob knob, Resource resource) {
  if (resource == Resource::cpu) return knob == Knob::cpu_max;
  return knob == Knob::memory_high || knob == Knob::memory_max;
}

std::uint64_t read_capacity(TomlTable& table, const std::string& key, Resource resource,
                            std::uint64_t otherwise) {
  if (!table.has(key)) return otherwise;
  if (resource == Resource::memory) return table.bytes(key, Bytes{otherwise}).count;
  const auto millicores = parse_millicores(table.text(key, ""));
  if (!millicores) {
    table.fail(key, millicores.error().message());
    return otherwise;
  }
  return *millicores;
}

Policy read_policy(TomlTable& table) {
  Policy policy;
  policy.name = table.required_text("name");
  const bool is_auto = table.choice("mode", "observe", {"observe", "auto"}) == "auto";
  policy.mode = is_auto ? PolicyMode::auto_ : PolicyMode::observe;
  policy.host = table.text("host", "");
  policy.cgroup = table.text("cgroup", "");
  policy.tag = table.text("tag", "");
  if (policy.cgroup.empty() && policy.tag.empty())
    table.fail("name", "a policy needs a cgroup, a tag or both");
  if (!policy.cgroup.empty() && !policy.cgroup.starts_with('/'))
    table.fail("cgroup", "must start with \"/\"");
  if (!policy.tag.empty() && policy.tag.find('=') == std::string::npos)
    table.fail("tag", "must be \"key=value\"");

  policy.resource = table.choice("resource", "cpu", {"cpu", "memory"}) == "memory"
                        ? Resource::memory
                        : Resource::cpu;
  const std::string usual(
      to_string(policy.resource == Resource::cpu ? Knob::cpu_max : Knob::memory_max));
  policy.knob = parse_knob(table.choice("knob", usual, {"cpu_max", "memory_high", "memory_max"}))
                    .value_or(Knob::unknown);
  if (!knob_fits(policy.knob, policy.resource)) {
    table.fail("knob", fmt::format("{} does not limit {}", to_string(policy.knob),
                                   to_string(policy.resource)));
  }

  policy.min_capacity =
      read_capacity(table, "min", policy.resource,
                    policy.resource == Resource::cpu ? kDefaultMinMillicores : kDefaultMinMemory);
  if (!table.has("max")) table.fail("name", "a policy needs a max: the most it may give");
  policy.max_capacity = read_capacity(table, "max", policy.resource, 0);
  if (table.has("max") && policy.max_capacity < policy.min_capacity)
    table.fail("max", "is less than min");

  policy.quantile = table.number("quantile", policy.quantile, 0.5, 0.975);
  policy.headroom = table.number("headroom", policy.headroom, 0, 10);
  policy.lead_time = table.duration("lead_time", seconds(30));
  policy.stabilisation = table.duration("stabilisation", seconds(300));
  policy.cool_down = table.duration("cool_down", seconds(60));
  policy.max_step_down = table.number("max_step_down", policy.max_step_down, 0.01, 1);
  policy.tolerance = table.number("tolerance", policy.tolerance, 0, 1);
  policy.max_age = table.duration("max_age", seconds(5));
  policy.reflexes = table.boolean("reflexes", policy.reflexes);
  return policy;
}

}  // namespace

std::vector<Policy> read_policies(TomlTable& root) {
  std::vector<Policy> policies;
  std::set<std::string> names;
  for (auto& table : root.tables("policy")) {
    policies.push_back(read_policy(table));
    if (!names.insert(policies.back().name).second)
      table.fail("name", "another policy has this name");
  }
  return policies;
}

std::vector<TagRule> read_tag_rules(TomlTable& root) {
  std::vector<TagRule> rules;
  for (auto& table : root.tables("tag_rule")) {
    TagRule rule;
    rule.name = table.required_text("name");
    rule.cgroup = table.text("cgroup", "");
    rule.command = table.text("command", "");
    rule.key = table.required_text("key");
    rule.value = table.required_text("value");
    if (rule.cgroup.empty() && rule.command.empty()) {
      table.fail("name", "a tag rule needs a cgroup, a command or both");
    }
    if (!is_tag_key(rule.key)) table.fail("key", std::string(kTagKeyRule));
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<SignatureRule> read_signature_rules(TomlTable& root) {
  std::vector<SignatureRule> rules;
  for (auto& table : root.tables("signature")) {
    SignatureRule rule;
    rule.name = table.required_text("name");
    rule.signature = table.text("signature", "");
    rule.command = table.text("command", "");
    if (rule.signature.empty() && rule.command.empty())
      table.fail("name", "a signature rule needs a signature, a command or both");
    if (rule.name.size() > kMaxSignatureBytes)
      table.fail("name", fmt::format("longer than {} bytes", kMaxSignatureBytes));
    const auto is_printable = [](unsigned char c) { return c >= 0x20 && c != 0x7f; };
    if (!std::ranges::all_of(rule.name, is_printable) || rule.name.starts_with('<'))
      table.fail("name", "printable text that does not begin with \"<\" is expected");
    if (rules.size() == kMaxSignatureRules)
      table.fail("name", fmt::format("there are more than {} signature rules", kMaxSignatureRules));
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace foreshock::coordinator
