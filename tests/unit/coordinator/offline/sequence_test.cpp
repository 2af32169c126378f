#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include "coordinator/offline/offline_verbs.h"
#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {

namespace {

struct Outcome {
  ExitStatus status = ExitStatus::success;
  std::string out;
  std::string err;
};

class SequenceVerbs : public testing::Test {
 protected:
  Outcome run(const std::string& verb, const std::string& commands,
              std::vector<std::string> more = {}) {
    std::ofstream(in_) << commands;
    std::ostringstream out;
    std::ostringstream err;
    ExitStatus status = ExitStatus::success;
    CLI::App app("test");
    add_verbs(app, offline_verbs({out, err, {}}, status, {}), "sequence");
    std::vector<std::string> words = {"sequence", verb, "--in", in_, "--out", out_};
    words.insert(words.end(), more.begin(), more.end());
    std::ranges::reverse(words);
    app.parse(words);
    return {status, out.str(), err.str()};
  }

  std::vector<std::string> written() const {
    std::vector<std::string> lines;
    std::ifstream file(out_);
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  /// ann repeats three commands, bob two others, in turns.
  static std::string routines(int rounds) {
    std::string text = "host,user,timestamp,command,args\n";
    const std::vector<std::string> ann = {"git", "make", "ctest"};
    const std::vector<std::string> bob = {"vi", "latex"};
    for (int i = 0; i < rounds; ++i) {
      text += "web1,ann,2024-01-01T00:00:00Z," + ann[i % ann.size()] + ",\n";
      text += "web1,bob,2024-01-01T00:00:00Z," + bob[i % bob.size()] + ",\"a, b\"\n";
    }
    return text;
  }

 private:
  test::TempDir dir_;
  const std::string in_ = dir_.path() + "/in.csv";
  const std::string out_ = dir_.path() + "/out.csv";
};

}  // namespace

TEST_F(SequenceVerbs, predicts_one_row_a_row_from_the_rows_above) {
  const Outcome outcome = run("predict", routines(60));
  EXPECT_EQ(outcome.status, ExitStatus::success) << outcome.err;
  const auto lines = written();
  ASSERT_EQ(lines.size(), 121U);
  EXPECT_EQ(lines[0], "row,p1,p2,p3,p4,p5");
  EXPECT_EQ(lines[1], "0,,,,,");
  EXPECT_EQ(lines[117].substr(0, 9), "116,make,");  // ann's 59th
  EXPECT_NE(outcome.out.find("ann"), std::string::npos);
}

TEST_F(SequenceVerbs, answers_the_same_when_the_rest_of_the_file_is_absent) {
  run("predict", routines(60));
  auto whole = written();
  run("predict", routines(40));
  const auto part = written();
  whole.resize(part.size());
  EXPECT_EQ(whole, part);
}

TEST_F(SequenceVerbs, sums_up_as_json) {
  const Outcome outcome = run("predict", routines(60), {"--json"});
  EXPECT_NE(outcome.out.find("\"first_right\""), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("\"commands\": 120"), std::string::npos) << outcome.out;
}

TEST_F(SequenceVerbs, needs_no_host_and_no_arguments) {
  const Outcome outcome = run("predict", "user,command\nann,ls\nann,ls\n");
  EXPECT_EQ(outcome.status, ExitStatus::success) << outcome.err;
  EXPECT_EQ(written()[2], "1,ls,,,,");
}

TEST_F(SequenceVerbs, names_the_column_that_is_missing) {
  const Outcome outcome = run("predict", "user,what\nann,ls\n");
  EXPECT_EQ(outcome.status, ExitStatus::failure);
  EXPECT_NE(outcome.err.find("command"), std::string::npos) << outcome.err;
}

TEST_F(SequenceVerbs, judges_the_blocks_after_those_known_to_be_own) {
  const std::vector<std::string> more = {"--block-length", "10", "--own-blocks", "4"};
  const Outcome outcome = run("masquerade", routines(62), more);
  EXPECT_EQ(outcome.status, ExitStatus::success) << outcome.err;
  const auto lines = written();
  ASSERT_EQ(lines.size(), 5U);  // two blocks of each user; the last one is not complete
  EXPECT_EQ(lines[0], "user,block,score");
  EXPECT_EQ(lines[1].substr(0, 6), "ann,4,");
  EXPECT_EQ(lines[2].substr(0, 6), "bob,4,");
  EXPECT_EQ(lines[4].substr(0, 6), "bob,5,");
}

TEST_F(SequenceVerbs, refuses_more_users_than_it_may_follow) {
  const Outcome outcome = run("masquerade", routines(10), {"--max-users", "1"});
  EXPECT_EQ(outcome.status, ExitStatus::failure);
  EXPECT_NE(outcome.err.find("more than 1 users"), std::string::npos) << outcome.err;
}

}  // namespace foreshock::coordinator
