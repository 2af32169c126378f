#include "common/wire/zstd_frame.h"

#include <cstddef>
#include <memory>

#include <fmt/format.h>
#include <zstd.h>

namespace foreshock {

namespace {

/// Below the regular levels: a third less processor time on every host than level 1, for an eighth
/// more bytes. Reports repeat themselves a lot.
constexpr int kLevel = -1;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Error corrupt(std::string_view cause) {
  return {ErrorCode::corrupt, fmt::format("decompress: {}", cause)};
}

}  // namespace

ByteBuffer compress(ByteView bytes) {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  FS_ASSERT(context != nullptr);
  // Room for the worst case, not filled with zeros: only what the frame takes is ever touched.
  const std::size_t bound = ZSTD_compressBound(bytes.size());
  const auto room = std::make_unique_for_overwrite<std::byte[]>(bound);
  const std::size_t size =
      ZSTD_compressCCtx(context.get(), room.get(), bound, bytes.data(), bytes.size(), kLevel);
  FS_ASSERT(!ZSTD_isError(size));
  return {room.get(), room.get() + size};
}

Result<ByteBuffer> decompress(ByteView frame, std::size_t limit) {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  FS_ASSERT(context != nullptr);
  const unsigned long long claimed = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (claimed == ZSTD_CONTENTSIZE_ERROR) return corrupt("not a zstd frame");
  if (claimed == ZSTD_CONTENTSIZE_UNKNOWN) return corrupt("the frame does not say its size");
  if (claimed > limit) return corrupt(fmt::format("{} bytes, more than {}", claimed, limit));
  if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) {
    return corrupt("cut short or followed by other bytes");
  }
  ByteBuffer bytes(static_cast<std::size_t>(claimed));
  const std::size_t size =
      ZSTD_decompressDCtx(context.get(), bytes.data(), bytes.size(), frame.data(), frame.size());
  if (ZSTD_isError(size)) return corrupt(ZSTD_getErrorName(size));
  if (size != bytes.size()) return corrupt("shorter than it says");
  return bytes;
}

}  // namespace foreshock
