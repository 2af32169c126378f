#include "coordinator/tag/learned_tagger.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

const Workload kShop{1, "/system.slice/shop.service"};

WorkloadProfile profile_of(std::vector<WorkloadProfile::Command> commands) {
  WorkloadProfile profile;
  profile.workload = kShop;
  profile.commands = std::move(commands);
  return profile;
}

Tag tag_of(const WorkloadProfile& profile, std::string_view key) {
  const auto tags = learn_tags(profile);
  const auto found = std::ranges::find(tags, key, &Tag::key);
  return found == tags.end() ? Tag{} : *found;
}

TEST(LearnedTagger, knows_nothing_of_an_empty_profile) {
  EXPECT_TRUE(learn_tags(profile_of({})).empty());
}

TEST(LearnedTagger, knows_an_application_by_what_does_its_work) {
  const auto profile =
      profile_of({{"postgres: checkpointer", 40, 3, 9}, {"sh backup.sh", 2, 1, 0}});
  const auto type = tag_of(profile, kAppTypeKey);
  EXPECT_EQ(type.workload, kShop);
  EXPECT_EQ(type.value, "database");
  EXPECT_GT(type.confidence, 0.9);
  EXPECT_NE(type.evidence.find("postgres: checkpointer"), std::string::npos);
  EXPECT_EQ(tag_of(profile, kRoleKey).value, "datastore");
}

TEST(LearnedTagger, an_idle_server_that_is_there_is_known_too) {
  EXPECT_GT(tag_of(profile_of({{"redis-server <path>", 0.01, 0, 3}}), kAppTypeKey).confidence, 0.6);
}

TEST(LearnedTagger, a_name_like_our_own_is_not_our_own) {
  EXPECT_EQ(tag_of(profile_of({{"foreshock-agent run", 40, 3, 9}}), kAppTypeKey).value,
            "monitoring");
  EXPECT_EQ(tag_of(profile_of({{"foreshock-demo-burst <n>", 40, 3, 9}}), kAppTypeKey), Tag{});
}

TEST(LearnedTagger, a_visitor_is_not_what_a_workload_is) {
  const auto profile = profile_of({{"my_engine", 100, 0, 3}, {"tar -xf <path>", 1, 1, 0}});
  EXPECT_LT(tag_of(profile, kAppTypeKey).confidence, 0.1);
}

TEST(LearnedTagger, an_application_server_is_a_backend_only_with_clients) {
  auto profile = profile_of({{"java -jar app.jar", 50, 0, 1}});
  EXPECT_EQ(tag_of(profile, kRoleKey).value, "worker");
  profile.accepted_per_s = 3;
  EXPECT_EQ(tag_of(profile, kRoleKey).value, "backend");
}

TEST(LearnedTagger, tells_the_load_level_from_the_share_of_what_is_available) {
  auto profile = profile_of({});
  profile.cpu_cores = std::vector<double>(200, 0.4);
  EXPECT_EQ(tag_of(profile, kLoadLevelKey).value, "") << "of how much is not known";
  profile.available_cores = 4;
  EXPECT_EQ(tag_of(profile, kLoadLevelKey).value, "low");
  profile.available_cores = 0.5;
  EXPECT_EQ(tag_of(profile, kLoadLevelKey).value, "high");
  const double far = tag_of(profile, kLoadLevelKey).confidence;
  profile.available_cores = 0.4 / 0.61;
  EXPECT_LT(tag_of(profile, kLoadLevelKey).confidence, far) << "near the bound it is not sure";
  profile.cpu_cores.assign(200, std::nan(""));
  EXPECT_EQ(tag_of(profile, kLoadLevelKey).value, "");
}

TEST(LearnedTagger, tells_batch_transactional_and_interactive_apart) {
  auto batch = profile_of({{"export_all", 300, 12, 1}});
  for (int i = 0; i < 300; ++i) batch.cpu_cores.push_back(i % 30 < 6 ? 2 : 0.01);
  EXPECT_EQ(tag_of(batch, kWorkloadClassKey).value, "batch");
  EXPECT_GT(tag_of(batch, kWorkloadClassKey).confidence, 0.6);

  auto served = profile_of({{"my_server", 300, 0, 4}});
  for (int i = 0; i < 300; ++i) served.cpu_cores.push_back(0.5 + 0.1 * (i % 7));
  served.accepted_per_s = 12;
  served.service_time_s = 0.03;
  EXPECT_EQ(tag_of(served, kWorkloadClassKey).value, "transactional");
  EXPECT_GT(tag_of(served, kWorkloadClassKey).confidence, 0.6);

  auto typed = profile_of({{"vim <path>", 3, 8, 1}});
  typed.executions = 40;
  typed.with_terminal = 40;
  EXPECT_EQ(tag_of(typed, kWorkloadClassKey).value, "interactive");
  EXPECT_GT(tag_of(typed, kWorkloadClassKey).confidence, 0.6);
}

TEST(LearnedTagger, is_less_sure_where_two_classes_are_likely) {
  auto both = profile_of({{"export_all", 300, 12, 1}});
  for (int i = 0; i < 300; ++i) both.cpu_cores.push_back(i % 30 < 6 ? 2 : 0.01);
  const double alone = tag_of(both, kWorkloadClassKey).confidence;
  both.accepted_per_s = 0.05;
  EXPECT_LT(tag_of(both, kWorkloadClassKey).confidence, alone);
}

}  // namespace
}  // namespace foreshock::coordinator
