#include "coordinator/sequence/sequence_model.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

constexpr SequenceModel::Options kSmall{.contexts = 1 << 14, .commands = 1000, .streams = 100};

std::string first_guess(SequenceModel& model, const char* host, const char* user) {
  const auto guesses = model.predict(host, user);
  return guesses.empty() ? "" : std::string(guesses.front().command);
}

void repeat(SequenceModel& model, const char* user, const std::vector<const char*>& commands,
            int times) {
  for (int i = 0; i < times; ++i) {
    for (const char* command : commands) model.learn("web1", user, command, "");
  }
}

TEST(SequenceModel, guesses_nothing_before_anything_was_seen) {
  SequenceModel model(kSmall);
  EXPECT_TRUE(model.predict("web1", "ann").empty());
}

TEST(SequenceModel, learns_a_routine) {
  SequenceModel model(kSmall);
  repeat(model, "ann", {"git", "make", "ctest"}, 20);
  model.learn("web1", "ann", "git", "");
  const auto guesses = model.predict("web1", "ann");
  ASSERT_FALSE(guesses.empty());
  EXPECT_EQ(guesses[0].command, "make");
  EXPECT_GT(guesses[0].likelihood, 0.8);
}

TEST(SequenceModel, looks_further_back_where_the_last_command_does_not_decide) {
  SequenceModel model(kSmall);
  repeat(model, "ann", {"vi", "make", "ctest", "git", "make", "install"}, 40);
  model.learn("web1", "ann", "vi", "");
  model.learn("web1", "ann", "make", "");
  EXPECT_EQ(first_guess(model, "web1", "ann"), "ctest");
}

TEST(SequenceModel, falls_back_on_what_other_users_do) {
  SequenceModel model(kSmall);
  repeat(model, "ann", {"git", "make", "ctest"}, 20);
  model.learn("web2", "bob", "make", "");
  EXPECT_EQ(first_guess(model, "web2", "bob"), "ctest");
}

TEST(SequenceModel, knows_a_user_again_on_another_host) {
  SequenceModel model(kSmall);
  for (int i = 0; i < 30; ++i) {
    model.learn("web1", "ann", "git", "");
    model.learn("web1", "ann", "make", "");
    for (const char* other : {"bob", "eve", "joe"}) {
      model.learn("web2", other, "git", "");
      model.learn("web2", other, "less", "");
    }
  }
  model.learn("web3", "ann", "git", "");
  EXPECT_EQ(first_guess(model, "web3", "ann"), "make");
}

TEST(SequenceModel, lets_arguments_tell_runs_apart) {
  SequenceModel model(kSmall);
  for (int i = 0; i < 60; ++i) {
    const bool pull = i * 7 % 5 < 2;  // no order that the commands alone would show
    model.learn("web1", "ann", "git", pull ? "pull" : "commit");
    model.learn("web1", "ann", pull ? "make" : "vi", "");
  }
  model.learn("web1", "ann", "git", "pull");
  EXPECT_EQ(first_guess(model, "web1", "ann"), "make");
  model.learn("web1", "ann", "make", "");
  model.learn("web1", "ann", "git", "commit");
  EXPECT_EQ(first_guess(model, "web1", "ann"), "vi");
}

TEST(SequenceModel, follows_a_habit_that_changes) {
  SequenceModel model(kSmall);
  repeat(model, "ann", {"git", "make"}, 50);
  repeat(model, "ann", {"git", "ninja"}, 15);
  model.learn("web1", "ann", "git", "");
  EXPECT_EQ(first_guess(model, "web1", "ann"), "ninja");
}

TEST(SequenceModel, is_surprised_by_what_does_not_belong) {
  SequenceModel model(kSmall);
  repeat(model, "ann", {"git", "make", "ctest"}, 40);
  const Surprise usual = model.learn("web1", "ann", "git", "");
  EXPECT_TRUE(usual.expected);
  EXPECT_LT(usual.bits, 0.5);
  const Surprise unusual = model.learn("web1", "ann", "nc", "");
  EXPECT_FALSE(unusual.expected);
  EXPECT_TRUE(unusual.is_new);
  EXPECT_GT(unusual.bits, 8);
}

TEST(SequenceModel, answers_the_same_whether_or_not_it_was_asked) {
  SequenceModel asked(kSmall);
  SequenceModel silent(kSmall);
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    const std::string user = "u" + std::to_string(random() % 3);
    const std::string command = "c" + std::to_string(random() % 8 * (random() % 3));
    asked.predict("web1", user);
    const double bits = asked.learn("web1", user, command, "").bits;
    ASSERT_EQ(bits, silent.learn("web1", user, command, "").bits) << i;
  }
}

TEST(SequenceModel, stays_bounded_and_sane_under_a_flood_of_new_names) {
  SequenceModel model({.contexts = 256, .commands = 50, .streams = 5});
  for (int i = 0; i < 20'000; ++i) {
    const std::string user = "u" + std::to_string(i % 17);
    const auto guesses = model.predict("h" + std::to_string(i % 3), user);
    double sum = 0;
    for (const auto& guess : guesses) {
      ASSERT_FALSE(guess.command.empty());
      sum += guess.likelihood;
    }
    ASSERT_LE(sum, 1.0001);
    const auto surprise =
        model.learn("h" + std::to_string(i % 3), user, "c" + std::to_string(i % 997), "x");
    ASSERT_GE(surprise.bits, 0);
    ASSERT_LT(surprise.bits, 40);
  }
  EXPECT_LE(model.vocabulary().size(), 50U);
  EXPECT_LE(model.streams(), 5U);
}

}  // namespace
}  // namespace foreshock::coordinator
