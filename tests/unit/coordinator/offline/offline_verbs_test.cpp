#include "coordinator/offline/offline_verbs.h"

#include <sstream>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

namespace foreshock::coordinator {

TEST(OfflineVerbs, a_group_of_verbs_names_what_it_adds) {
  std::ostringstream out;
  ExitStatus exit_status = ExitStatus::success;
  for (const auto& group : offline_verbs({out, out, {}}, exit_status, {})) {
    CLI::App app("test");
    group.add(app);
    std::vector<std::string> added;
    for (const auto* verb : app.get_subcommands({})) added.push_back(verb->get_name());
    EXPECT_EQ(added, std::vector<std::string>(group.names.begin(), group.names.end()));
  }
}

TEST(OfflineVerbs, those_below_a_live_verb_leave_it_as_it_is) {
  std::ostringstream out;
  ExitStatus exit_status = ExitStatus::success;
  CLI::App app("test");
  add_verbs(app, live_verbs({out, out, {}}, exit_status), "leads");
  add_verbs(app, offline_verbs({out, out, {}}, exit_status, {}), "leads");
  EXPECT_NO_THROW(app.get_subcommand("leads")->get_subcommand("show"));
  EXPECT_NO_THROW(app.get_subcommand("leads")->get_subcommand("learn"));
}

}  // namespace foreshock::coordinator
