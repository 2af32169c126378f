#include "coordinator/api/pool_routes.h"

#include <nlohmann/json.hpp>

#include "common/http/http_client.h"
#include "tests/unit/coordinator/history/history_fixture.h"

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

using Json = nlohmann::json;
using namespace test;

constexpr int kMinutes = 240;
constexpr int kHours = 24 * 6;

class PoolRoutesTest : public HistoryTest {
 protected:
  void SetUp() override {
    HistoryTest::SetUp();
    clock_ = FakeClock(boot(kMinutes * 60), wall(kMinutes * 60));
    auto users = UserReader::open(path_);
    ASSERT_TRUE(users) << users.error().message();
    users_ = *std::move(users);
    const PoolRoutes::Options options{.step = 1min, .history = 4h, .horizon = 10min};
    routes_ = std::make_unique<PoolRoutes>(
        options, PoolRoutes::Parts{*reader_, *users_, learned_,
                                   [] {
                                     return Result<HostNames>(HostNames{{1, "alpha"}});
                                   },
                                   clock_});
    routes_->add_to(server_);
    ASSERT_TRUE(server_.listen_unix(socket_, ""));
  }

  /// 100, 1000 and 10 bytes; the last is a part of the first.
  void write_memory() {
    Report report = make_report(kMinutes * 60);
    for (int minute = 0; minute < kMinutes; ++minute) {
      for (const auto& [cgroup, bytes] :
           std::map<std::string, std::uint64_t>{{"/web", 100}, {"/api", 1000}, {"/web/a", 10}}) {
        auto sample = make_sample(minute * 60 + 1, {}, bytes + static_cast<unsigned>(minute) % 3);
        sample.cgroup = cgroup;
        report.samples.workloads.push_back(std::move(sample));
      }
    }
    host_ = append_report(report);
    LearnedState learned;
    for (const char* cgroup : {"/web", "/api", "/web/a"})
      learned.tags.push_back({{host_, cgroup}, "role", "web", "person", "", 1});
    learned_.publish(learned);
  }

  /// Days in which user 1000 needs a quarter of a core in working hours, nothing else.
  Report work_for_days() {
    clock_.advance(std::chrono::hours(kHours) - std::chrono::minutes(kMinutes) + 5min);
    Report report = make_report(kHours * 3600);
    for (int hour = 0; hour < kHours; ++hour) {
      if (hour % 24 < 9 || hour % 24 >= 17) continue;
      const double start = hour * 3600 + 60;
      report.executions.push_back(make_ended(
          make_execution(100 + static_cast<unsigned>(hour), start, {"make"}), start + 1800, 900s));
    }
    return report;
  }

  HttpReply ask(const std::string& path) {
    const auto reply = http_over_unix(socket_, "GET", path);
    return reply ? *reply : HttpReply{0, reply.error().message()};
  }
  Json get(const std::string& path) {
    const auto reply = ask(path);
    EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
    return Json::parse(reply.body, nullptr, false);
  }

  FakeClock clock_;
  Snapshot<LearnedState> learned_;
  std::unique_ptr<UserReader> users_;
  std::unique_ptr<PoolRoutes> routes_;
  HttpServer server_;
  const std::string socket_ = dir_ / "admin.sock";
  HostId host_ = 0;
};

}  // namespace

TEST_F(PoolRoutesTest, workloads_with_a_tag_are_forecast_together_each_once) {
  write_memory();
  const Json forecast = get("/v1/forecast/tag?tag=role%3Dweb&quantity=memory_used");
  EXPECT_EQ(forecast["pool"], Json({{"name", "the tag role=web"}, {"workloads", 2}, {"hosts", 1}}));
  ASSERT_EQ(forecast["points"].size(), 10U);
  for (const Json& point : forecast["points"]) {
    EXPECT_GE(point["mean"], 1099);
    EXPECT_LE(point["mean"], 1105);
  }
  EXPECT_FALSE(forecast["scores"].empty());
  EXPECT_FALSE(forecast["recent"].empty());
}

