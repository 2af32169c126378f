#include "agent/actuate/guardrails.h"

#include <functional>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

const WallTime kNow = wall_time_from_ns(1'000'000'000'000);
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

/// A command that is allowed, which each case then spoils in one way.
struct Case {
  Command command;
  TargetState state;
  GuardrailConfig config;
  std::uint64_t highest_epoch = 5;

  Case() {
    command.id = 1;
    command.epoch = 5;
    command.expires = kNow + std::chrono::seconds(10);
    command.body = Adjustment{{"/work/job", 42}, Knob::cpu_max, 500};
    state.exists = true;
    state.id = 42;
    state.current = 1000;
    state.working_set = Bytes{100 * kMiB};
    AdjustmentBounds bounds;
    bounds.pattern = "/work/**";
    bounds.knobs = {Knob::cpu_max, Knob::cpu_weight, Knob::memory_max};
    bounds.min_cpu_millicores = 100;
    bounds.max_cpu_millicores = 2000;
    bounds.min_memory = Bytes{50 * kMiB};
    bounds.max_memory = Bytes{1000 * kMiB};
    config.allowed = {bounds};
    config.protected_patterns = {"/work/database*"};
  }

  Adjustment& adjustment() { return std::get<Adjustment>(command.body); }
  Case& with(Knob knob, KnobValue value, KnobValue current) {
    adjustment().knob = knob;
    adjustment().value = value;
    state.current = current;
    return *this;
  }
  Case& with_path(std::string path) {
    adjustment().target.path = std::move(path);
    return *this;
  }
  Verdict verdict() const { return judge(command, state, config, kNow, highest_epoch); }
};

struct Row {
  const char* what;
  Refusal expected;
  std::function<void(Case&)> spoil;
};

class Guardrails : public testing::TestWithParam<Row> {};

TEST_P(Guardrails, judges) {
  Case one;
  GetParam().spoil(one);
  const Verdict verdict = one.verdict();
  EXPECT_EQ(to_string(verdict.refusal), to_string(GetParam().expected)) << verdict.detail;
  EXPECT_EQ(verdict.detail.empty(), verdict.allowed());
}

const Row kRows[] = {
    {"as_it_is", Refusal::none, [](Case&) {}},
    {"unlimited_without_ceiling", Refusal::none,
     [](Case& c) {
       c.config.allowed[0].max_cpu_millicores.reset();
       c.adjustment().value.reset();
     }},
    {"newer_epoch", Refusal::none, [](Case& c) { c.command.epoch = 6; }},
    {"weight", Refusal::none, [](Case& c) { c.with(Knob::cpu_weight, 10000, 100); }},
    {"memory_with_a_tenth_of_room", Refusal::none,
     [](Case& c) { c.with(Knob::memory_max, 110 * kMiB, std::nullopt); }},
    {"memory_that_grows_while_it_is_tight", Refusal::none,
     [](Case& c) { c.with(Knob::memory_max, 105 * kMiB, 101 * kMiB); }},
    {"memory_that_grows_with_unknown_working_set", Refusal::none,
     [](Case& c) {
       c.with(Knob::memory_max, 105 * kMiB, 101 * kMiB);
       c.state.working_set.reset();
     }},
    {"floor_itself", Refusal::none, [](Case& c) { c.adjustment().value = 100; }},
    {"ceiling_itself", Refusal::none, [](Case& c) { c.adjustment().value = 2000; }},

    {"expired_now", Refusal::expired, [](Case& c) { c.command.expires = kNow; }},
    {"expired_long_ago", Refusal::expired, [](Case& c) { c.command.expires = WallTime(); }},
    {"old_epoch", Refusal::old_epoch, [](Case& c) { c.command.epoch = 4; }},
    {"gone", Refusal::cgroup_gone, [](Case& c) { c.state.exists = false; }},
    {"replaced", Refusal::cgroup_replaced, [](Case& c) { c.state.id = 43; }},
    {"path_not_allowed", Refusal::not_allowed, [](Case& c) { c.with_path("/other/job"); }},
    {"knob_not_allowed", Refusal::not_allowed,
     [](Case& c) { c.with(Knob::memory_high, 500 * kMiB, 1); }},
    {"nothing_allowed", Refusal::not_allowed, [](Case& c) { c.config.allowed.clear(); }},
    {"protected_by_owner", Refusal::protected_cgroup,
     [](Case& c) { c.with_path("/work/database1"); }},
    {"root", Refusal::protected_cgroup, [](Case& c) { c.with_path("/"); }},
    {"unsupported", Refusal::unsupported_knob, [](Case& c) { c.state.knob_supported = false; }},
    {"cpu_below_floor", Refusal::below_floor, [](Case& c) { c.adjustment().value = 99; }},
    {"cpu_zero", Refusal::below_floor, [](Case& c) { c.adjustment().value = 0; }},
    {"memory_below_owners_floor", Refusal::below_floor,
     [](Case& c) {
       c.with(Knob::memory_max, 49 * kMiB, std::nullopt);
       c.state.working_set = Bytes{1};
     }},
    {"memory_below_working_set_and_a_tenth", Refusal::below_floor,
     [](Case& c) { c.with(Knob::memory_max, 110 * kMiB - 1, std::nullopt); }},
    {"memory_tightened_with_unknown_working_set", Refusal::below_floor,
     [](Case& c) {
       c.with(Knob::memory_max, 500 * kMiB, std::nullopt);
       c.state.working_set.reset();
     }},
    {"memory_with_a_working_set_beyond_all_numbers", Refusal::below_floor,
     [](Case& c) {
       c.with(Knob::memory_max, 500 * kMiB, std::nullopt);
       c.state.working_set = Bytes{~std::uint64_t{0}};
     }},
    {"cpu_above_ceiling", Refusal::above_ceiling, [](Case& c) { c.adjustment().value = 2001; }},
    {"cpu_unlimited", Refusal::above_ceiling, [](Case& c) { c.adjustment().value.reset(); }},
    {"memory_above_ceiling", Refusal::above_ceiling,
     [](Case& c) { c.with(Knob::memory_max, 1001 * kMiB, std::nullopt); }},
    {"memory_unlimited", Refusal::above_ceiling,
     [](Case& c) { c.with(Knob::memory_max, std::nullopt, std::nullopt); }},
    {"unknown_knob", Refusal::malformed, [](Case& c) { c.adjustment().knob = Knob::unknown; }},
    {"knob_of_another_version", Refusal::malformed,
     [](Case& c) { c.adjustment().knob = static_cast<Knob>(200); }},
    {"weight_zero", Refusal::malformed, [](Case& c) { c.with(Knob::cpu_weight, 0, 100); }},
    {"weight_too_large", Refusal::malformed, [](Case& c) { c.with(Knob::cpu_weight, 10001, 100); }},
    {"weight_unlimited", Refusal::malformed,
     [](Case& c) { c.with(Knob::cpu_weight, std::nullopt, 100); }},
    {"empty_path", Refusal::malformed, [](Case& c) { c.with_path(""); }},
    {"relative_path", Refusal::malformed, [](Case& c) { c.with_path("work/job"); }},
    {"path_with_dots", Refusal::malformed, [](Case& c) { c.with_path("/work/../init.scope"); }},
    {"path_with_a_double_slash", Refusal::malformed,
     [](Case& c) { c.with_path("/work//database1"); }},
    {"path_with_a_trailing_slash", Refusal::malformed,
     [](Case& c) { c.with_path("/work/database1/"); }},
    {"path_with_nul", Refusal::malformed,
     [](Case& c) { c.with_path(std::string("/work/job\0x", 11)); }},
};

