#include "coordinator/sequence/candidate_mixer.h"

#include <vector>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using Evidence = CandidateMixer::Evidence;

TEST(CandidateMixer, shares_out_the_whole_likelihood) {
  CandidateMixer mixer(1, {});
  Evidence likelihoods;
  mixer.mix(std::vector<Evidence>{{2, -1, 0}}, 3, {}, {}, likelihoods);
  EXPECT_NEAR(likelihoods[0] + likelihoods[1] + likelihoods[2], 1, 1e-5);
  EXPECT_GT(likelihoods[0], likelihoods[2]);
  EXPECT_GT(likelihoods[2], likelihoods[1]);
  EXPECT_EQ(likelihoods[3], 0);
}

TEST(CandidateMixer, has_nothing_to_say_without_candidates) {
  CandidateMixer mixer(1, {});
  Evidence likelihoods;
  mixer.mix(std::vector<Evidence>{{}}, 0, {}, {}, likelihoods);
  for (const float likelihood : likelihoods) EXPECT_EQ(likelihood, 0);
}

TEST(CandidateMixer, learns_whom_to_trust_in_each_circumstance) {
  // The first input is right in circumstance 0, the second one in circumstance 1.
  CandidateMixer mixer(2, {2});
  const std::vector<Evidence> inputs = {{3, 0}, {0, 3}};
  Evidence likelihoods;
  for (int i = 0; i < 4000; ++i) {
    const std::size_t circumstance = i % 2;
    mixer.mix(inputs, 2, std::vector<std::size_t>{circumstance}, {}, likelihoods);
    mixer.learn(inputs, circumstance, likelihoods);
  }
  mixer.mix(inputs, 2, std::vector<std::size_t>{0}, {}, likelihoods);
  EXPECT_GT(likelihoods[0], 0.8);
  mixer.mix(inputs, 2, std::vector<std::size_t>{1}, {}, likelihoods);
  EXPECT_GT(likelihoods[1], 0.8);
}

}  // namespace
}  // namespace foreshock::coordinator
