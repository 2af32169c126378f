#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace foreshock::coordinator {

/// Weighted least squares with a ridge on all coefficients but the first, for a handful of
/// coefficients: normal equations by Cholesky.
template <std::size_t N>
std::array<double, N> solve_ridge(const std::vector<std::array<double, N>>& rows,
                                  const std::vector<double>& wanted,
                                  const std::vector<double>& weights, double ridge) {
  std::array<std::array<double, N>, N> a{};
  std::array<double, N> b{};
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t i = 0; i < N; ++i) {
      const double weighted = weights[r] * rows[r][i];
      b[i] += weighted * wanted[r];
      for (std::size_t k = 0; k <= i; ++k) a[i][k] += weighted * rows[r][k];
    }
  }
  for (std::size_t i = 0; i < N; ++i) a[i][i] += i == 0 ? 1e-9 : ridge;
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t k = 0; k <= i; ++k) {
      double sum = a[i][k];
      for (std::size_t j = 0; j < k; ++j) sum -= a[i][j] * a[k][j];
      a[i][k] = i == k ? std::sqrt(sum > 1e-12 ? sum : 1e-12) : sum / a[k][k];
    }
  }
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < i; ++j) b[i] -= a[i][j] * b[j];
    b[i] /= a[i][i];
  }
  for (std::size_t i = N; i-- > 0;) {
    for (std::size_t j = i + 1; j < N; ++j) b[i] -= a[j][i] * b[j];
    b[i] /= a[i][i];
  }
  return b;
}

}  // namespace foreshock::coordinator
