#include "coordinator/ingest/agent_directory.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {
namespace {

std::string make_key() {
  return make_curve_key_pair()->public_key;
}

class AgentDirectoryTest : public testing::Test {
 protected:
  std::unique_ptr<AgentDirectory> open(std::size_t max_pending = 1000) {
    auto directory = AgentDirectory::open(path_, clock_, max_pending);
    EXPECT_TRUE(directory) << (directory ? "" : directory.error().message());
    return directory ? *std::move(directory) : nullptr;
  }
  std::string file_text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void write_file_text(const std::string& text) const { std::ofstream(path_) << text; }

  const test::TempDir temp_;
  const std::string path_ = temp_ / "agents.json";
  FakeClock clock_;
};

TEST_F(AgentDirectoryTest, an_unknown_key_is_noted_and_not_let_in) {
  const auto directory = open();
  const auto key = make_key();
  EXPECT_FALSE(directory->may_connect(key, "10.0.0.1"));
  EXPECT_FALSE(directory->is_approved(key));
  const auto first = clock_.wall_now();
  clock_.advance(std::chrono::seconds(5));
  EXPECT_FALSE(directory->may_connect(key, "10.0.0.2"));
  const auto rows = directory->list();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].public_key, key);
  EXPECT_EQ(rows[0].enrolment, Enrolment::pending);
  EXPECT_EQ(rows[0].address, "10.0.0.2");
  EXPECT_EQ(rows[0].first_seen, first);
  EXPECT_EQ(rows[0].last_seen, clock_.wall_now());
  EXPECT_FALSE(std::filesystem::exists(path_)) << "strangers cause no writes";
}

