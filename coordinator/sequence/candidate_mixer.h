#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace foreshock::coordinator {

/// Weighs what several contexts say of a few candidates, one of which comes next, and learns the
/// weights from what came: a softmax over weighted evidence, by gradient descent on its log loss.
/// The weights of a step are the sum of a common set and of one set for each circumstance, so that
/// what is rare in a circumstance is still judged by what is common.
/// Source: the gated mixing of Mattern (2012) and Mahoney's PAQ, over many symbols instead of a
/// bit.
///
/// Deterministic; one thread.
class CandidateMixer {
 public:
  static constexpr std::size_t kCandidates = 16;
  /// Evidence of one input for each candidate, in log-odds; 0: it says nothing.
  using Evidence = std::array<float, kCandidates>;

  /// @param circumstances  sizes of the circumstances, each of which picks one set of weights.
  CandidateMixer(std::size_t inputs, const std::vector<std::size_t>& circumstances);

  /// The likelihood of each of the first `candidates`, given that one of them comes; in `scores`.
  /// @param circumstances  one number for each circumstance, smaller than its size.
  void mix(std::span<const Evidence> inputs, std::size_t candidates,
           std::span<const std::size_t> circumstances, const Evidence& bias, Evidence& scores);
  /// `came` is the one that came of what mix() was last given.
  void learn(std::span<const Evidence> inputs, std::size_t came, const Evidence& scores);

 private:
  std::size_t inputs_;
  std::vector<std::size_t> first_sets_;  ///< of each circumstance, after the common set
  std::vector<float> weights_;           ///< set by set
  std::vector<std::size_t> chosen_;      ///< where the sets of this step begin
  std::uint64_t steps_ = 0;
};

}  // namespace foreshock::coordinator
