#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "coordinator/sequence/candidate_mixer.h"
#include "coordinator/sequence/command_streams.h"
#include "coordinator/sequence/command_vocabulary.h"
#include "coordinator/sequence/huge_array.h"
#include "coordinator/sequence/standing_rates.h"
#include "coordinator/sequence/successor_table.h"

namespace foreshock::coordinator {

struct NextCommand {
  std::string_view command;  ///< valid until the model learns
  double likelihood = 0;
};

/// What a command that ran had come as, to the model.
struct Surprise {
  double bits = 0;        ///< -log2 of the likelihood it had
  bool expected = false;  ///< it was the first guess
  bool is_new = false;    ///< nothing led one to think of it
};

/// Which command a user runs next, learned from every command as it runs.
///
/// Contexts of several kinds (the user's last 0 to 20 commands, with gaps, without their order,
/// with arguments; the same of all users; of the user on other hosts and of others on the host)
/// each name what followed them. How much a candidate's standing in a context says is counted
/// (StandingRates), what the contexts say together is mixed by learned weights (CandidateMixer).
/// A recurrent network beside it won nothing and is not there.
///
/// Deterministic, bounded memory, a few microseconds a command; one thread.
/// Sources: Cleary and Witten (1984), PPM; Mahoney (2005), PAQ; Davison and Hirsh (1998), IPAM.
class SequenceModel {
 public:
  struct Options {
    std::size_t contexts = std::size_t{1} << 19;  ///< remembered, 72 bytes each
    std::size_t commands = 32768;                 ///< remembered
    std::size_t streams = 8192;                   ///< users on hosts remembered
  };
  static constexpr std::size_t kGuesses = 5;

  explicit SequenceModel(const Options& options);

  /// The likeliest next commands, at most five, likeliest first. Valid until the next call.
  std::span<const NextCommand> predict(std::string_view host, std::string_view user);
  /// The user ran `command`; `arguments` is whatever tells two runs apart and may be empty.
  Surprise learn(std::string_view host, std::string_view user, std::string_view command,
                 std::string_view arguments);

  const CommandVocabulary& vocabulary() const { return vocabulary_; }
  std::size_t streams() const { return streams_.size(); }

 private:
  // Contexts in the order in which they name candidates; then what is not a context.
  enum Input : std::size_t {
    own20,
    own12,
    own8,
    own6,
    own4,
    own3,
    own_arguments2,
    own_arguments,
    own_shuffled4,
    own1_3,
    own2,
    own_again,
    user2,
    host2,
    all_arguments2,
    all3,
    all_arguments,
    all2,
    own1,
    own_argument_alone,
    user1,
    host1,
    all1,
    own0,
    all0,
    recency,
  };
  static constexpr std::size_t kInputs = recency + 1;
  static constexpr std::size_t kContexts = recency;
  static constexpr std::size_t kCandidates = CandidateMixer::kCandidates;
  static constexpr std::size_t kCorrections = 2;  ///< contexts whose mistakes are remembered

  struct Candidate {
    CommandId command = 0;
    std::array<std::uint32_t, kCorrections> corrections{};
  };
  struct Noted {
    std::uint32_t look = 0;  ///< the one in which it was a candidate last
    std::uint32_t number = 0;
  };
  /// How the candidates stand that an input knows.
  struct Standings {
    struct One {
      std::uint8_t candidate;
      std::uint16_t standing;
    };
    std::array<One, kCandidates> known{};
    std::size_t count = 0;
    std::uint16_t absent = 0;  ///< of all the others
    void add(std::size_t candidate, std::size_t standing) {
      known[count++] = {static_cast<std::uint8_t>(candidate), static_cast<std::uint16_t>(standing)};
    }
  };

  void look_ahead(const CommandStream& stream);
  void find_contexts(const CommandStream& stream);
  void weigh_contexts();
  std::size_t candidate_of(CommandId command);
  std::size_t number_of(CommandId command) const;
  void weigh_recency(const CommandStream& stream);
  void correct();
  void choose_circumstances(const CommandStream& stream);
  void rank();

  double likelihood_of(std::size_t candidate, CommandId command) const;
  void learn_weights(std::size_t came);
  void learn_contexts(CommandId command);

  CommandVocabulary vocabulary_;
  CommandStreams streams_;
  SuccessorTable table_;
  std::vector<StandingRates> rates_;
  StandingRates novelty_;  ///< how often what comes is no candidate
  CandidateMixer mixer_;
  HugeArray<float> corrections_;

  // What was last looked at; learn() goes on from there.
  std::uint64_t looked_at_ = 0;  ///< key of the stream; 0: nothing
  std::array<std::uint64_t, kContexts> hashes_{};
  std::array<bool, kContexts> active_{};
  std::array<SuccessorNode*, kContexts> nodes_{};
  std::array<Standings, kInputs> standings_{};
  std::array<Candidate, kCandidates> candidates_{};
  std::size_t candidate_count_ = 0;
  std::vector<Noted> noted_;  ///< by place in the vocabulary
  std::uint32_t look_ = 0;
  std::array<CandidateMixer::Evidence, kInputs> evidence_{};
  CandidateMixer::Evidence bias_{};
  CandidateMixer::Evidence likelihoods_{};
  std::array<std::size_t, 5> circumstances_{};
  std::size_t novelty_standing_ = 0;
  std::array<NextCommand, kGuesses> guesses_{};
  std::size_t guess_count_ = 0;
};

}  // namespace foreshock::coordinator
