#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/model/message.h"
#include "common/model/report.h"

namespace foreshock {

/// Bounds of what is accepted from the network or the disk.
inline constexpr std::size_t kMaxReportBytes = std::size_t{32} << 20;   ///< decompressed
inline constexpr std::size_t kMaxMessageBytes = std::size_t{16} << 20;  ///< on the wire

/// A report as a zstd frame of a FlatBuffers Report.
ByteBuffer encode_report(const Report& report);

/// Verifies before it reads. Anything that is not a sound report is `corrupt`, with what is wrong.
Result<Report> decode_report(ByteView payload);

ByteBuffer encode_message(const AgentMessage& message);
ByteBuffer encode_message(const CoordinatorMessage& message);

/// `corrupt` for damaged bytes, `unsupported` for a body this version does not know.
Result<AgentMessage> decode_agent_message(ByteView bytes);
Result<CoordinatorMessage> decode_coordinator_message(ByteView bytes);

}  // namespace foreshock
