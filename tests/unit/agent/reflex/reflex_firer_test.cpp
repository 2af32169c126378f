#include "agent/reflex/reflex_firer.h"

#include <gtest/gtest.h>

#include "tests/unit/agent/cgroup/temporary_tree.h"

namespace foreshock::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Effect = ReflexFiring::Effect;

class ReflexFirerTest : public testing::Test {
 protected:
  ReflexFirerTest() { tree_.write("/work/cpu.max", "100000 100000\n"); }

  void arm(std::uint64_t value, bool dry_run = false) {
    Reflex reflex;
    reflex.decision_id = 9;
    reflex.signature = "pg_dump -Fc <word>";
    reflex.base_names = {"pg_dump", "sudo"};
    reflex.adjustment = {{"/work", 7}, Knob::cpu_max, value};
    reflex.window = seconds(60);
    reflex.expires = clock_.wall_now() + seconds(600);
    reflex.dry_run = dry_run;
    const auto dir = CgroupDir::open(tree_.root(), "/work");
    auto file = KnobFile::open(*dir, Knob::cpu_max, false);
    ASSERT_TRUE(file) << file.error().message();
    firer_.set_triggers({{reflex, std::make_shared<const KnobFile>(*std::move(file))}});
    EXPECT_EQ(firer_.take_changed_names(), (std::vector<std::string>{"pg_dump", "sudo"}));
  }

  SignatureRules rules_;

  bool exec(const std::vector<std::string>& words) {
    ExecEvent event;
    event.time = clock_.boot_now() - milliseconds(1);
    event.facts.process.pid = 31;
    event.filename = "/usr/bin/" + words.at(0);
    event.argv = make_argv(words);
    return firer_.on_exec(event, rules_);
  }

  FakeClock clock_;
  TemporaryTree tree_;
  ReflexFirer firer_{clock_, {.firings_per_minute = 2}};
};

TEST_F(ReflexFirerTest, moves_the_limit_at_the_exec_of_its_command) {
  arm(4000);
  EXPECT_FALSE(exec({"ls", "-l"}));
  EXPECT_FALSE(exec({"pg_dump", "--version"}));
  EXPECT_EQ(tree_.read("/work/cpu.max"), "100000 100000\n");
  EXPECT_TRUE(exec({"pg_dump", "-Fc", "a b"}));
}

TEST_F(ReflexFirerTest, fires_for_each_executable_that_runs_the_command) {
  arm(200'000);
  EXPECT_FALSE(exec({"doas", "pg_dump", "-Fc", "a b"}));
  EXPECT_TRUE(exec({"sudo", "pg_dump", "-Fc", "a b"}));
}

TEST_F(ReflexFirerTest, tells_what_it_wrote_and_how_fast) {
  arm(4000);
  exec({"pg_dump", "-Fc", "a b"});
  const auto firings = firer_.take_firings();
  ASSERT_EQ(firings.size(), 1u);
  EXPECT_EQ(firings[0].effect, Effect::moved) << firings[0].problem;
  EXPECT_EQ(firings[0].before, KnobValue(1000));
  EXPECT_EQ(firings[0].reaction, milliseconds(1));
  EXPECT_EQ(firings[0].command, "pg_dump -Fc a b");
  EXPECT_EQ(tree_.read("/work/cpu.max").substr(0, 13), "400000 100000");
}

TEST_F(ReflexFirerTest, never_tightens) {
  arm(500);
  EXPECT_FALSE(exec({"pg_dump", "-Fc", "a b"}));
  EXPECT_EQ(firer_.take_firings().at(0).effect, Effect::needless);
  EXPECT_EQ(tree_.read("/work/cpu.max"), "100000 100000\n");
}

TEST_F(ReflexFirerTest, a_dry_run_writes_nothing) {
  arm(4000, true);
  EXPECT_TRUE(exec({"pg_dump", "-Fc", "a b"}));
  EXPECT_EQ(firer_.take_firings().at(0).effect, Effect::would_move);
  EXPECT_EQ(tree_.read("/work/cpu.max"), "100000 100000\n");
}

TEST_F(ReflexFirerTest, keeps_within_its_budget_which_fills_again) {
  arm(4000, true);
  for (int i = 0; i < 3; ++i) exec({"pg_dump", "-Fc", "a b"});
  const auto firings = firer_.take_firings();
  ASSERT_EQ(firings.size(), 3u);
  EXPECT_EQ(firings[1].effect, Effect::would_move);
  EXPECT_EQ(firings[2].effect, Effect::suppressed);
  clock_.advance(seconds(30));
  EXPECT_TRUE(exec({"pg_dump", "-Fc", "a b"}));
}

TEST_F(ReflexFirerTest, does_not_fire_after_its_expiry) {
  arm(4000);
  clock_.advance(seconds(600));
  EXPECT_FALSE(exec({"pg_dump", "-Fc", "a b"}));
  EXPECT_TRUE(firer_.take_firings().empty());
}

}  // namespace
}  // namespace foreshock::agent
