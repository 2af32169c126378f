#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/model/message.h"
#include "common/model/report.h"

namespace foreshock {

/// Bounds of what is accepted from the network or the disk.
inline constexpr std::size_t kMaxReportBytes = std::size_t{32} << 20;   ///< decompressed
inline constexpr std::size_t kMaxMessageBytes = std::size_t{16} << 20;  ///< on the wire

/// A report as a zstd frame of a FlatBuffers Report. Does not look at the bounds.
ByteBuffer encode_report(const Report& report);

/// The same in as many payloads as keep each within the bounds (nearly always one): the executions
/// are shared out, everything else travels with the first. For the sending side: a payload over the
/// bounds would be refused each time it is sent again.
std::vector<ByteBuffer> encode_report_in_parts(Report report);

/// Verifies before it reads. Anything that is not a sound report is `corrupt`, with what is wrong.
Result<Report> decode_report(ByteView payload);

ByteBuffer encode_message(const AgentMessage& message);
ByteBuffer encode_message(const CoordinatorMessage& message);

/// `corrupt` for damaged bytes, `unsupported` for a body this version does not know.
Result<AgentMessage> decode_agent_message(ByteView bytes);
Result<CoordinatorMessage> decode_coordinator_message(ByteView bytes);

}  // namespace foreshock
