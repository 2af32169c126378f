#include "common/http/route_table.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace foreshock {

TEST(RouteTable, answers_with_the_first_route_that_fits) {
  RouteTable routes;
  routes.add("GET", "/v1/hosts/all", [](const HttpRequest&) {
    return HttpResponse{200, "all", ""};
  });
  routes.add("GET", "/v1/hosts/:name", [](const HttpRequest& request) {
    return HttpResponse{200, request.path_parameters.at("name") + request.body, ""};
  });
  EXPECT_EQ(routes.answer("GET", "/v1/hosts/all", "").body, "all");
  EXPECT_EQ(routes.answer("GET", "/v1/hosts/a%2Fb", "!").body, "a/b!");
  EXPECT_EQ(routes.answer("HEAD", "/v1/hosts/c", "").body, "c");
  EXPECT_EQ(routes.answer("GET", "/v1/hosts", "").status, 404);
  EXPECT_EQ(routes.answer("POST", "/v1/hosts/c", "").status, 405);
  EXPECT_EQ(routes.answer("GET", "/v1/%zz", "").status, 400);
}

TEST(RouteTable, what_a_handler_throws_is_a_500) {
  RouteTable routes;
  routes.add("GET", "/",
             [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("broken \xff"); });
  const auto response = routes.answer("GET", "/", "");
  EXPECT_EQ(response.status, 500);
  EXPECT_NE(response.body.find("\"internal\""), std::string::npos);
}

}  // namespace foreshock
