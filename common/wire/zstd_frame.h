#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace foreshock {

/// `bytes` as one zstd frame that says its size. Any thread; each keeps a context of its own.
ByteBuffer compress(ByteView bytes);

/// The contents of one frame. `corrupt` when it is damaged, does not say its size, is followed by
/// anything, or claims more than `limit` bytes: then nothing of that size is allocated.
Result<ByteBuffer> decompress(ByteView frame, std::size_t limit);

}  // namespace foreshock
