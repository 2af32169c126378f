#pragma once

#include <array>
#include <cstddef>

#include <Eigen/Cholesky>

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
    const Row row(x.data());
    gram_.template triangularView<Eigen::Lower>() = keep * gram_ + (weight * row) * row.transpose();
    cross_ = keep * cross_ + weight * y * row;
  }

  /// @param ridges  added to the diagonal. Coefficients stay as they were where the equations have
  /// no solution.
  void solve(const Vector& ridges) {
    Matrix equations = gram_;
    equations.diagonal().array() += 1e-9 * gram_.trace() + 1e-12;
    equations.diagonal() += Row(ridges.data());
    const Eigen::LLT<Matrix> cholesky(equations);  // reads the lower triangle only
    if (cholesky.info() == Eigen::Success) coefficients_ = cholesky.solve(cross_);
  }

  double predict(const Vector& x) const { return coefficients_.dot(Row(x.data())); }

 private:
  using Column = Eigen::Matrix<double, static_cast<int>(N), 1>;
  using Matrix = Eigen::Matrix<double, static_cast<int>(N), static_cast<int>(N)>;
  using Row = Eigen::Map<const Column>;

  Matrix gram_ = Matrix::Zero();  ///< its lower triangle
  Column cross_ = Column::Zero();
  Column coefficients_ = Column::Zero();
};

}  // namespace foreshock::coordinator
