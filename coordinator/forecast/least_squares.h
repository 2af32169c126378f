#pragma once

#include <array>
#include <cstddef>
#include <utility>

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
    // What is new counts more instead: to weigh all that is old anew would cost as much again.
    unit_ *= keep;
    const Row row(x.data());
    const Column weighted = (weight / unit_) * row;
    add_to_gram(weighted, row, std::make_index_sequence<N>());
    cross_ += y * weighted;
    if (unit_ < kLeastUnit) apply_unit();
  }

  /// @param ridges  added to the diagonal. Coefficients stay as they were where the equations have
  /// no solution.
  void solve(const Vector& ridges) {
    apply_unit();
    Matrix equations = gram_;
    // A share of each: features have units of their own.
    equations.diagonal() *= 1 + 1e-9;
    equations.diagonal() += Row(ridges.data());
    const Eigen::LLT<Matrix> cholesky(equations);
    if (cholesky.info() == Eigen::Success) coefficients_ = cholesky.solve(cross_);
  }

  double predict(const Vector& x) const { return coefficients_.dot(Row(x.data())); }

 private:
  using Column = Eigen::Matrix<double, static_cast<int>(N), 1>;
  using Matrix = Eigen::Matrix<double, static_cast<int>(N), static_cast<int>(N)>;
  using Row = Eigen::Map<const Column>;

  /// Its lower triangle only, which is all that is read.
  template <std::size_t... kColumn>
  void add_to_gram(const Column& weighted, const Row& row, std::index_sequence<kColumn...>) {
    ((gram_.col(kColumn).template tail<N - kColumn>() +=
      row[kColumn] * weighted.template tail<N - kColumn>()),
     ...);
  }

  void apply_unit() {
    gram_ *= unit_;
    cross_ *= unit_;
    unit_ = 1;
  }

  static constexpr double kLeastUnit = 1e-100;

  double unit_ = 1;  ///< of what follows
  Matrix gram_ = Matrix::Zero();
  Column cross_ = Column::Zero();
  Column coefficients_ = Column::Zero();
};

}  // namespace foreshock::coordinator
