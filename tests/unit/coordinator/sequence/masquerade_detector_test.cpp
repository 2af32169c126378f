#include "coordinator/sequence/masquerade_detector.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

constexpr MasqueradeDetector::Options kSmall{
    .block_length = 20, .own_blocks = 20, .max_grams = 100'000, .max_users = 10};

/// A user who runs five favourites in some order, and now and then what everybody runs.
class Typist {
 public:
  Typist(int number, unsigned seed) : number_(number), random_(seed) {}
  std::string next() {
    if (random_() % 4 == 0) return "common" + std::to_string(random_() % 6);
    return "own" + std::to_string(number_) + "_" + std::to_string(random_() % 5);
  }

 private:
  int number_;
  std::mt19937 random_;
};

/// The scores of `blocks` blocks that `typist` types as `user`.
std::vector<double> type(MasqueradeDetector& detector, const std::string& user, Typist& typist,
                         std::size_t blocks) {
  std::vector<double> scores;
  for (std::size_t i = 0; i < blocks * kSmall.block_length; ++i) {
    if (const auto judged = detector.add(user, typist.next())) scores.push_back(judged->score);
  }
  return scores;
}

class Masquerade : public testing::Test {
 protected:
  void SetUp() override {
    for (int user = 0; user < 4; ++user) {
      typists_.emplace_back(user, static_cast<unsigned>(user));
      EXPECT_TRUE(
          type(detector_, "u" + std::to_string(user), typists_.back(), kSmall.own_blocks).empty());
    }
  }

  MasqueradeDetector detector_{kSmall};
  std::vector<Typist> typists_;
};

TEST_F(Masquerade, numbers_blocks_from_the_users_first_one) {
  std::vector<std::uint64_t> blocks;
  for (std::size_t i = 0; i < 2 * kSmall.block_length; ++i) {
    if (const auto judged = detector_.add("u0", typists_[0].next()))
      blocks.push_back(judged->block);
  }
  EXPECT_EQ(blocks, (std::vector<std::uint64_t>{20, 21}));
}

TEST_F(Masquerade, tells_a_stranger_from_the_user) {
  for (const double score : type(detector_, "u0", typists_[0], 10)) EXPECT_LT(score, 0.5);
  Typist stranger(9, 9);
  for (const double score : type(detector_, "u0", stranger, 3)) EXPECT_GT(score, 0.5);
}

TEST_F(Masquerade, tells_another_known_user_from_the_user) {
  for (const double score : type(detector_, "u0", typists_[1], 3)) EXPECT_GT(score, 0.8);
}

TEST_F(Masquerade, does_not_learn_from_a_stranger) {
  Typist stranger(9, 9);
  const auto scores = type(detector_, "u0", stranger, 40);
  EXPECT_GT(scores.back(), 0.5);
}

TEST(MasqueradeDetector, works_with_a_single_user) {
  MasqueradeDetector detector(kSmall);
  Typist user(0, 0);
  type(detector, "u0", user, kSmall.own_blocks);
  for (const double score : type(detector, "u0", user, 5)) EXPECT_LT(score, 1);
  Typist stranger(1, 1);
  for (const double score : type(detector, "u0", stranger, 2)) EXPECT_GT(score, 1);
}

TEST(MasqueradeDetector, forgets_old_habits_when_it_is_full) {
  auto options = kSmall;
  options.max_grams = 60;
  MasqueradeDetector detector(options);
  Typist user(0, 0);
  Typist other(1, 1);
  type(detector, "u1", other, kSmall.own_blocks);
  type(detector, "u0", user, kSmall.own_blocks);
  for (const double score : type(detector, "u0", user, 30)) EXPECT_TRUE(score == score);
}

TEST(MasqueradeDetector, counts_commands_of_users_it_does_not_follow) {
  auto options = kSmall;
  options.max_users = 1;
  MasqueradeDetector detector(options);
  detector.add("u0", "ls");
  detector.add("u1", "ls");
  EXPECT_EQ(detector.users(), 1U);
  EXPECT_EQ(detector.not_followed(), 1U);
}

}  // namespace
}  // namespace foreshock::coordinator