TEST_F(PoolRoutesTest, of_workloads_that_have_just_come_the_sum_of_what_is_expected_of_each) {
  Report report = make_report(kMinutes * 60);
  for (const char* cgroup : {"/web", "/api"}) {
    auto sample = make_sample(kMinutes * 60 - 30, {}, 100);
    sample.cgroup = cgroup;
    report.samples.workloads.push_back(std::move(sample));
  }
  const HostId host = append_report(report);
  LearnedState learned;
  for (const char* cgroup : {"/web", "/api"})
    learned.tags.push_back({{host, cgroup}, "role", "web", "person", "", 1});
  learned_.publish(learned);
  const std::string path = "/v1/forecast/tag?tag=role%3Dweb&quantity=memory_used";
  EXPECT_FALSE(get(path)["not_yet"]["reason"].empty()) << "nothing is expected of either";

  Forecast expected;
  expected.start = wall(kMinutes * 60);
  expected.step = 1min;
  expected.mean = {100, 110};
  expected.quantiles.assign(2, Quantiles{70, 80, 90, 100, 120, 130, 140});
  learned.priors[{{host, "/web"}, Quantity::memory_used}] = expected;
  learned.forecasts.insert({{{host, "/api"}, Quantity::memory_used}, expected});
  learned_.publish(learned);
  const Json forecast = get(path);
  EXPECT_EQ(forecast["model"], "sum of forecasts");
  EXPECT_EQ(forecast["points"][1]["mean"], 220);
  EXPECT_EQ(forecast["points"][1]["q90"], 240);
  const std::string caution = forecast["caution"];
  EXPECT_TRUE(caution.ends_with("; from what is expected of its workloads one by one (2)"))
      << caution;
  EXPECT_FALSE(forecast["ready_at"].is_null());
}

TEST_F(PoolRoutesTest, what_cannot_be_is_told) {
  write_memory();
  EXPECT_NE(ask("/v1/forecast/tag?tag=role%3Dgone").body.find("there are: role=web"),
            std::string::npos);
  EXPECT_EQ(ask("/v1/forecast/tag?tag=role%3Dgone").status, 404);
  EXPECT_EQ(ask("/v1/forecast/tag?tag=role").status, 400);
  EXPECT_EQ(ask("/v1/forecast/tag?tag=role%3Dweb&quantity=cpu_pressure").status, 400);
  EXPECT_EQ(ask("/v1/users/4711/forecast").status, 404);
  EXPECT_EQ(ask("/v1/users/root/forecast").status, 400);
}

TEST_F(PoolRoutesTest, a_users_load_is_forecast_by_the_hour) {
  append_report(work_for_days());
  const Json forecast = get("/v1/users/1000/forecast");
  EXPECT_EQ(forecast["pool"], Json({{"name", "user 1000"}, {"workloads", 0}, {"hosts", 1}}));
  ASSERT_EQ(forecast["points"].size(), 48U);
  EXPECT_NEAR(forecast["points"][12]["mean"], .25, .05);
  EXPECT_NEAR(forecast["points"][3]["mean"], 0, .05);
}

TEST_F(PoolRoutesTest, a_short_past_is_no_forecast_but_a_reason) {
  Report report = make_report(kMinutes * 60);
  report.executions = {make_ended(make_execution(1, 60, {"make"}), 100)};
  append_report(report);
  EXPECT_FALSE(get("/v1/users/1000/forecast")["not_yet"]["reason"].empty());
}

TEST_F(PoolRoutesTest, who_has_just_come_is_expected_to_do_what_others_do) {
  Report report = work_for_days();
  auto first = make_execution(1, kHours * 3600 - 7000, {"make"});
  first.facts.identity.login_uid = first.facts.identity.uid = 1001;
  report.executions.push_back(make_ended(std::move(first), kHours * 3600 - 6900, 1s));
  append_report(report);
  const Json forecast = get("/v1/users/1001/forecast");
  EXPECT_EQ(forecast["model"], "pooled prior");
  EXPECT_EQ(forecast["caution"], "1 of 30 values known; from the loads of other users (1)");
  EXPECT_FALSE(forecast["ready_at"].is_null());
  ASSERT_EQ(forecast["points"].size(), 48U);
  EXPECT_GT(forecast["points"][12]["mean"], .1);
  EXPECT_LT(forecast["points"][3]["mean"], .05);
  EXPECT_EQ(get("/v1/users/1000/forecast")["caution"], "5.6 d of 30 d of history");
}

TEST_F(PoolRoutesTest, who_came_this_very_hour_is_told_why_there_is_no_forecast) {
  const auto this_hour = std::chrono::floor<std::chrono::hours>(clock_.wall_now());
  clock_.advance(this_hour + 50min - clock_.wall_now());
  const double began = std::chrono::duration<double>(this_hour + 40min - wall(0)).count();
  Report report = make_report(began + 600);
  report.executions = {make_ended(make_execution(1, began, {"make"}), began + 60)};
  append_report(report);
  EXPECT_FALSE(get("/v1/users/1000/forecast")["not_yet"]["reason"].empty());
}

}  // namespace foreshock::coordinator
