#include "coordinator/tag/rule_tagger.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

const TaggedSubject kDatabase{{1, "/system.slice/postgresql.service"},
                              {"postgres -D <path>", "pg_dump <word>"}};
const TaggedSubject kBuild{{1, "/ci/job-7"}, {"make -j<n>"}};

TEST(RuleTagger, tags_by_cgroup_with_evidence) {
  const RuleTagger tagger({{"db", "/system.slice/postgresql*.service", "", "role", "database"}});
  const auto tags = tagger.tag({kDatabase, kBuild});
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(tags[0].workload, kDatabase.workload);
  EXPECT_EQ(tags[0].key, "role");
  EXPECT_EQ(tags[0].value, "database");
  EXPECT_EQ(tags[0].source, "rule:db");
  EXPECT_NE(tags[0].evidence.find("/system.slice/postgresql.service"), std::string::npos);
}

TEST(RuleTagger, tags_by_command_with_evidence) {
  const RuleTagger tagger({{"ci", "", "make *", "kind", "batch"}});
  const auto tags = tagger.tag({kDatabase, kBuild});
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(tags[0].workload, kBuild.workload);
  EXPECT_NE(tags[0].evidence.find("make -j<n>"), std::string::npos);
}

TEST(RuleTagger, both_conditions_must_hold) {
  const RuleTagger tagger({{"x", "/ci/*", "pg_dump *", "kind", "batch"}});
  EXPECT_TRUE(tagger.tag({kDatabase, kBuild}).empty());
}

TEST(RuleTagger, the_first_rule_of_a_key_wins) {
  const RuleTagger tagger({{"a", "/ci/*", "", "kind", "batch"},
                           {"b", "/ci/**", "", "kind", "interactive"},
                           {"c", "/ci/**", "", "team", "build"}});
  const auto tags = tagger.tag({kBuild});
  ASSERT_EQ(tags.size(), 2u);
  EXPECT_EQ(tags[0].value, "batch");
  EXPECT_EQ(tags[1].value, "build");
}

}  // namespace
}  // namespace foreshock::coordinator
