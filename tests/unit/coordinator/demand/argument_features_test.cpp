#include "coordinator/demand/argument_features.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using Numbers = std::map<std::string, double>;

TEST(ArgumentFeatures, finds_the_numbers_of_options_in_every_form) {
  EXPECT_EQ(numeric_options({"gcc", "-O2", "-c", "a.c"}), (Numbers{{"-O", 2}}));
  EXPECT_EQ(numeric_options({"gzip", "-9", "x"}), (Numbers{{"-", 9}}));
  EXPECT_EQ(numeric_options({"make", "-j", "8", "--load=2.5"}),
            (Numbers{{"-j", 8}, {"--load", 2.5}}));
  EXPECT_EQ(numeric_options({"dd", "bs=1M", "count=10"}),
            (Numbers{{"bs", 1048576}, {"count", 10}}));
  EXPECT_EQ(numeric_options({"ls", "-la", "2x4"}), (Numbers{}));
}

TEST(ArgumentFeatures, finds_flags_subcommands_and_endings_of_names) {
  EXPECT_EQ(telling_words({"gcc", "-g", "-std=c++20", "/src/a.cpp", "build"}),
            (std::vector<std::string>{"-g", "-std", ".cpp", "build"}));
}

TEST(ArgumentFeatures, learns_what_varies) {
  std::vector<DemandRecord> records;
  for (int i = 0; i < 20; ++i) {
    DemandRecord record;
    record.question.argv = {"gcc", i % 2 == 0 ? "-O2" : "-O0", "-c", "a.c"};
    if (i % 4 == 0) record.question.argv.push_back("-g");
    records.push_back(record);
  }
  const auto features = ArgumentFeatures::learn(records);
  const auto& names = features.names();
  EXPECT_NE(std::ranges::find(names, "number of -O"), names.end());
  EXPECT_NE(std::ranges::find(names, "word -g"), names.end());
  EXPECT_EQ(std::ranges::find(names, "word -c"), names.end()) << "every record has it";
  EXPECT_EQ(features.values(records[0].question).size(), names.size());
}

}  // namespace
}  // namespace foreshock::coordinator
