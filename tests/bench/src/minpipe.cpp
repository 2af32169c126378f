// The least that the whole way can cost: minexec's ring, drained each 20 ms, as FlatBuffers over ZeroMQ with CURVE to a
// receiver in a process of its own, which verifies and reads. No joining, no redaction, no disk.
//   minpipe MARK    at SIGTERM prints how many records of programs whose argv names MARK were received
#include <bpf/libbpf.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <vector>

#include "minexec.h"
#include "minexec.skel.h"
#include "minpipe_generated.h"

namespace {

constexpr std::size_t kRecordsPerBatch = 256;
constexpr std::size_t kMostWords = 64;

volatile sig_atomic_t stopped;

/// In memory that both processes share.
struct Shared {
  std::array<char, 256> endpoint;
  volatile bool listening;
  volatile unsigned long marked;
};

struct Keys {
  std::array<char, 41> public_key;
  std::array<char, 41> secret_key;
};

Keys make_keys() {
  Keys keys;
  zmq_curve_keypair(keys.public_key.data(), keys.secret_key.data());
  return keys;
}

bool names(const minpipe::Record& record, const char* mark) {
  if (!record.argv()) return false;
  return std::any_of(record.argv()->begin(), record.argv()->end(), [mark](const auto* word) {
    return memmem(word->data(), word->size(), mark, strlen(mark)) != nullptr;
  });
}

[[noreturn]] void receive(Shared& shared, const Keys& own, const char* mark) {
  signal(SIGTERM, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  void* const socket = zmq_socket(zmq_ctx_new(), ZMQ_ROUTER);
  const int yes = 1;
  zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &yes, sizeof yes);
  zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, own.secret_key.data(), 40);
  zmq_bind(socket, "tcp://127.0.0.1:*");
  std::size_t length = shared.endpoint.size();
  zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, shared.endpoint.data(), &length);
  shared.listening = true;
  while (true) {
    zmq_msg_t sender, message;
    zmq_msg_init(&sender);
    zmq_msg_init(&message);
    zmq_msg_recv(&sender, socket, 0);
    zmq_msg_recv(&message, socket, 0);
    const auto* bytes = static_cast<const std::uint8_t*>(zmq_msg_data(&message));
    flatbuffers::Verifier verifier(bytes, zmq_msg_size(&message));
    if (minpipe::VerifyBatchBuffer(verifier)) {
      for (const auto* record : *minpipe::GetBatch(bytes)->records()) {
        if (names(*record, mark)) shared.marked = shared.marked + 1;
      }
    }
    zmq_msg_close(&sender);
    zmq_msg_close(&message);
  }
}

class Sender {
 public:
  Sender(const Shared& shared, const Keys& own, const Keys& receiver)
      : socket_(zmq_socket(zmq_ctx_new(), ZMQ_DEALER)) {
    zmq_setsockopt(socket_, ZMQ_CURVE_SERVERKEY, receiver.public_key.data(), 40);
    zmq_setsockopt(socket_, ZMQ_CURVE_PUBLICKEY, own.public_key.data(), 40);
    zmq_setsockopt(socket_, ZMQ_CURVE_SECRETKEY, own.secret_key.data(), 40);
    zmq_connect(socket_, shared.endpoint.data());
  }

  void add(const record& event) {
    flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>> argv;
    if (event.kind == RECORD_EXEC) {
      std::array<flatbuffers::Offset<flatbuffers::String>, kMostWords> words;
      std::size_t count = 0;
      const char* at = reinterpret_cast<const char*>(event.argv);
      const char* const end = at + std::min<std::size_t>(event.argv_bytes, sizeof event.argv);
      while (at < end && count < words.size()) {
        const std::size_t length = strnlen(at, static_cast<std::size_t>(end - at));
        words[count++] = builder_.CreateString(at, length);
        at += length + 1;
      }
      argv = builder_.CreateVector(words.data(), count);
    }
    const auto comm = builder_.CreateString(event.comm, strnlen(event.comm, sizeof event.comm));
    records_.push_back(minpipe::CreateRecord(
        builder_, event.time_ns, event.cgroup_id, event.cpu_ns, event.read_bytes, event.written_bytes,
        event.peak_rss_kb, event.pid, event.parent_pid, event.uid, event.wait_status, comm, argv));
    if (records_.size() >= kRecordsPerBatch) flush();
  }

  void flush() {
    if (records_.empty()) return;
    builder_.Finish(minpipe::CreateBatch(builder_, sequence_++, builder_.CreateVector(records_)));
    zmq_send(socket_, builder_.GetBufferPointer(), builder_.GetSize(), 0);
    builder_.Clear();
    records_.clear();
  }

 private:
  void* socket_;
  flatbuffers::FlatBufferBuilder builder_{1 << 18};
  std::vector<flatbuffers::Offset<minpipe::Record>> records_;
  std::uint64_t sequence_ = 0;
};

int on_record(void* context, void* data, std::size_t) {
  static_cast<Sender*>(context)->add(*static_cast<const record*>(data));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const Keys own = make_keys(), receiver = make_keys();
  auto& shared = *static_cast<Shared*>(
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const pid_t child = fork();
  if (child == 0) receive(shared, receiver, argv[1]);
  while (!shared.listening) usleep(1000);
  signal(SIGTERM, [](int) { stopped = 1; });
  signal(SIGINT, [](int) { stopped = 1; });

  Sender sender(shared, own, receiver);
  minexec* const skeleton = minexec__open_and_load();
  if (!skeleton || minexec__attach(skeleton) != 0) return 1;
  ring_buffer* const ring = ring_buffer__new(bpf_map__fd(skeleton->maps.ring), on_record, &sender, nullptr);
  if (!ring) return 1;
  while (!stopped) {
    usleep(20000);
    ring_buffer__consume(ring);
    sender.flush();
  }
  ring_buffer__consume(ring);
  sender.flush();
  usleep(200000);
  std::printf("marked %lu\n", shared.marked);
  std::fflush(stdout);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return 0;
}
