#include "coordinator/calendar/fetch.h"

#include <array>
#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>

namespace foreshock::coordinator {

namespace {

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

struct Body {
  std::string text;
  std::size_t limit = 0;
};

std::size_t take_in(const char* bytes, std::size_t size, std::size_t count, void* body_pointer) {
  auto& body = *static_cast<Body*>(body_pointer);
  const std::size_t more = size * count;
  if (body.text.size() + more > body.limit) return 0;
  body.text.append(bytes, more);
  return more;
}

/// https://user:secret@host/ → https://host/
std::string without_credentials(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const auto host = scheme + 3;
  const auto path = std::min(url.find('/', host), url.size());
  const auto at = url.rfind('@', path);
  return at == std::string::npos || at < host ? url : url.substr(0, host) + url.substr(at + 1);
}

Error failed(const std::string& url, const std::string& cause) {
  return {ErrorCode::unavailable, fmt::format("get {}: {}", without_credentials(url), cause)};
}

}  // namespace

Result<std::string> fetch_url(const std::string& url, const FetchLimits& limits) {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  const Handle handle(curl_easy_init(), &curl_easy_cleanup);
  if (kReady != CURLE_OK || handle == nullptr) return failed(url, "libcurl does not start");
  Body body{"", limits.bytes};
  std::array<char, CURL_ERROR_SIZE> cause{};
  CURL* curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 3L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(limits.time.count()));
  curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "foreshock-coordinator/" FORESHOCK_VERSION);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, cause.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take_in);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  const CURLcode done = curl_easy_perform(curl);
  if (done == CURLE_WRITE_ERROR)
    return failed(url, fmt::format("more than {} bytes", limits.bytes));
  if (done != CURLE_OK)
    return failed(url, cause[0] != '\0' ? cause.data() : curl_easy_strerror(done));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return failed(url, fmt::format("status {}", status));
  return std::move(body.text);
}

}  // namespace foreshock::coordinator
