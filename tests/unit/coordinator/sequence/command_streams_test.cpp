#include "coordinator/sequence/command_streams.h"

#include <string>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

TEST(CommandStream, remembers_the_newest_commands) {
  CommandStream stream;
  for (CommandId command = 0; command < 100; ++command) stream.add(command, command + 1000);
  EXPECT_EQ(stream.remembered(), CommandStream::kLength);
  EXPECT_EQ(stream.command(1), 99U);
  EXPECT_EQ(stream.command(CommandStream::kLength), 60U);
  EXPECT_EQ(stream.arguments[0], 1099U);
  EXPECT_EQ(stream.arguments[1], 1098U);
}

TEST(CommandStreams, knows_who_is_elsewhere_and_who_shares_a_host) {
  CommandStreams streams(100);
  const auto alone = [&](const char* host, const char* user) {
    const auto* stream = streams.find(host, user);
    return !streams.user_is_elsewhere(*stream) && !streams.host_has_others(*stream);
  };
  streams.use("web1", "root");
  EXPECT_TRUE(alone("web1", "root"));
  streams.use("web2", "root");
  streams.use("web2", "ann");
  EXPECT_TRUE(streams.user_is_elsewhere(*streams.find("web1", "root")));
  EXPECT_FALSE(streams.host_has_others(*streams.find("web1", "root")));
  EXPECT_FALSE(streams.user_is_elsewhere(*streams.find("web2", "ann")));
  EXPECT_TRUE(streams.host_has_others(*streams.find("web2", "ann")));
}

TEST(CommandStreams, forgets_those_not_used_for_longest) {
  CommandStreams streams(10);
  for (int user = 0; user < 10; ++user) streams.use("web1", std::to_string(user));
  streams.use("web1", "0");
  streams.use("web1", "new");
  EXPECT_EQ(streams.size(), 6U);
  EXPECT_NE(streams.find("web1", "0"), nullptr);
  EXPECT_EQ(streams.find("web1", "1"), nullptr);
  EXPECT_NE(streams.find("web1", "9"), nullptr);
}

}  // namespace
}  // namespace foreshock::coordinator
