#include "coordinator/demand/demand_model.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "coordinator/demand/demand_backtest.h"

namespace foreshock::coordinator {
namespace {

/// gzip takes longer for larger files and higher levels.
std::vector<DemandRecord> archive_runs(std::size_t count) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> size(10, 24);
  std::normal_distribution<double> noise(0, 0.1);
  std::vector<DemandRecord> records;
  for (std::size_t i = 0; i < count; ++i) {
    DemandRecord record;
    const double bits = size(random);
    const auto level = 1 + random() % 9;
    auto& question = record.question;
    question.time = WallTime(std::chrono::seconds(i));
    question.argv = {"gzip", "-" + std::to_string(level), "x.dat"};
    question.signature = "gzip -<n> x.dat";
    question.input_files = 1;
    question.input_bytes = question.largest_input_bytes =
        static_cast<std::uint64_t>(std::exp2(bits));
    const double cpu =
        std::exp2(bits) * 1e-8 * static_cast<double>(level) * std::exp(noise(random));
    record.used = {cpu, 2e6, cpu * 1.1, std::exp2(bits)};
    records.push_back(record);
  }
  return records;
}

TEST(DemandModel, sizes_of_inputs_and_levels_beat_the_history_of_the_signature) {
  const auto scores = backtest_demand(archive_runs(400), {}, nullptr);
  const auto& cpu = scores[0];
  EXPECT_LT(cpu.model_pinball, 0.5 * cpu.history_pinball);
  EXPECT_NEAR(cpu.coverage90, 0.9, 0.05);
}

TEST(DemandModel, says_what_its_prediction_comes_from) {
  const auto model = DemandModel::fit(archive_runs(300), {});
  auto question = archive_runs(1).front().question;
  question.input_bytes = question.largest_input_bytes = std::uint64_t{1} << 23;
  const auto prediction = model.predict(question, DemandTarget::cpu_s);
  EXPECT_EQ(prediction.model, "forest");
  ASSERT_FALSE(prediction.reasons.empty());
  EXPECT_NE(prediction.reasons[0].feature.find("input"), std::string::npos);
  EXPECT_GT(prediction.reasons[0].factor, 1);
}

TEST(DemandModel, a_new_signature_is_predicted_by_its_program_and_a_new_program_by_all) {
  const auto model = DemandModel::fit(archive_runs(20), {});
  DemandQuestion question;
  question.argv = {"gzip", "-d", "y.gz"};
  question.signature = "gzip -d y.gz";
  EXPECT_EQ(model.predict(question, DemandTarget::cpu_s).model, "program history");
  question.signature = "make";
  EXPECT_EQ(model.predict(question, DemandTarget::cpu_s).model, "all commands");
}

TEST(DemandModel, without_records_it_says_nothing) {
  const auto model = DemandModel::fit({}, {});
  EXPECT_EQ(model.predict({}, DemandTarget::cpu_s).support, 0u);
}

/// Programs whose need follows from what their binary is like: here, from the size of its code.
std::vector<DemandRecord> runs_of_programs(std::size_t programs, std::size_t runs) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> noise(0, 0.1);
  std::vector<DemandRecord> records;
  for (std::size_t run = 0; run < runs; ++run) {
    for (std::size_t i = 0; i < programs; ++i) {
      DemandRecord record;
      auto& question = record.question;
      question.time = WallTime(std::chrono::seconds(records.size()));
      question.signature = "tool" + std::to_string(i);
      question.argv = {question.signature};
      question.binary.emplace();
      question.binary->text = {std::uint64_t{1000} << (i % 12)};
      const double cpu = static_cast<double>(question.binary->text.count) * 1e-4;
      record.used = {cpu * std::exp(noise(random)), 2e6, cpu, 100};
      records.push_back(record);
    }
  }
  return records;
}

TEST(DemandModel, a_program_that_never_ran_is_predicted_by_what_its_binary_is_like) {
  const auto model = DemandModel::fit(runs_of_programs(24, 20), {});
  DemandQuestion question;
  question.signature = "unheard-of";
  question.argv = {question.signature};
  for (const std::uint64_t text : {2000, 1'000'000}) {
    question.binary.emplace().text = {text};
    const auto prediction = model.predict(question, DemandTarget::cpu_s);
    EXPECT_EQ(prediction.model, "forest of all programs");
    EXPECT_NEAR(std::log2(prediction.quantiles[3] / (static_cast<double>(text) * 1e-4)), 0, 1);
    ASSERT_FALSE(prediction.reasons.empty());
    EXPECT_EQ(prediction.reasons[0].feature, "code size");
  }
}

TEST(DemandModel, of_few_programs_it_does_not_guess_what_an_unknown_one_needs) {
  const auto model = DemandModel::fit(runs_of_programs(4, 20), {});
  DemandQuestion question;
  question.signature = "unheard-of";
  question.argv = {question.signature};
  EXPECT_EQ(model.predict(question, DemandTarget::cpu_s).model, "all commands");
}

}  // namespace
}  // namespace foreshock::coordinator
