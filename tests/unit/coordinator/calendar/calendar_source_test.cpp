#include "coordinator/calendar/calendar_source.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {

namespace {

std::vector<CalendarSource> sources_of(const std::string& toml, std::string& error) {
  auto document = TomlDocument::parse(toml, "c.toml");
  TomlTable root = document->root();
  auto sources = read_calendar_sources(root);
  const auto finished = document->finish();
  error = finished ? "" : finished.error().message();
  return sources;
}

}  // namespace

TEST(CalendarSource, reads_sources_as_configured) {
  std::string error;
  const auto sources = sources_of(
      "[[calendar]]\nname = \"a\"\nfile = \"/x.ics\"\n"
      "[[calendar]]\nname = \"b\"\nkind = \"holidays\"\ncountry = \"DE\"\n",
      error);
  EXPECT_EQ(error, "");
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[1].country, "DE");
  sources_of("[[calendar]]\nname = \"a\"\nkind = \"feed\"\n", error);
  EXPECT_NE(error.find("needs a file or a url"), std::string::npos) << error;
  sources_of("[[calendar]]\nname = \"a\"\nkind = \"holidays\"\ncountry = \"XX\"\n", error);
  EXPECT_NE(error.find("known are AT"), std::string::npos) << error;
  sources_of("[[calendar]]\nname = \"a\"\nurl = \"ftp://x\"\n", error);
  EXPECT_NE(error.find("must begin with https://"), std::string::npos) << error;
}

}  // namespace foreshock::coordinator
