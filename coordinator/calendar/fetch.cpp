#include "coordinator/calendar/fetch.h"

#include <array>
#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>

#include "common/os/shared_library.h"

namespace foreshock::coordinator {

namespace {

/// What is called of libcurl. It brings two dozen other libraries with it, which took a third of
/// the time that each command of the command line needs to start.
struct Curl {
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_perform) easy_perform = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
};

Result<Curl> load_curl() {
  FS_TRY(const auto library, SharedLibrary::load("libcurl.so.4"));
  Curl curl;
  FS_CHECK(library.find("curl_global_init", curl.global_init));
  FS_CHECK(library.find("curl_easy_init", curl.easy_init));
  FS_CHECK(library.find("curl_easy_cleanup", curl.easy_cleanup));
  FS_CHECK(library.find("curl_easy_setopt", curl.easy_setopt));
  FS_CHECK(library.find("curl_easy_perform", curl.easy_perform));
  FS_CHECK(library.find("curl_easy_getinfo", curl.easy_getinfo));
  FS_CHECK(library.find("curl_easy_strerror", curl.easy_strerror));
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    return Error(ErrorCode::unavailable, "libcurl does not start");
  return curl;
}

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
  static const Result<Curl> loaded = load_curl();
  if (!loaded) return failed(url, loaded.error().message());
  const Curl& curl = *loaded;
  const std::unique_ptr<CURL, decltype(curl.easy_cleanup)> handle(curl.easy_init(),
                                                                  curl.easy_cleanup);
  if (handle == nullptr) return failed(url, "libcurl does not start");
  Body body{"", limits.bytes};
  std::array<char, CURL_ERROR_SIZE> cause{};
  const auto set = [&](CURLoption option, auto value) {
    curl.easy_setopt(handle.get(), option, value);
  };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 3L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT, static_cast<long>(limits.time.count()));
  set(CURLOPT_ACCEPT_ENCODING, "");
  set(CURLOPT_USERAGENT, "foreshock-coordinator/" FORESHOCK_VERSION);
  set(CURLOPT_ERRORBUFFER, cause.data());
  set(CURLOPT_WRITEFUNCTION, &take_in);
  set(CURLOPT_WRITEDATA, &body);
  const CURLcode done = curl.easy_perform(handle.get());
  if (done == CURLE_WRITE_ERROR)
    return failed(url, fmt::format("more than {} bytes", limits.bytes));
  if (done != CURLE_OK)
    return failed(url, cause[0] != '\0' ? cause.data() : curl.easy_strerror(done));
  long status = 0;
  curl.easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return failed(url, fmt::format("status {}", status));
  return std::move(body.text);
}

}  // namespace foreshock::coordinator
