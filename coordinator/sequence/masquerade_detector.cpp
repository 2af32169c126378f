#include "coordinator/sequence/masquerade_detector.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "coordinator/sequence/command_streams.h"

namespace foreshock::coordinator {

namespace {

/// A count for what was never seen: small, so that a command new to a user is strong evidence.
constexpr double kUnseen = 0.01;
constexpr std::size_t kStrangers = 100;         // blocks, about
constexpr std::uint64_t kScaleAgainAfter = 25;  // blocks
/// Halfway from oneself to strangers.
constexpr double kOwnBelow = 0.5;
constexpr double kDeviationsToStrangers = 4;
constexpr double kLeastDistance = 0.1;  // of the deviation

double count_in(const std::unordered_map<std::uint64_t, std::uint32_t>& counts,
                std::uint64_t hash) {
  const auto found = counts.find(hash);
  return found == counts.end() ? 0 : found->second;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

double deviation(const std::vector<double>& values, double from) {
  double sum = 0;
  for (const double value : values) sum += (value - from) * (value - from);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

}  // namespace

MasqueradeDetector::MasqueradeDetector(const Options& options) : options_(options) {}

std::optional<MasqueradeScore> MasqueradeDetector::add(std::string_view name,
                                                       std::string_view command) {
  User* user = find_user(name);
  if (user == nullptr) {
    ++not_followed_;
    return std::nullopt;
  }
  user->commands.push_back(hash_text(command));
  if (user->commands.size() < options_.block_length) return std::nullopt;
  const Block block = count_grams(user->commands);
  user->commands.clear();
  if (user->blocks < options_.own_blocks) {
    ++user->blocks;
    user->known.push_back(block);
    learn(*user, block);
    return std::nullopt;
  }
  const MasqueradeScore score = judge(*user, block);
  ++user->blocks;
  if (score.score < kOwnBelow) learn(*user, block);
  return score;
}

MasqueradeDetector::User* MasqueradeDetector::find_user(std::string_view name) {
  const auto known = users_.find(name);
  if (known != users_.end()) return &known->second;
  if (users_.size() >= options_.max_users) return nullptr;
  return &users_.try_emplace(std::string(name)).first->second;
}

MasqueradeDetector::Block MasqueradeDetector::count_grams(
    const std::vector<std::uint64_t>& commands) {
  Block block;
  std::vector<std::uint64_t> grams = commands;
  for (std::size_t order = 0; order < kOrders && order < commands.size(); ++order) {
    if (order > 0) {
      grams.pop_back();
      for (std::size_t i = 0; i < grams.size(); ++i) {
        grams[i] = hash_pair(grams[i], commands[i + order]);
      }
    }
    std::vector<std::uint64_t> sorted = grams;
    std::ranges::sort(sorted);
    for (const std::uint64_t hash : sorted) {
      if (block[order].empty() || block[order].back().hash != hash) {
        block[order].push_back({hash, 0});
      }
      ++block[order].back().count;
    }
  }
  return block;
}

void MasqueradeDetector::Profile::add(const Block& block) {
  for (std::size_t order = 0; order < kOrders; ++order) {
    for (const auto& gram : block[order]) {
      counts[order][gram.hash] += gram.count;
      totals[order] += gram.count;
    }
  }
}

void MasqueradeDetector::Profile::forget_half() {
  for (std::size_t order = 0; order < kOrders; ++order) {
    totals[order] = 0;
    for (auto& [hash, count] : counts[order]) totals[order] += count /= 2;
    std::erase_if(counts[order], [](const auto& entry) { return entry.second == 0; });
  }
}

void MasqueradeDetector::learn(User& user, const Block& block) {
  user.profile.add(block);
  everybody_.add(block);
  const auto too_many = [](const Profile& profile, std::size_t most) {
    std::size_t grams = 0;
    for (const auto& counts : profile.counts) grams += counts.size();
    return grams > most;
  };
  if (!too_many(user.profile, options_.max_grams)) return;
  // Old habits fade; so does what everybody is known to do, which is the sum of all users.
  user.profile.forget_half();
  everybody_ = Profile{};
  for (const auto& [name, other] : users_) {
    for (std::size_t order = 0; order < kOrders; ++order) {
      for (const auto& [hash, count] : other.profile.counts[order]) {
        everybody_.counts[order][hash] += count;
        everybody_.totals[order] += count;
      }
    }
  }
}

MasqueradeDetector::Evidence MasqueradeDetector::weigh(const Block& block, const Profile& profile,
                                                       bool own, const Profile* stranger) const {
  Evidence evidence{};
  for (std::size_t order = 0; order < kOrders; ++order) {
    double block_total = 0;
    for (const auto& gram : block[order]) block_total += gram.count;
    const double kinds = static_cast<double>(everybody_.counts[order].size());
    double others_total = static_cast<double>(everybody_.totals[order] - profile.totals[order]);
    if (stranger != nullptr) others_total -= static_cast<double>(stranger->totals[order]);
    // A profile that forgot half of itself may hold less than the block.
    const double own_total =
        std::max(static_cast<double>(profile.totals[order]) - (own ? block_total : 0), 0.0);
    const double totals =
        std::log((own_total + kUnseen * kinds) / (others_total + kUnseen * kinds));
    for (const auto& gram : block[order]) {
      const double in_profile = count_in(profile.counts[order], gram.hash);
      double others = count_in(everybody_.counts[order], gram.hash) - in_profile;
      if (stranger != nullptr) others -= count_in(stranger->counts[order], gram.hash);
      const double left = std::max(in_profile - (own ? gram.count : 0), 0.0);
      const double likelier = std::log((others + kUnseen) / (left + kUnseen)) + totals;
      evidence[order] += std::log1p(gram.count) * likelier;
    }
  }
  return evidence;
}

std::vector<MasqueradeDetector::Evidence> MasqueradeDetector::strangers_to(const User& user) const {
  std::vector<Evidence> strangers;
  if (users_.size() < 2) return strangers;
  const std::size_t of_each = std::max<std::size_t>(kStrangers / (users_.size() - 1), 1);
  for (const auto& [name, other] : users_) {
    if (&other == &user) continue;
    const std::size_t blocks = std::min(of_each, other.known.size());
    for (std::size_t i = 0; i < blocks; ++i) {
      const Block& block = other.known[i * other.known.size() / blocks];
      strangers.push_back(weigh(block, user.profile, false, &other.profile));
    }
  }
  return strangers;
}

void MasqueradeDetector::scale(User& user) const {
  const auto strangers = strangers_to(user);
  for (std::size_t order = 0; order < kOrders; ++order) {
    std::vector<double> own;
    for (const auto& block : user.known) {
      own.push_back(weigh(block, user.profile, true, nullptr)[order]);
    }
    user.usual[order] = own.empty() ? 0 : median(own);
    const double spread = own.empty() ? 0 : deviation(own, user.usual[order]);
    double distance = kDeviationsToStrangers * spread;
    if (!strangers.empty()) {
      std::vector<double> theirs;
      for (const auto& evidence : strangers) theirs.push_back(evidence[order]);
      // The median stranger is 1 whoever the user is, so that one threshold misses as few of each.
      // Only where all users do the same is there no such distance.
      distance = std::max(median(theirs) - user.usual[order], kLeastDistance * spread);
    }
    user.distance[order] = std::max(distance, 1.0);
  }
  user.blocks_at_scaling = user.blocks;
}

MasqueradeScore MasqueradeDetector::judge(User& user, const Block& block) {
  const bool first = user.blocks_at_scaling == 0;
  if (first || user.blocks - user.blocks_at_scaling >= kScaleAgainAfter) scale(user);
  const Evidence evidence = weigh(block, user.profile, false, nullptr);
  double score = 0;
  for (std::size_t order = 0; order < kOrders; ++order) {
    score += (evidence[order] - user.usual[order]) / user.distance[order] / kOrders;
  }
  return {user.blocks, score};
}

}  // namespace foreshock::coordinator