TEST_F(AgentDirectoryTest, approval_is_durable_and_so_is_revocation) {
  const auto key = make_key();
  {
    const auto directory = open();
    directory->may_connect(key, "10.0.0.1");
    const auto row = directory->approve(key);
    ASSERT_TRUE(row) << row.error().message();
    EXPECT_EQ(row->enrolment, Enrolment::approved);
    EXPECT_TRUE(directory->may_connect(key, "10.0.0.1"));
    directory->on_hello(key, "web-1", "connection");
  }
  {
    const auto directory = open();
    EXPECT_TRUE(directory->may_connect(key, "10.0.0.1"));
    EXPECT_EQ(directory->list()[0].host_name, "web-1");
    ASSERT_TRUE(directory->revoke("web-1"));
    EXPECT_FALSE(directory->is_approved(key));
  }
  const auto directory = open();
  EXPECT_FALSE(directory->may_connect(key, "10.0.0.1"));
  EXPECT_EQ(directory->list()[0].enrolment, Enrolment::revoked);
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(AgentDirectoryTest, a_key_that_never_knocked_can_be_approved) {
  const auto key = make_key();
  ASSERT_TRUE(open()->approve(key));
  EXPECT_TRUE(open()->may_connect(key, "10.0.0.1"));
}

TEST_F(AgentDirectoryTest, finds_by_prefix_when_it_is_long_enough_and_unique) {
  const auto directory = open();
  const auto key = make_key();
  directory->may_connect(key, "a");
  const auto too_short = directory->approve(key.substr(0, 5));
  ASSERT_FALSE(too_short);
  EXPECT_EQ(too_short.error().code(), ErrorCode::not_found);
  EXPECT_EQ(directory->approve("nobody").error().code(), ErrorCode::not_found);
  EXPECT_EQ(directory->approve("").error().code(), ErrorCode::not_found);
  EXPECT_TRUE(directory->approve(key.substr(0, 6)));

  // Keys that differ only at their end: Z85 of five characters a word, the last word changed.
  const auto base = make_key().substr(0, 35);
  directory->may_connect(base + "00000", "a");
  directory->may_connect(base + "00001", "b");
  const auto ambiguous = directory->approve(base);
  ASSERT_FALSE(ambiguous);
  EXPECT_EQ(ambiguous.error().code(), ErrorCode::conflict);
  EXPECT_TRUE(directory->approve(base + "00001"));
  EXPECT_FALSE(directory->is_approved(base + "00000"));
}

TEST_F(AgentDirectoryTest, two_hosts_of_one_name_must_be_told_apart_by_key) {
  const auto directory = open();
  for (int i = 0; i < 2; ++i) {
    const auto key = make_key();
    ASSERT_TRUE(directory->approve(key));
    directory->on_hello(key, "clone", "connection");
  }
  EXPECT_EQ(directory->revoke("clone").error().code(), ErrorCode::conflict);
}

TEST_F(AgentDirectoryTest, knocking_costs_no_memory_and_pushes_out_nobody_who_is_known) {
  const auto directory = open(10);
  const auto known = make_key();
  ASSERT_TRUE(directory->approve(known));
  std::string newest;
  for (int i = 0; i < 50; ++i) {
    clock_.advance(std::chrono::seconds(1));
    newest = make_key();
    directory->may_connect(newest, "10.0.0.1");
  }
  const auto rows = directory->list();
  EXPECT_EQ(rows.size(), 11U);
  EXPECT_TRUE(directory->is_approved(known));
  EXPECT_TRUE(std::ranges::any_of(rows, [&](const auto& row) { return row.public_key == newest; }));
}

TEST_F(AgentDirectoryTest, what_a_host_says_about_itself_is_made_printable) {
  const auto directory = open();
  const auto key = make_key();
  ASSERT_TRUE(directory->approve(key));
  directory->on_hello(key, "evil\x1b[2J\xff\n" + std::string(1000, 'x'), "connection");
  const auto name = directory->list()[0].host_name;
  EXPECT_TRUE(name.starts_with("evil?[2J??x")) << name;
  EXPECT_EQ(name.size(), 255U);
  EXPECT_EQ(open()->list()[0].host_name, name);
}

TEST_F(AgentDirectoryTest, a_decision_that_cannot_be_kept_is_not_made) {
  const auto directory = open();
  const auto key = make_key();
  directory->may_connect(key, "a");
  std::filesystem::create_directory(path_);  // nothing can be renamed onto it
  const auto approved = directory->approve(key);
  ASSERT_FALSE(approved);
  EXPECT_NE(approved.error().message().find(path_), std::string::npos)
      << approved.error().message();
  EXPECT_FALSE(directory->is_approved(key));
  EXPECT_FALSE(directory->approve(make_key()));
  EXPECT_EQ(directory->list().size(), 1U);
}

TEST_F(AgentDirectoryTest, refuses_a_file_that_makes_no_sense_and_leaves_it_alone) {
  ASSERT_TRUE(open()->approve(make_key()));
  const auto good = file_text();
  const auto with = [&](const std::string& from, const std::string& to) {
    auto text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  for (const auto& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"),
        std::string("{\"version\": 1}"), std::string("{\"version\": 1, \"agents\": 5}"),
        std::string("{\"version\": 1, \"agents\": [1]}"), good.substr(0, good.size() / 2),
        with("\"approved\"", "\"friend\""), with("\"approved\"", "7"),
        with("\"public_key\": \"", "\"public_key\": \"x"), with("first_seen_ms", "first"),
        std::string(100'000, '[')}) {
    write_file_text(text);
    const auto directory = AgentDirectory::open(path_, clock_);
    ASSERT_FALSE(directory) << text.substr(0, 200);
    EXPECT_EQ(directory.error().code(), ErrorCode::corrupt);
    EXPECT_NE(directory.error().message().find(path_), std::string::npos);
    EXPECT_EQ(file_text(), text);
  }
  write_file_text(with("\"version\": 1", "\"version\": 2"));
  EXPECT_EQ(AgentDirectory::open(path_, clock_).error().code(), ErrorCode::unsupported);
  write_file_text(with("\"first_seen_ms\": ", "\"first_seen_ms\": -9999999999999"));
  EXPECT_TRUE(AgentDirectory::open(path_, clock_))
      << "a strange time is no reason to lock everybody out";
  write_file_text(good);
  EXPECT_TRUE(AgentDirectory::open(path_, clock_));
}

TEST_F(AgentDirectoryTest, two_hosts_with_one_key_are_noticed) {
  const auto directory = open();
  const auto key = make_key();
  ASSERT_TRUE(directory->approve(key));
  directory->on_hello(key, "web-1", "first");
  directory->on_message(key, "first");
  clock_.advance(std::chrono::minutes(1));
  directory->on_hello(key, "web-2", "second");
  clock_.advance(std::chrono::seconds(30));
  directory->on_message(key, "second");
  EXPECT_EQ(directory->list().front().shared_by, "");
  directory->on_message(key, "first");
  EXPECT_EQ(directory->list().front().shared_by, "web-1, web-2");
  EXPECT_EQ(directory->take_newly_shared().size(), 1U);
  directory->on_message(key, "first");
  EXPECT_TRUE(directory->take_newly_shared().empty());
  clock_.advance(std::chrono::minutes(6));
  EXPECT_EQ(directory->list().front().shared_by, "");
}

TEST_F(AgentDirectoryTest, an_agent_that_connects_again_is_one_host) {
  const auto directory = open();
  const auto key = make_key();
  ASSERT_TRUE(directory->approve(key));
  directory->on_hello(key, "web-1", "first");
  directory->on_hello(key, "web-1", "second");
  clock_.advance(std::chrono::seconds(5));
  directory->on_message(key, "first");  // what it had sent before the connection broke
  clock_.advance(std::chrono::minutes(1));
  directory->on_message(key, "second");
  EXPECT_EQ(directory->list().front().shared_by, "");
}

}  // namespace
}  // namespace foreshock::coordinator
