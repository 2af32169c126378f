#include "agent/capture/task_decoder.h"

#include <cstring>

#include <gtest/gtest.h>

#include "agent/bpf/events.h"

namespace foreshock::agent {
namespace {

using std::chrono::nanoseconds;

void append(ByteBuffer& bytes, const void* record, std::size_t size) {
  const auto* const begin = static_cast<const std::byte*>(record);
  bytes.insert(bytes.end(), begin, begin + size);
}

void add_process(ByteBuffer& bytes, std::uint32_t tgid, std::uint64_t cpu_ns) {
  fs_process_use look{};
  look.use.kind = FS_TASK_PROCESS;
  look.use.tgid = tgid;
  look.use.cpu_ns = cpu_ns;
  look.process.tgid = tgid;
  look.process.start_boot_ns = 1'000'000'000;
  look.process.comm[0] = 'x';
  look.resident_bytes = 4096;
  look.threads = 1;
  append(bytes, &look, sizeof look);
}

void add_thread(ByteBuffer& bytes, std::uint32_t tgid, std::uint64_t cpu_ns) {
  fs_task_use use{};
  use.kind = FS_TASK_THREAD;
  use.tgid = tgid;
  use.cpu_ns = cpu_ns;
  use.written_bytes = 10;
  append(bytes, &use, sizeof use);
}

TEST(TaskDecoder, adds_the_threads_of_a_process_up) {
  ByteBuffer bytes;
  add_process(bytes, 10, 100);
  add_process(bytes, 20, 200);
  add_thread(bytes, 10, 1);
  add_thread(bytes, 20, 2);
  add_thread(bytes, 10, 3);
  std::vector<ProcessUse> processes;
  TaskDecoder decoder(processes);
  const auto used = decoder.add(bytes);
  ASSERT_TRUE(used);
  EXPECT_EQ(*used, bytes.size());
  decoder.finish();
  ASSERT_EQ(processes.size(), 2u);
  EXPECT_EQ(processes[0].use.cpu, nanoseconds(104));
  EXPECT_EQ(processes[0].use.written_bytes, Bytes{20});
  EXPECT_EQ(processes[1].use.cpu, nanoseconds(202));
}

TEST(TaskDecoder, finds_the_process_of_a_thread_that_comes_before_it) {
  ByteBuffer bytes;
  add_process(bytes, 30, 1);
  add_thread(bytes, 40, 5);  // thread ids began anew between the two
  add_process(bytes, 40, 100);
  add_process(bytes, 20, 7);
  std::vector<ProcessUse> processes;
  TaskDecoder decoder(processes);
  ASSERT_TRUE(decoder.add(bytes));
  decoder.finish();
  ASSERT_EQ(processes.size(), 3u);
  EXPECT_EQ(processes[0].facts.process.pid, 20u);
  EXPECT_EQ(processes[2].use.cpu, nanoseconds(105));
}

TEST(TaskDecoder, takes_chunks_that_end_anywhere) {
  ByteBuffer bytes;
  add_process(bytes, 10, 100);
  add_thread(bytes, 10, 1);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    std::vector<ProcessUse> processes;
    TaskDecoder decoder(processes);
    const auto used = decoder.add(ByteView(bytes).first(cut));
    ASSERT_TRUE(used);
    ASSERT_TRUE(decoder.add(ByteView(bytes).subspan(*used)));
    decoder.finish();
    ASSERT_EQ(processes.size(), 1u);
    EXPECT_EQ(processes[0].use.cpu, nanoseconds(101));
  }
}

TEST(TaskDecoder, refuses_what_is_unsound_and_forgets_threads_without_a_process) {
  std::vector<ProcessUse> processes;
  ByteBuffer unknown(sizeof(fs_task_use), std::byte{0xff});
  EXPECT_FALSE(TaskDecoder(processes).add(unknown));
  ByteBuffer orphan;
  add_thread(orphan, 9, 5);
  TaskDecoder decoder(processes);
  ASSERT_TRUE(decoder.add(orphan));
  decoder.finish();
  EXPECT_TRUE(processes.empty());
}

}  // namespace
}  // namespace foreshock::agent