INSTANTIATE_TEST_SUITE_P(, Guardrails, testing::ValuesIn(kRows),
                         [](const auto& row) { return std::string(row.param.what); });

TEST(GuardrailsProtect, what_keeps_the_host_reachable_even_when_everything_is_allowed) {
  Case one;
  one.config.protected_patterns.clear();
  one.config.allowed[0].pattern = "/**";
  for (const auto* path :
       {"/", "/init.scope", "/system.slice", "/system.slice/ssh.service",
        "/system.slice/sshd.service", "/system.slice/system-sshd.slice/sshd@1.service",
        "/system.slice/systemd-journald.service", "/system.slice/systemd-udevd.service/udev",
        "/system.slice/foreshock-agent.service",
        "/user.slice/user-0.slice/user@0.service/init.scope"}) {
    EXPECT_EQ(one.with_path(path).verdict().refusal, Refusal::protected_cgroup) << path;
  }
  for (const auto* path : {"/system.slice/nginx.service", "/user.slice/user-0.slice", "/work"}) {
    EXPECT_EQ(one.with_path(path).verdict().refusal, Refusal::none) << path;
  }
}

TEST(GuardrailsProtect, the_agents_own_cgroup_and_all_above_it) {
  EXPECT_EQ(patterns_protecting("/a/b.slice/c"),
            (std::vector<std::string>{"/", "/a", "/a/b.slice", "/a/b.slice/c"}));
  EXPECT_EQ(patterns_protecting("/"), (std::vector<std::string>{"/"}));
}

TEST(GuardrailsRestoration, is_judged_by_form_time_and_epoch_only) {
  Case one;
  one.command.body = Restoration{{"/gone/elsewhere", 7}, Knob::memory_max};
  one.state = TargetState{};
  EXPECT_EQ(one.verdict().refusal, Refusal::none);
  one.command.epoch = 1;
  EXPECT_EQ(one.verdict().refusal, Refusal::old_epoch);
  one.command.expires = kNow;
  EXPECT_EQ(one.verdict().refusal, Refusal::expired);
  one.command.body = Restoration{{"..", 7}, Knob::memory_max};
  EXPECT_EQ(one.verdict().refusal, Refusal::malformed);
}

TEST(GuardrailsBounds, the_first_that_fits_path_and_knob_decides) {
  Case one;
  AdjustmentBounds narrow = one.config.allowed[0];
  narrow.pattern = "/work/job";
  narrow.knobs = {Knob::cpu_max};
  narrow.max_cpu_millicores = 400;
  one.config.allowed.insert(one.config.allowed.begin(), narrow);
  EXPECT_EQ(one.verdict().refusal, Refusal::above_ceiling);
  EXPECT_EQ(one.with(Knob::cpu_weight, 200, 100).verdict().refusal, Refusal::none);
}

}  // namespace
}  // namespace foreshock::agent
