#include "coordinator/sequence/candidate_mixer.h"

#include <algorithm>
#include <cmath>

namespace foreshock::coordinator {

namespace {

// Before anything is learned: some trust in each, together not more than in one that is always
// right.
constexpr float kFirstWeight = 0.15F;
// Steps large enough to learn in the first hundreds of commands, then small: the average over many
// commands decides better than the last one.
constexpr float kFirstRate = 0.005F;
constexpr float kLastRate = 0.0002F;
constexpr float kSettling = 250;  // commands

}  // namespace

CandidateMixer::CandidateMixer(std::size_t inputs, const std::vector<std::size_t>& circumstances)
    : inputs_(inputs) {
  std::size_t sets = 1;
  for (const std::size_t size : circumstances) {
    first_sets_.push_back(sets);
    sets += size;
  }
  weights_.assign(sets * inputs, 0);
  std::fill_n(weights_.begin(), inputs, kFirstWeight);
}

void CandidateMixer::mix(std::span<const Evidence> inputs, std::size_t candidates,
                         std::span<const std::size_t> circumstances, const Evidence& bias,
                         Evidence& scores) {
  chosen_.assign(1, 0);
  for (std::size_t i = 0; i < first_sets_.size(); ++i) {
    chosen_.push_back((first_sets_[i] + circumstances[i]) * inputs_);
  }
  Evidence sums = bias;
  for (std::size_t input = 0; input < inputs_; ++input) {
    float weight = 0;
    for (const std::size_t set : chosen_) weight += weights_[set + input];
    const Evidence& evidence = inputs[input];
    for (std::size_t c = 0; c < kCandidates; ++c) sums[c] += weight * evidence[c];
  }
  scores.fill(0);
  if (candidates == 0) return;
  const float highest = *std::max_element(sums.begin(), sums.begin() + candidates);
  float total = 0;
  for (std::size_t c = 0; c < candidates; ++c) {
    scores[c] = std::exp(sums[c] - highest);
    total += scores[c];
  }
  for (std::size_t c = 0; c < candidates; ++c) scores[c] /= total;
}

void CandidateMixer::learn(std::span<const Evidence> inputs, std::size_t came,
                           const Evidence& scores) {
  const float rate = kLastRate + kFirstRate / (1 + static_cast<float>(steps_) / kSettling);
  ++steps_;
  Evidence errors;
  for (std::size_t c = 0; c < kCandidates; ++c) errors[c] = -scores[c] * rate;
  errors[came] += rate;
  for (std::size_t input = 0; input < inputs_; ++input) {
    const Evidence& evidence = inputs[input];
    // Four sums side by side: the order is fixed, and so is the result.
    std::array<float, 4> sums{};
    for (std::size_t c = 0; c < kCandidates; c += 4) {
      for (std::size_t lane = 0; lane < 4; ++lane)
        sums[lane] += errors[c + lane] * evidence[c + lane];
    }
    const float gradient = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for (const std::size_t set : chosen_) weights_[set + input] += gradient;
  }
}

}  // namespace foreshock::coordinator
