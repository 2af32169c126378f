#include "coordinator/api/forecast_routes.h"

#include <functional>

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

class ForecastRoutesTest : public HistoryTest {
 protected:
  void SetUp() override {
    HistoryTest::SetUp();
    clock_ = FakeClock(boot(kMinutes * 60), wall(kMinutes * 60));
    auto users = UserReader::open(path_);
    ASSERT_TRUE(users) << users.error().message();
    users_ = *std::move(users);
    const ForecastRoutes::Options options{.step = 1min, .history = 4h, .horizon = 10min};
    routes_ = std::make_unique<ForecastRoutes>(
        options, ForecastRoutes::Parts{*reader_, *users_, learned_,
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

  /// What /web has in memory in each ten minutes of some days.
  void write_memory_of_days(int days, const std::function<std::uint64_t(int hour)>& bytes_at) {
    clock_ = FakeClock(boot(days * 86400), wall(days * 86400));
    Report report = make_report(days * 86400);
    for (int sixth = 0; sixth < days * 24 * 6; ++sixth) {
      auto sample = make_sample(sixth * 600 + 1, {}, bytes_at(sixth / 6));
      sample.cgroup = "/web";
      report.samples.workloads.push_back(std::move(sample));
    }
    host_ = append_report(report);
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
  std::unique_ptr<ForecastRoutes> routes_;
  HttpServer server_;
  const std::string socket_ = dir_ / "admin.sock";
  HostId host_ = 0;
};

}  // namespace

TEST_F(ForecastRoutesTest, workloads_with_a_tag_are_forecast_together_each_once) {
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

TEST_F(ForecastRoutesTest, of_workloads_that_have_just_come_the_sum_of_what_is_expected_of_each) {
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

TEST_F(ForecastRoutesTest, what_cannot_be_is_told) {
  write_memory();
  EXPECT_NE(ask("/v1/forecast/tag?tag=role%3Dgone").body.find("there are: role=web"),
            std::string::npos);
  EXPECT_EQ(ask("/v1/forecast/tag?tag=role%3Dgone").status, 404);
  EXPECT_EQ(ask("/v1/forecast/tag?tag=role").status, 400);
  EXPECT_EQ(ask("/v1/forecast/tag?tag=role%3Dweb&quantity=cpu_pressure").status, 400);
  EXPECT_EQ(ask("/v1/users/4711/forecast").status, 404);
  EXPECT_EQ(ask("/v1/users/root/forecast").status, 400);
}

TEST_F(ForecastRoutesTest, a_series_is_forecast_as_far_ahead_as_is_asked) {
  const auto in_working_hours = [](int hour) { return hour % 24 >= 9 && hour % 24 < 17; };
  write_memory_of_days(6, [&](int hour) { return in_working_hours(hour) ? 500U : 100U; });
  const Json forecast =
      get("/v1/forecast/ahead?workload=%2Fweb&quantity=memory_used&horizon=24h&step=1h");
  EXPECT_EQ(forecast["host"], "alpha");
  EXPECT_EQ(forecast["cgroup"], "/web");
  EXPECT_EQ(forecast["caution"], "6.0 d of 28 d of history");
  ASSERT_EQ(forecast["points"].size(), 24U);
  for (int hour = 0; hour < 24; ++hour) {
    const double mean = forecast["points"][hour]["mean"];
    EXPECT_NEAR(mean, in_working_hours(hour) ? 500 : 100, 50) << hour;
  }
}

TEST_F(ForecastRoutesTest, what_calendars_say_is_in_what_is_asked_for) {
  constexpr int kDays = 8;
  // A campaign on most days, never at the same hour; tomorrow's begins at seven.
  const std::map<int, int> campaigns{{1, 3}, {2, 10}, {3, 16}, {5, 20}, {6, 13}, {kDays, 7}};
  const auto in_campaign = [&](int hour) {
    const auto that_day = campaigns.find(hour / 24);
    return that_day != campaigns.end() && hour % 24 >= that_day->second &&
           hour % 24 < that_day->second + 2;
  };
  write_memory_of_days(kDays, [&](int hour) { return in_campaign(hour) ? 400U : 100U; });
  const std::string path =
      "/v1/forecast/ahead?workload=%2Fweb&quantity=memory_used&horizon=24h&step=1h";
  EXPECT_LT(get(path)["points"][7]["mean"], 150) << "no calendar";
  Regressor regressor{.name = "campaigns", .start = wall(0), .values = {}};
  for (int hour = 0; hour < (kDays + 1) * 24; ++hour)
    regressor.values.push_back(in_campaign(hour) ? 1 : 0);
  LearnedState learned;
  learned.regressors = {regressor};
  learned_.publish(learned);
  const Json forecast = get(path);
  EXPECT_LT(forecast["points"][6]["mean"], 150);
  EXPECT_GT(forecast["points"][7]["mean"], 250);
  EXPECT_GT(forecast["points"][8]["mean"], 250);
  EXPECT_LT(forecast["points"][9]["mean"], 150);
}

TEST_F(ForecastRoutesTest, a_series_that_is_not_there_and_a_horizon_that_cannot_be_are_told) {
  write_memory_of_days(1, [](int) { return 100U; });
  const auto error = [&](const std::string& query) {
    const auto reply = ask("/v1/forecast/ahead?quantity=memory_used&" + query);
    return std::to_string(reply.status) + " " +
           Json::parse(reply.body)["error"]["message"].get<std::string>();
  };
  EXPECT_TRUE(error("workload=%2Fdb&horizon=1h").starts_with("404 there is no series alpha:/db:"));
  EXPECT_EQ(error("workload=%2Fweb&horizon=15d"),
            "400 horizon 15 d: expected 1 to 2000 steps of 60 min, and 14 d at the most");
  EXPECT_TRUE(error("workload=%2Fweb&horizon=soon").starts_with("400 parameter horizon: "));
  EXPECT_EQ(error("workload=%2Fweb&step=1h"), "400 parameter step: goes with horizon");
}

TEST_F(ForecastRoutesTest, workloads_with_a_tag_are_forecast_as_far_ahead_as_is_asked) {
  write_memory_of_days(3, [](int hour) { return hour % 24 < 12 ? 300U : 100U; });
  LearnedState learned;
  learned.tags.push_back({{host_, "/web"}, "role", "web", "person", "", 1});
  learned_.publish(learned);
  const Json forecast =
      get("/v1/forecast/tag?tag=role%3Dweb&quantity=memory_used&horizon=48h&step=1h");
  ASSERT_EQ(forecast["points"].size(), 48U);
  EXPECT_NEAR(forecast["points"][30]["mean"], 300, 40);
  EXPECT_NEAR(forecast["points"][40]["mean"], 100, 40);
}

TEST_F(ForecastRoutesTest, a_users_load_is_forecast_by_the_hour) {
  append_report(work_for_days());
  const Json forecast = get("/v1/users/1000/forecast");
  EXPECT_EQ(forecast["pool"], Json({{"name", "user 1000"}, {"workloads", 0}, {"hosts", 1}}));
  ASSERT_EQ(forecast["points"].size(), 48U);
  EXPECT_NEAR(forecast["points"][12]["mean"], .25, .05);
  EXPECT_NEAR(forecast["points"][3]["mean"], 0, .05);
}

TEST_F(ForecastRoutesTest, a_short_past_is_no_forecast_but_a_reason) {
  Report report = make_report(kMinutes * 60);
  report.executions = {make_ended(make_execution(1, 60, {"make"}), 100)};
  append_report(report);
  EXPECT_FALSE(get("/v1/users/1000/forecast")["not_yet"]["reason"].empty());
}

TEST_F(ForecastRoutesTest, who_has_just_come_is_expected_to_do_what_others_do) {
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

TEST_F(ForecastRoutesTest, who_came_this_very_hour_is_told_why_there_is_no_forecast) {
  const auto this_hour = std::chrono::floor<std::chrono::hours>(clock_.wall_now());
  clock_.advance(this_hour + 50min - clock_.wall_now());
  const double began = std::chrono::duration<double>(this_hour + 40min - wall(0)).count();
  Report report = make_report(began + 600);
  report.executions = {make_ended(make_execution(1, began, {"make"}), began + 60)};
  append_report(report);
  EXPECT_FALSE(get("/v1/users/1000/forecast")["not_yet"]["reason"].empty());
}

}  // namespace foreshock::coordinator
