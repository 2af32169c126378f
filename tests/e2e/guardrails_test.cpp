// A coordinator that asks for what it must not: the real agent refuses each, says why, and touches
// nothing.

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/wire/codec.h"
#include "common/wire/curve_keys.h"
#include "common/wire/zmq_socket.h"
#include "tests/support/cgroup_fixture.h"
#include "tests/support/child_process.h"
#include "tests/support/services.h"
#include "tests/support/temp_dir.h"

namespace foreshock::test {
namespace {

constexpr std::uint64_t kEpoch = 10;

class AcceptAnyKey final : public KeyAuthority {
 public:
  bool may_connect(const std::string&, const std::string&) override { return true; }
};

/// Speaks the coordinator's side of the wire and says what it likes.
class LawlessCoordinator {
 public:
  LawlessCoordinator() {
    auto router = RouterSocket::bind({"tcp://127.0.0.1:*", keys_}, authority_);
    if (router) router_ = *std::move(router);
  }

  std::string endpoint() const { return router_->endpoint(); }
  const std::string& public_key() const { return keys_.public_key; }

  /// Sends the command and waits for its outcome in a report.
  std::optional<ActionOutcome> ask(const Command& command) {
    if (!eventually([&] { return turn() && !routing_id_.empty(); })) return std::nullopt;
    router_->try_send(routing_id_, encode_message(CoordinatorMessage(command)));
    eventually([&] { return turn() && outcomes_.contains(command.id); });
    const auto found = outcomes_.find(command.id);
    return found == outcomes_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  bool turn() {
    router_->wait(50);
    while (auto received = router_->try_receive()) {
      routing_id_ = received->routing_id;
      const auto message = decode_agent_message(received->message);
      if (!message) continue;
      const auto* batch = std::get_if<Batch>(&*message);
      if (batch == nullptr) continue;
      const auto report = decode_report(batch->payload);
      if (!report) continue;
      for (const auto& outcome : report->outcomes) outcomes_[outcome.command_id] = outcome;
      router_->try_send(
          routing_id_,
          encode_message(CoordinatorMessage(Ack{batch->incarnation, {batch->sequence}})));
    }
    return true;
  }

  CurveKeyPair keys_ = *make_curve_key_pair();
  AcceptAnyKey authority_;
  std::unique_ptr<RouterSocket> router_;
  std::string routing_id_;
  std::map<std::uint64_t, ActionOutcome> outcomes_;
};

class Guardrails : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = CgroupFixture::what_is_missing(); !missing.empty())
      GTEST_SKIP() << missing;
    if (!std::filesystem::exists("/sys/kernel/btf/vmlinux"))
      GTEST_SKIP() << "needs BTF in /sys/kernel/btf/vmlinux";
    std::ofstream(directory_ / "agent.toml")
        << "[agent]\nstate_directory = \"" << (directory_ / "state") << "\"\nstatus_socket = \""
        << (directory_ / "agent.sock") << "\"\n[coordinator]\nendpoint = \""
        << coordinator_.endpoint() << "\"\npublic_key = '" << coordinator_.public_key()
        << "'\n[capture]\npin_directory = \"\"\n[[adjust]]\ncgroup = \"" << cgroup_.path()
        << "\"\nmin_cpu = \"200m\"\nmax_cpu = \"2000m\"\n";
    agent_.emplace(
        std::vector<std::string>{FORESHOCK_AGENT, "run", "--config", directory_ / "agent.toml"},
        directory_ / "agent.log");
  }

  Command cpu_command(std::uint64_t millicores) {
    Command command;
    command.id = ++last_id_;
    command.decision_id = command.id;
    command.epoch = kEpoch;
    command.issued = SystemClock().wall_now();
    command.expires = command.issued + std::chrono::minutes(5);
    command.body = Adjustment{{cgroup_.path(), cgroup_.id()}, Knob::cpu_max, millicores};
    return command;
  }

  void expect_refused(const Command& command, Refusal refusal) {
    const auto before = cgroup_.cpu_limit_text();
    const auto outcome = coordinator_.ask(command);
    ASSERT_TRUE(outcome) << "no outcome was reported\n" << read_text(directory_ / "agent.log");
    EXPECT_EQ(outcome->status, ActionStatus::refused) << outcome->detail;
    EXPECT_EQ(outcome->refusal, refusal) << to_string(outcome->refusal) << ": " << outcome->detail;
    EXPECT_FALSE(outcome->detail.empty());
    EXPECT_EQ(cgroup_.cpu_limit_text(), before) << "the file was touched";
  }

  TempDir directory_;
  LawlessCoordinator coordinator_;
  CgroupFixture cgroup_;
  std::optional<ChildProcess> agent_;
  std::uint64_t last_id_ = 100;
};

TEST_F(Guardrails, an_allowed_command_is_applied_and_read_back) {
  const auto outcome = coordinator_.ask(cpu_command(700));
  ASSERT_TRUE(outcome) << read_text(directory_ / "agent.log");
  EXPECT_EQ(outcome->status, ActionStatus::applied) << outcome->detail;
  EXPECT_EQ(outcome->after, KnobValue(700));
  EXPECT_EQ(cgroup_.cpu_limit_millicores(), 700u);
}

TEST_F(Guardrails, below_the_floor_is_refused) {
  expect_refused(cpu_command(100), Refusal::below_floor);
}

TEST_F(Guardrails, above_the_ceiling_is_refused) {
  expect_refused(cpu_command(64000), Refusal::above_ceiling);
}

TEST_F(Guardrails, an_expired_command_is_refused) {
  auto command = cpu_command(700);
  command.issued -= std::chrono::hours(1);
  command.expires -= std::chrono::hours(1);
  expect_refused(command, Refusal::expired);
}

TEST_F(Guardrails, an_old_epoch_is_refused) {
  ASSERT_TRUE(coordinator_.ask(cpu_command(700)));
  auto command = cpu_command(900);
  command.epoch = kEpoch - 1;
  expect_refused(command, Refusal::old_epoch);
}

TEST_F(Guardrails, a_replaced_cgroup_is_refused) {
  const auto command = cpu_command(700);
  cgroup_.replace();
  expect_refused(command, Refusal::cgroup_replaced);
}

TEST_F(Guardrails, a_cgroup_that_is_gone_is_refused) {
  const auto command = cpu_command(700);
  cgroup_.remove();
  const auto outcome = coordinator_.ask(command);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->refusal, Refusal::cgroup_gone);
}

TEST_F(Guardrails, a_cgroup_the_owner_did_not_allow_is_refused) {
  auto command = cpu_command(700);
  const CgroupFixture other;
  command.body = Adjustment{{other.path(), other.id()}, Knob::cpu_max, 700};
  const auto outcome = coordinator_.ask(command);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->refusal, Refusal::not_allowed);
}

}  // namespace
}  // namespace foreshock::test
