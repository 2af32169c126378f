#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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

/// The same for the sending side, which encodes each execution as soon as it is over: in the
/// processor's cache, and held in the bytes of the wire. A payload over the bounds would be refused
/// each time it is sent again, so there are as many as keep each within them: nearly always one.
class ReportWriter {
 public:
  ReportWriter();
  ~ReportWriter();

  void add(const Execution& execution);
  /// How many were added since the last report.
  std::size_t executions() const { return executions_; }
  /// Those executions with what else the report has (it brings none itself), which travels with the
  /// first payload. Begins the next report.
  std::vector<ByteBuffer> finish(Report report);

 private:
  struct Part;

  std::vector<std::unique_ptr<Part>> parts_;  // the first one's memory is kept for the next report
  std::size_t executions_ = 0;
};

/// Verifies before it reads. Anything that is not a sound report is `corrupt`, with what is wrong.
Result<Report> decode_report(ByteView payload);

ByteBuffer encode_message(const AgentMessage& message);
ByteBuffer encode_message(const CoordinatorMessage& message);

/// `corrupt` for damaged bytes, `unsupported` for a body this version does not know.
Result<AgentMessage> decode_agent_message(ByteView bytes);
Result<CoordinatorMessage> decode_coordinator_message(ByteView bytes);

}  // namespace foreshock
