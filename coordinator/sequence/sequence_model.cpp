#include "coordinator/sequence/sequence_model.h"

#include <algorithm>
#include <cmath>

namespace foreshock::coordinator {

namespace {

// A standing in a context: times seen x share of late x the last four visits.
constexpr std::size_t kShares = 16;
constexpr std::size_t kHistories = 16;
constexpr std::array<float, 4> kTypicalCounts = {1, 2.5F, 6, 20};
constexpr std::size_t kPresent = kTypicalCounts.size() * kShares * kHistories;
// A standing of those that the context lacks: its visits x the share of its likeliest.
constexpr std::size_t kVisitClasses = 8;
constexpr std::size_t kStandings = kPresent + kVisitClasses * kShares;

// A standing by recency: how long ago x how often, in the stream's last forty commands.
constexpr std::size_t kTimesClasses = 7;
constexpr std::size_t kRecencyStandings = 11 * kTimesClasses;
/// Where recency says nothing: log-odds of one of some twenty candidates.
constexpr float kRecencyOrigin = -3;

constexpr std::size_t kContextMemory = 16;  // visits a share goes back over
constexpr std::size_t kOverallMemory = 60;  // of contexts without any command
constexpr std::size_t kCorrectionBits = 18;
constexpr float kCorrectionRate = 0.05F;

constexpr std::size_t kOwnOrders = 8;
constexpr std::size_t kHitPatterns = 16;
constexpr std::size_t kLastCommands = 256;

std::size_t count_class(unsigned count) {
  return count <= 1 ? 0 : count <= 3 ? 1 : count <= 10 ? 2 : 3;
}

std::size_t visit_class(unsigned visits) {
  if (visits <= 2) return visits;
  return visits <= 4 ? 3 : visits <= 8 ? 4 : visits <= 20 ? 5 : visits <= 60 ? 6 : 7;
}

std::size_t share_class(unsigned share) {
  return share * kShares >> 16;
}

std::size_t standing_of(const Successor& successor) {
  return (count_class(successor.count) * kShares + share_class(successor.share)) * kHistories +
         successor.history % kHistories;
}

std::size_t best_share(const SuccessorNode& node) {
  unsigned best = 0;
  for (const auto share : node.shares) best = std::max<unsigned>(best, share);
  return share_class(best);
}

std::size_t absent_standing(const SuccessorNode& node) {
  return kPresent + visit_class(node.visits) * kShares + best_share(node);
}

std::size_t recency_standing(std::size_t ago, std::size_t times) {
  const std::size_t ago_class = ago <= 6 ? ago : ago <= 9 ? 7 : ago <= 15 ? 8 : ago <= 25 ? 9 : 10;
  const std::size_t times_class = times <= 3 ? times : times <= 6 ? 4 : times <= 12 ? 5 : 6;
  return ago_class * kTimesClasses + times_class;
}

/// Before anything is counted: the share, doubted where it rests on little.
StandingRates guessed_rates() {
  StandingRates rates(kStandings, 0);
  for (std::size_t count = 0; count < kTypicalCounts.size(); ++count) {
    for (std::size_t share_step = 0; share_step < kShares; ++share_step) {
      for (std::size_t history = 0; history < kHistories; ++history) {
        const float share = (static_cast<float>(share_step) + 0.5F) / kShares;
        const float visits = kTypicalCounts[count] / share;
        const float lately = history % 2 == 1 ? 1.1F : 0.9F;
        const float rate = share * visits / (visits + 1.5F) * lately;
        rates.set_guess((count * kShares + share_step) * kHistories + history,
                        std::min(rate, 0.95F));
      }
    }
  }
  for (std::size_t visits = 0; visits < kVisitClasses; ++visits) {
    for (std::size_t share = 0; share < kShares; ++share) {
      rates.set_guess(kPresent + visits * kShares + share,
                      0.5F / (static_cast<float>(1U << visits) + 2));
    }
  }
  return rates;
}

}  // namespace

SequenceModel::SequenceModel(const Options& options)
    : vocabulary_(options.commands),
      streams_(options.streams),
      table_(options.contexts),
      rates_(kContexts, guessed_rates()),
      novelty_((kOwnOrders + 1) * 4, 0.1F),
      mixer_(kInputs, {kOwnOrders + 1, 4, kHitPatterns, 1 + 5 * kShares, kLastCommands}),
      corrections_(std::size_t{1} << kCorrectionBits) {
  rates_.emplace_back(kRecencyStandings, 0.05F);
}

std::span<const NextCommand> SequenceModel::predict(std::string_view host, std::string_view user) {
  look_ahead(streams_.use(host, user));
  rank();
  return {guesses_.data(), guess_count_};
}

void SequenceModel::look_ahead(const CommandStream& stream) {
  ++look_;
  looked_at_ = stream.key;
  find_contexts(stream);
  weigh_contexts();
  weigh_recency(stream);
  correct();
  choose_circumstances(stream);
  mixer_.mix(evidence_, candidate_count_, circumstances_, bias_, likelihoods_);
}

void SequenceModel::find_contexts(const CommandStream& stream) {
  // Commands plus one, so that "none yet" is one of its own.
  std::array<std::uint64_t, 21> last{};
  const std::size_t known = std::min<std::size_t>(stream.remembered(), last.size() - 1);
  for (std::size_t back = 1; back <= known; ++back) last[back] = stream.command(back) + 1ULL;
  const auto [argument, argument2] = stream.arguments;

  active_.fill(true);
  const auto set = [this](Input input, std::uint64_t hash) {
    hashes_[input] = hash_pair(hash, input);
    table_.prefetch(hashes_[input]);
  };
  std::array<std::uint64_t, 21> own{};  // by order
  own[0] = stream.key;
  for (std::size_t order = 1; order < own.size(); ++order) {
    own[order] = hash_pair(own[order - 1], last[order]);
  }
  set(own0, own[0]);
  set(own1, own[1]);
  set(own2, own[2]);
  set(own3, own[3]);
  set(own4, own[4]);
  set(own6, own[6]);
  set(own8, own[8]);
  set(own12, own[12]);
  set(own20, own[20]);
  set(own1_3, hash_pair(own[1], last[3]));
  std::array<std::uint64_t, 4> shuffled = {last[1], last[2], last[3], last[4]};
  std::ranges::sort(shuffled);
  set(own_shuffled4,
      hash_pair(hash_pair(hash_pair(hash_pair(stream.key, shuffled[0]), shuffled[1]), shuffled[2]),
                shuffled[3]));

  const std::uint64_t pair = hash_pair(last[1], last[2]);
  set(all0, 0);
  set(all1, last[1]);
  set(all2, pair);
  set(all3, hash_pair(pair, last[3]));

  const std::uint64_t line = hash_pair(last[1], argument);
  const std::uint64_t lines = hash_pair(line, hash_pair(last[2], argument2));
  set(own_arguments, hash_pair(stream.key, line));
  set(own_arguments2, hash_pair(stream.key, lines));
  set(own_argument_alone, hash_pair(stream.key, argument));
  set(all_arguments, line);
  set(all_arguments2, lines);
  active_[own_arguments] = active_[all_arguments] = active_[own_argument_alone] = argument != 0;
  active_[own_arguments2] = active_[all_arguments2] = argument != 0 || argument2 != 0;

  set(user1, hash_pair(stream.user, last[1]));
  set(user2, hash_pair(stream.user, pair));
  set(host1, hash_pair(stream.host, last[1]));
  set(host2, hash_pair(stream.host, pair));

  active_[host1] = active_[host2] = streams_.host_has_others(stream);
  active_[own_again] = false;

  // While a user is on one host only, the user's contexts say what the stream's do: they are
  // learned for the day on which the user is seen on another one.
  std::array<bool, kContexts> asked = active_;
  asked[user1] = asked[user2] = streams_.user_is_elsewhere(stream);
  for (std::size_t i = 0; i < kContexts; ++i) {
    nodes_[i] = asked[i] ? table_.find(hashes_[i]) : nullptr;
  }
  // What came after a few commands is seen before what came after many is worth remembering.
  if (nodes_[own4] == nullptr)
    for (const Input longer : {own6, own8, own12, own20}) active_[longer] = false;
  // What followed the newest command the last two times is itself a context: things alternate.
  active_[own_again] = nodes_[own1] != nullptr;
  if (!active_[own_again]) return;
  std::uint64_t latest = 0;
  std::uint64_t before = 0;
  for (std::size_t slot = 0; slot < nodes_[own1]->used; ++slot) {
    const Successor successor = nodes_[own1]->successor(slot);
    if ((successor.history & 1) != 0) latest = successor.command + 1ULL;
    if ((successor.history & 2) != 0) before = successor.command + 1ULL;
  }
  set(own_again, hash_pair(hash_pair(own[1], latest), before));
  nodes_[own_again] = table_.find(hashes_[own_again]);
}

/// What the contexts name, and what each of them says of it.
void SequenceModel::weigh_contexts() {
  candidate_count_ = 0;
  for (std::size_t i = 0; i < kContexts; ++i) {
    evidence_[i].fill(0);
    standings_[i].count = 0;
    if (nodes_[i] == nullptr) continue;
    const SuccessorNode& node = *nodes_[i];
    const std::size_t absent = absent_standing(node);
    const float origin = rates_[i].log_odds(absent);
    Standings& standings = standings_[i];
    standings.absent = static_cast<std::uint16_t>(absent);
    for (std::size_t slot = 0; slot < node.used; ++slot) {
      const Successor successor = node.successor(slot);
      const std::size_t number = candidate_of(successor.command);
      if (number == kCandidates) continue;
      const std::size_t standing = standing_of(successor);
      standings.add(number, standing);
      evidence_[i][number] = rates_[i].log_odds(standing) - origin;
    }
  }
}

/// Its number, a new one where it was none; kCandidates where it is forgotten or there are enough.
std::size_t SequenceModel::candidate_of(CommandId command) {
  const std::size_t place = CommandVocabulary::place_of(command);
  if (place < noted_.size() && noted_[place].look == look_) {
    const std::size_t number = noted_[place].number;
    return candidates_[number].command == command ? number : kCandidates;
  }
  if (candidate_count_ == kCandidates || !vocabulary_.knows(command)) return kCandidates;
  if (place >= noted_.size()) noted_.resize(std::max(place + 1, noted_.size() * 2));
  noted_[place] = {look_, static_cast<std::uint32_t>(candidate_count_)};
  Candidate& candidate = candidates_[candidate_count_];
  candidate.command = command;
  const std::array<std::uint64_t, kCorrections> contexts = {hashes_[own1], hashes_[own2]};
  for (std::size_t k = 0; k < kCorrections; ++k) {
    const std::uint64_t hash = hash_pair(contexts[k], command);
    candidate.corrections[k] = static_cast<std::uint32_t>(hash >> (64 - kCorrectionBits));
    __builtin_prefetch(&corrections_[candidate.corrections[k]]);
  }
  return candidate_count_++;
}

/// Its number among the candidates; kCandidates where it is none.
std::size_t SequenceModel::number_of(CommandId command) const {
  const std::size_t place = CommandVocabulary::place_of(command);
  if (place >= noted_.size() || noted_[place].look != look_) return kCandidates;
  const std::size_t number = noted_[place].number;
  return candidates_[number].command == command ? number : kCandidates;
}

void SequenceModel::weigh_recency(const CommandStream& stream) {
  std::array<std::uint8_t, kCandidates> ago{};
  std::array<std::uint8_t, kCandidates> times{};
  for (std::size_t back = stream.remembered(); back > 0; --back) {
    const std::size_t number = number_of(stream.command(back));
    if (number == kCandidates) continue;
    ago[number] = static_cast<std::uint8_t>(back);
    ++times[number];
  }
  evidence_[recency].fill(0);
  standings_[recency].count = 0;
  for (std::size_t c = 0; c < candidate_count_; ++c) {
    const std::size_t standing = recency_standing(ago[c], times[c]);
    standings_[recency].add(c, standing);
    evidence_[recency][c] = rates_[recency].log_odds(standing) - kRecencyOrigin;
  }
}

/// What was guessed wrongly after the same one or two commands is taken off, what was missed is put
/// on.
void SequenceModel::correct() {
  bias_.fill(0);
  for (std::size_t c = 0; c < candidate_count_; ++c) {
    for (const std::uint32_t at : candidates_[c].corrections) bias_[c] += corrections_[at];
  }
}

void SequenceModel::choose_circumstances(const CommandStream& stream) {
  static constexpr std::array kOrders = {own1, own2, own3, own4, own6, own8, own12, own20};
  static_assert(kOrders.size() == kOwnOrders);
  std::size_t longest = 0;
  while (longest < kOwnOrders && nodes_[kOrders[longest]] != nullptr) ++longest;
  std::size_t certainty = 0;
  if (const auto* node = nodes_[own3]) {
    certainty = node->used > 1 ? 1 : node->visits <= 2 ? 2 : 3;
  }
  std::size_t habit = 0;
  if (const auto* node = nodes_[own2]) {
    habit =
        1 + std::min<std::size_t>(visit_class(node->visits) - 1, 4) * kShares + best_share(*node);
  }
  const std::size_t last =
      stream.length == 0 ? 0 : (CommandVocabulary::place_of(stream.command(1)) + 1) % kLastCommands;
  circumstances_ = {longest, certainty, stream.hits % kHitPatterns, habit, last};
  novelty_standing_ = longest * 4 + stream.hits % 4;
}

void SequenceModel::rank() {
  std::array<std::uint8_t, kCandidates> order{};
  for (std::size_t c = 0; c < kCandidates; ++c) order[c] = static_cast<std::uint8_t>(c);
  guess_count_ = std::min(kGuesses, candidate_count_);
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(candidate_count_);
  const auto wanted = order.begin() + static_cast<std::ptrdiff_t>(guess_count_);
  std::partial_sort(order.begin(), wanted, end, [this](std::uint8_t a, std::uint8_t b) {
    return likelihoods_[a] != likelihoods_[b] ? likelihoods_[a] > likelihoods_[b] : a < b;
  });
  const double known = 1 - novelty_.rate(novelty_standing_);
  for (std::size_t i = 0; i < guess_count_; ++i) {
    guesses_[i] = {vocabulary_.text(candidates_[order[i]].command), known * likelihoods_[order[i]]};
  }
}

Surprise SequenceModel::learn(std::string_view host, std::string_view user,
                              std::string_view command, std::string_view arguments) {
  CommandStream& stream = streams_.use(host, user);
  if (looked_at_ != stream.key) look_ahead(stream);
  const CommandId id = vocabulary_.use(command);
  std::size_t came = kCandidates;
  std::size_t first = 0;
  for (std::size_t c = 0; c < candidate_count_; ++c) {
    if (candidates_[c].command == id) came = c;
    if (likelihoods_[c] > likelihoods_[first]) first = c;
  }
  Surprise surprise;
  surprise.is_new = came == kCandidates;
  surprise.expected = !surprise.is_new && came == first;
  surprise.bits = -std::log2(likelihood_of(came, id));

  learn_weights(came);
  learn_contexts(id);
  novelty_.learn(novelty_standing_, 1, surprise.is_new ? 1 : 0);
  stream.hits = stream.hits << 1 | (surprise.expected ? 1 : 0);
  stream.add(id, arguments.empty() ? 0 : hash_text(arguments));
  looked_at_ = 0;
  return surprise;
}

double SequenceModel::likelihood_of(std::size_t candidate, CommandId command) const {
  const double novelty = novelty_.rate(novelty_standing_);
  if (candidate < kCandidates) {
    return std::max((1 - novelty) * likelihoods_[candidate], 1e-9);
  }
  // By how usual it is at all, where one never seen counts as half a use.
  const double uses = static_cast<double>(vocabulary_.uses(command)) - 0.5;
  const double all = static_cast<double>(vocabulary_.all_uses() + vocabulary_.size());
  return std::max(novelty * uses / all, 1e-9);
}

void SequenceModel::learn_weights(std::size_t came) {
  if (came < kCandidates) {
    mixer_.learn(evidence_, came, likelihoods_);
    for (std::size_t c = 0; c < candidate_count_; ++c) {
      const float step = kCorrectionRate * ((c == came ? 1.0F : 0.0F) - likelihoods_[c]);
      for (const std::uint32_t at : candidates_[c].corrections) corrections_[at] += step;
    }
  }
  for (std::size_t i = 0; i < kInputs; ++i) {
    if (i < kContexts && nodes_[i] == nullptr) continue;
    const Standings& standings = standings_[i];
    bool is_known = false;
    for (std::size_t k = 0; k < standings.count; ++k) {
      const auto [candidate, standing] = standings.known[k];
      rates_[i].learn(standing, 1, candidate == came ? 1 : 0);
      is_known |= candidate == came;
    }
    const std::size_t absent = candidate_count_ - standings.count;
    if (absent > 0 && came < kCandidates) {
      rates_[i].learn(standings.absent, absent, is_known ? 0 : 1);
    }
  }
}

void SequenceModel::learn_contexts(CommandId command) {
  for (std::size_t i = 0; i < kContexts; ++i) {
    if (active_[i] && nodes_[i] == nullptr) table_.prefetch_new(hashes_[i]);
  }
  for (std::size_t i = 0; i < kContexts; ++i) {
    if (!active_[i]) continue;
    table_.learn(hashes_[i], command, i == own0 || i == all0 ? kOverallMemory : kContextMemory);
  }
}

}  // namespace foreshock::coordinator
