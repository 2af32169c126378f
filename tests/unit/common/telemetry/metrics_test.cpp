#include "common/telemetry/metrics.h"

#include <limits>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace foreshock {

TEST(MetricRegistry, renders_help_and_type_once_a_name_and_keeps_its_lines_together) {
  MetricRegistry registry;
  registry.counter("lost_total", "Records lost.", make_label("hop", "spool")).add(3);
  registry.counter("sent_total", "Batches sent.").add();
  registry.counter("lost_total", "Records lost.", make_label("hop", "decode"));
  registry.gauge("alive", "Processes alive.").set(2.5);
  EXPECT_EQ(registry.render(),
            "# HELP lost_total Records lost.\n"
            "# TYPE lost_total counter\n"
            "lost_total{hop=\"spool\"} 3\n"
            "lost_total{hop=\"decode\"} 0\n"
            "# HELP sent_total Batches sent.\n"
            "# TYPE sent_total counter\n"
            "sent_total 1\n"
            "# HELP alive Processes alive.\n"
            "# TYPE alive gauge\n"
            "alive 2.5\n");
}

TEST(MetricRegistry, gives_the_same_metric_for_the_same_name_and_labels) {
  MetricRegistry registry;
  auto& first = registry.counter("a_total", "A.", "x=\"1\"");
  EXPECT_NE(&first, &registry.counter("a_total", "A.", "x=\"2\""));
  for (int i = 0; i < 1000; ++i)
    registry.counter("b_total", "B.", make_label("i", std::to_string(i)));
  EXPECT_EQ(&first, &registry.counter("a_total", "A.", "x=\"1\""));
  EXPECT_EQ(&registry.gauge("g", "G."), &registry.gauge("g", "G."));
}

TEST(MetricRegistry, escapes_help_and_label_values) {
  EXPECT_EQ(make_label("path", "a\"b\\c\nd"), "path=\"a\\\"b\\\\c\\nd\"");
  MetricRegistry registry;
  registry.gauge("g", "a \"quote\", a \\ and a\nline");
  EXPECT_EQ(registry.render().substr(0, 37), "# HELP g a \"quote\", a \\\\ and a\\nline\n");
}

TEST(MetricRegistry, spells_values_that_are_no_numbers_as_the_format_wants_them) {
  MetricRegistry registry;
  registry.gauge("a", "A.").set(std::numeric_limits<double>::quiet_NaN());
  registry.gauge("b", "B.").set(std::numeric_limits<double>::infinity());
  registry.gauge("c", "C.").set(-std::numeric_limits<double>::infinity());
  const auto text = registry.render();
  EXPECT_NE(text.find("\na NaN\n"), std::string::npos);
  EXPECT_NE(text.find("\nb +Inf\n"), std::string::npos);
  EXPECT_NE(text.find("\nc -Inf\n"), std::string::npos);
}

TEST(MetricRegistry, counts_from_several_threads) {
  MetricRegistry registry;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) registry.counter("n_total", "N.").add();
      });
    }
  }
  EXPECT_EQ(registry.counter("n_total", "N.").value(), 4000u);
}

}  // namespace foreshock
