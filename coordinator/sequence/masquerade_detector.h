#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace foreshock::coordinator {

/// How unlike its user a block of commands is.
struct MasqueradeScore {
  std::uint64_t block = 0;  ///< of the user, counted from 0
  /// 0: as this user's blocks usually are; 1: as blocks of strangers usually are, to this user's
  /// profile. Without other users to compare with, 1 is four standard deviations off.
  double score = 0;
};

/// Tells from what is typed whether somebody else uses an account.
///
/// A block of commands is compared with the user's own commands and with everybody else's: the
/// logarithm of how much likelier the others would have run each command, pair and triple of it,
/// where repetitions count by ln(1 + n), since one loop is one piece of evidence. How large that is
/// for oneself (each known block against the others of its user) and for strangers (blocks of other
/// users, each left out of "everybody else") differs from user to user, and is what the score is
/// measured in. A block nearer to the user than to strangers is learned from.
///
/// Deterministic; a score looks at nothing that comes later; one thread.
/// Sources: Maxion and Townsend (2002), naive Bayes with updating; Schonlau et al. (2001).
class MasqueradeDetector {
 public:
  struct Options {
    std::size_t block_length = 100;   ///< commands
    std::size_t own_blocks = 50;      ///< of each user, the first ones: known to be the user's own
    std::size_t max_grams = 100'000;  ///< commands, pairs and triples remembered of a user
    std::size_t max_users = 1000;     ///< more are not followed
  };

  explicit MasqueradeDetector(const Options& options);

  /// The user ran a command. A score where that ended a block that is to be judged.
  std::optional<MasqueradeScore> add(std::string_view user, std::string_view command);
  std::size_t users() const { return users_.size(); }
  /// Commands of users beyond the most that are followed.
  std::uint64_t not_followed() const { return not_followed_; }

 private:
  static constexpr std::size_t kOrders = 3;
  using Counts = std::unordered_map<std::uint64_t, std::uint32_t>;
  struct Gram {
    std::uint64_t hash;
    std::uint32_t count;
  };
  using Block = std::array<std::vector<Gram>, kOrders>;
  struct Profile {
    std::array<Counts, kOrders> counts;
    std::array<std::uint64_t, kOrders> totals{};
    void add(const Block& block);
    void forget_half();
  };
  using Evidence = std::array<double, kOrders>;
  struct User {
    Profile profile;
    std::deque<Block> known;              ///< the blocks that the scale is taken from
    std::vector<std::uint64_t> commands;  ///< hashes, of the block under way
    std::uint64_t blocks = 0;
    std::uint64_t blocks_at_scaling = 0;  ///< 0: not yet scaled
    Evidence usual{};                     ///< of own blocks
    Evidence distance{};                  ///< from there to strangers
  };

  static Block count_grams(const std::vector<std::uint64_t>& commands);
  User* find_user(std::string_view name);
  MasqueradeScore judge(User& user, const Block& block);
  void learn(User& user, const Block& block);
  void scale(User& user) const;
  std::vector<Evidence> strangers_to(const User& user) const;
  /// @param own  the block is part of the profile.
  /// @param stranger  left out of everybody else, when given.
  Evidence weigh(const Block& block, const Profile& profile, bool own,
                 const Profile* stranger) const;

  const Options options_;
  std::map<std::string, User, std::less<>> users_;
  Profile everybody_;
  std::uint64_t not_followed_ = 0;
};

}  // namespace foreshock::coordinator
