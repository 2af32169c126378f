#include "common/wire/curve_keys.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "common/os/file.h"

namespace foreshock {

namespace {

constexpr std::size_t kKeyCharacters = 40;
constexpr std::size_t kKeyBytes = 32;
using KeyText = std::array<char, kKeyCharacters + 1>;  // libzmq writes the NUL as well

Error without_curve(std::string_view operation) {
  return {ErrorCode::unsupported,
          fmt::format("{}: this libzmq was built without CURVE", operation)};
}

std::string first_line(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

Result<void> check_private(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return error_from_errno("key file " + path);
  if (!S_ISREG(status.st_mode))
    return Error(ErrorCode::invalid_argument, fmt::format("key file {}: not a regular file", path));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error(
        ErrorCode::permission_denied,
        fmt::format(
            "key file {}: mode {:04o} lets others use the secret key; make it 0600 (chmod 600 {})",
            path, status.st_mode & 07777, path));
  }
  return {};
}

/// Whole or not at all: written beside its place, then linked into it, which refuses to replace.
Result<void> write_new_file(const std::string& path, const std::string& text) {
  const std::string temporary = fmt::format("{}.{}.new", path, ::getpid());
  FS_CHECK(replace_file(temporary, as_bytes(text), 0600));
  const int linked = ::link(temporary.c_str(), path.c_str());
  const int cause = errno;
  ::unlink(temporary.c_str());
  if (linked != 0) {
    if (cause == EEXIST)
      return Error(ErrorCode::conflict, fmt::format("key file {} exists and is kept", path));
    return error_from_errno("make key file " + path, cause);
  }
  return sync_directory(std::filesystem::path(path).parent_path().string());
}

}  // namespace

Result<CurveKeyPair> make_curve_key_pair() {
  KeyText public_key{};
  KeyText secret_key{};
  if (::zmq_curve_keypair(public_key.data(), secret_key.data()) != 0)
    return without_curve("make key pair");
  return CurveKeyPair{.public_key = public_key.data(), .secret_key = secret_key.data()};
}

Result<std::string> public_key_of(const std::string& secret_key) {
  if (!is_curve_key(secret_key)) {
    return Error(ErrorCode::invalid_argument, "secret key: not a CURVE key (40 characters of Z85)");
  }
  KeyText public_key{};
  if (::zmq_curve_public(public_key.data(), secret_key.c_str()) != 0)
    return without_curve("public key");
  return std::string(public_key.data());
}

bool is_curve_key(const std::string& text) {
  constexpr std::string_view kSymbols =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  if (text.size() != kKeyCharacters) return false;
  if (!std::ranges::all_of(text,
                           [&](char c) { return kSymbols.find(c) != std::string_view::npos; }))
    return false;
  // Five symbols can say more than four bytes hold.
  std::array<std::uint8_t, kKeyBytes> bytes{};
  return ::zmq_z85_decode(bytes.data(), text.c_str()) != nullptr;
}

Result<CurveKeyPair> read_key_file(const std::string& path) {
  FS_TRY(const UniqueFd fd, open_at(AT_FDCWD, path, O_RDONLY));
  FS_CHECK(check_private(fd.get(), path));
  auto text = read_from_start(fd.get(), 4096);
  if (!text) return text.error().in("key file " + path);
  std::string secret_key = first_line(*text);
  auto public_key = public_key_of(secret_key);
  if (!public_key) return public_key.error().in("key file " + path);
  return CurveKeyPair{.public_key = *std::move(public_key), .secret_key = std::move(secret_key)};
}

Result<CurveKeyPair> create_key_file(const std::string& path) {
  FS_TRY(CurveKeyPair keys, make_curve_key_pair());
  FS_CHECK(write_new_file(path, keys.secret_key + "\n"));
  return keys;
}

}  // namespace foreshock
