#include "coordinator/calendar/fetch.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {

TEST(FetchUrl, errors_name_the_url_without_its_password) {
  const auto text = fetch_url("http://me:secret@127.0.0.1:1/x.ics");
  ASSERT_FALSE(text);
  EXPECT_TRUE(text.error().message().starts_with("get http://127.0.0.1:1/x.ics: "))
      << text.error().message();
}

TEST(FetchUrl, takes_http_only) {
  EXPECT_FALSE(fetch_url("file:///etc/passwd"));
}

}  // namespace foreshock::coordinator
