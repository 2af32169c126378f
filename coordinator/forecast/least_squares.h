#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace foreshock::coordinator {

/// Weighted ridge regression of a fixed small number of features, row by row with forgetting.
/// O(N²) a row, O(N³) a solution. Source: normal equations and Cholesky's decomposition, Golub &
/// Van Loan, "Matrix Computations".
template <std::size_t N>
class LeastSquares {
 public:
  using Vector = std::array<double, N>;

  /// What was learned before counts `keep` times as much from now on.
  void add(const Vector& x, double y, double weight, double keep) {
    for (std::size_t i = 0; i < N; ++i) {
      const double scaled = weight * x[i];
      for (std::size_t j = 0; j <= i; ++j) gram_[i][j] = keep * gram_[i][j] + scaled * x[j];
      cross_[i] = keep * cross_[i] + scaled * y;
    }
  }

  /// @param ridges  added to the diagonal. Coefficients stay as they were where the equations have
  /// no solution.
  void solve(const Vector& ridges) {
    auto lower = gram_;
    double trace = 0;
    for (std::size_t i = 0; i < N; ++i) trace += lower[i][i];
    for (std::size_t i = 0; i < N; ++i) lower[i][i] += 1e-9 * trace + 1e-12 + ridges[i];
    for (std::size_t i = 0; i < N; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double sum = lower[i][j];
        for (std::size_t k = 0; k < j; ++k) sum -= lower[i][k] * lower[j][k];
        if (i != j) {
          lower[i][j] = sum / lower[j][j];
          continue;
        }
        if (!(sum > 0)) return;
        lower[i][i] = std::sqrt(sum);
      }
    }
    Vector solution = cross_;
    for (std::size_t i = 0; i < N; ++i) {
      for (std::size_t k = 0; k < i; ++k) solution[i] -= lower[i][k] * solution[k];
      solution[i] /= lower[i][i];
    }
    for (std::size_t i = N; i-- > 0;) {
      for (std::size_t k = i + 1; k < N; ++k) solution[i] -= lower[k][i] * solution[k];
      solution[i] /= lower[i][i];
    }
    coefficients_ = solution;
  }

  double predict(const Vector& x) const {
    double sum = 0;
    for (std::size_t i = 0; i < N; ++i) sum += coefficients_[i] * x[i];
    return sum;
  }

 private:
  std::array<Vector, N> gram_{};  ///< lower triangle
  Vector cross_{};
  Vector coefficients_{};
};

}  // namespace foreshock::coordinator
