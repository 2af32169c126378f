#include "common/signature/signature.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace foreshock {
namespace {

/// A command line, its words separated by spaces; backquotes hold a word with spaces together.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words(1);
  bool together = false;
  for (const char c : line) {
    if (c == '`') {
      together = !together;
    } else if (c == ' ' && !together) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

Signature signature_of(const std::vector<std::string>& words, std::string_view filename = "") {
  return normalise({words.begin(), words.end()}, filename);
}

std::string text_of(std::string_view line) {
  return signature_of(words_of(line)).text;
}

struct Labelled {
  std::string_view line;
  std::string_view text;
};

constexpr Labelled kLabelled[] = {
    // programs, sub-commands, flags
    {"ls", "ls"},
    {"/usr/bin/ls -la /var/log", "ls -la <path>"},
    {"pg_dump -Fc shop", "pg_dump -Fc shop"},
    {"git commit -m `Fix it`", "git commit -m <word>"},
    {"apt-get install -y nginx", "apt-get install -y nginx"},
    {"systemctl restart app.service", "systemctl restart app.service"},
    {"docker run -d --name web -p 8080:80 nginx:1.25", "docker run -d --name web -p <n> nginx:<n>"},
    {"kubectl get pods -n prod", "kubectl get pods -n prod"},
    {"-bash", "bash"},
    {"gcc-12 -O2 -c main.c -o main.o", "gcc-<n> -O<n> -c main.c -o main.o"},
    {"sha256sum img", "sha256sum img"},
    // numbers
    {"make -j8 all", "make -j<n> all"},
    {"make --jobs=8 all", "make --jobs=<n> all"},
    {"sleep 0.5", "sleep <n>"},
    {"sleep 10s", "sleep <n>"},
    {"kill -9 4242", "kill -<n> <n>"},
    {"dd if=/dev/zero of=/tmp/x bs=1M count=100", "dd if=<path> of=<path> bs=<n> count=<n>"},
    {"stress --vm-bytes 512MiB --cpu 4", "stress --vm-bytes <n> --cpu <n>"},
    {"ping -c 3 10.0.0.1", "ping -c <n>…"},
    {"nc -z 10.0.0.1:5432", "nc -z <n>"},
    {"chmod 0644 f", "chmod <n> f"},
    {"app --offset=-12 --ratio=0.75 --level 10%", "app --offset=<n> --ratio=<n> --level <n>"},
    {"app 0x7fff 1,2,3 1-5", "app <n>…"},
    {"ffmpeg -i in.mp4 -c:v libx264 -crf 23 out.mp4",
     "ffmpeg -i in.mp4 -c:v libx264 -crf <n> out.mp4"},
    // dates, ids, hashes
    {"report --day 2024-01-02", "report --day <date>"},
    {"report --day=20240102", "report --day=<date>"},
    {"report --from 2024-01-02T03:04:05Z --at 03:30", "report --from <date> --at <date>"},
    {"tar czf backup-20240102.tgz data", "tar czf backup-<date>.tgz data"},
    {"tar czf backup_2024-01-02_0304.tgz data", "tar czf backup_<date>.tgz data"},
    {"git checkout 7f3e9c1a2b4d5e6f708192a3b4c5d6e7f8091a2b", "git checkout <id>"},
    {"git show 7f3e9c1", "git show <id>"},
    {"docker stop 4f5e6d7c8b9a", "docker stop <id>"},
    {"virsh start 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "virsh start <id>"},
    {"run --id=0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "run --id=<id>"},
    {"kubectl logs web-7d4b9c6f5d-x2x8z", "kubectl logs web-<id>-x2x8z"},
    {"worker --queue job-1234", "worker --queue job-<n>"},
    {"app run-12345 db1", "app run-<n> db1"},
    // paths, URLs, globs
    {"cp /a/b ./c", "cp <path>…"},
    {"rm -f /tmp/a /tmp/b /tmp/c", "rm -f <path>…"},
    {"cc -I/usr/include -L/opt/lib x.c", "cc -I<path> -L<path> x.c"},
    {"cat ~/notes ../x *.log", "cat <path>…"},
    {"curl -fsSL https://example.org/install.sh", "curl -fsSL <url>"},
    {"aws s3 cp s3://bucket/key .", "aws s3 cp <url> <path>"},
    {"/opt/app-1.2.3/bin/serve --config=/etc/app.toml", "serve --config=<path>"},
    {"app-1.2.3 start", "app-<n> start"},
    {"nightly-a1b2c3d4 start", "nightly-a1b2c3d4 start"},
    {"/tmp/run-9c1f0b7e2d3a4c5b start", "run-<id> start"},
    // secrets that the agent has redacted
    {"mysql -u root -p<redacted> shop", "mysql -u root -p<secret> shop"},
    {"app --password=<redacted>", "app --password=<secret>"},
    {"app --password <redacted>", "app --password <secret>"},
    {"psql postgres://u:<redacted>@db/x", "psql <url>"},
    {"env PGPASSWORD=<redacted> pg_dump shop", "pg_dump shop"},
    // long and odd words
    {"psql -c `SELECT 1`", "psql -c <word>"},
    {"echo {\"a\":1}", "echo <word>"},
    {"app aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "app <word>"},
    {"app \xff\xfe caf\xc3\xa9", "app <word>…"},
    {"app `a\nb` \x01", "app <word>…"},
    // interpreters
    {"python3 /opt/x/train.py --epochs 12", "python3 train.py --epochs <n>"},
    {"/usr/bin/python3.11 -u train.py", "python3 train.py"},
    {"python3 -m http.server 8000", "python3 -m http.server <n>"},
    {"python3 -W ignore -c `import os; os.x()` 7", "python3 -c <code> <n>"},
    {"python3", "python3"},
    {"perl -ne `print if /x/` log", "perl -e <code> log"},
    {"perl /usr/bin/rename.pl a b", "perl rename.pl a b"},
    {"ruby -e `puts 1`", "ruby -e <code>"},
    {"node --max-old-space-size=4096 /srv/app/server.js --port=3000", "node server.js --port=<n>"},
    {"php artisan queue:work --tries=3", "php artisan queue:work --tries=<n>"},
    {"bash /opt/backup.sh /data", "bash backup.sh <path>"},
    {"/bin/sh -e ./deploy.sh prod", "sh deploy.sh prod"},
    {"java -Xmx512m -Dx=y -jar /opt/app-1.2.3.jar --server.port=8080",
     "java -jar app-<n>.jar --server.port=<n>"},
    {"java -cp a.jar:b.jar com.acme.Main run", "java com.acme.Main run"},
    // wrappers
    {"sudo pg_dump -Fc shop", "pg_dump -Fc shop"},
    {"sudo -u postgres -- pg_dump shop", "pg_dump shop"},
    {"sudo -E A=b nice -n 10 ionice -c 3 pg_dump shop", "pg_dump shop"},
    {"env LANG=C python3 /x/t.py", "python3 t.py"},
    {"env -u X -i make", "make"},
    {"nohup timeout -k 5 1h make -j4", "make -j<n>"},
    {"timeout --signal=KILL 60 curl https://x/y", "curl <url>"},
    {"taskset 0x3 stdbuf -oL app run", "app run"},
    {"chroot /srv/root /bin/ls", "ls"},
    {"flock -n /run/l backup", "backup"},
    {"flock /run/l -c `backup --full`", "backup --full"},
    {"setsid su - app -c `run --now`", "run --now"},
    {"systemd-run --unit=x --scope -p MemoryMax=1G /opt/run 5", "run <n>"},
    {"strace -f -o /tmp/t ls /x", "ls <path>"},
    {"sshpass -p <redacted> ssh db1 uptime", "ssh db1 uptime"},
    {"busybox sleep 5", "sleep <n>"},
    {"sudo -l", "sudo -l"},
    {"env", "env"},
    // scripts of sh -c
    {"bash -c `pg_dump -Fc shop`", "pg_dump -Fc shop"},
    {"sh -c `cd /srv && exec make -j8`", "make -j<n>"},
    {"bash -lc `set -e; export A=b; ./run.sh 5`", "run.sh <n>"},
    {"sh -c `pg_dump shop | gzip > /b/x.gz`", "pg_dump shop | gzip > <path>"},
    {"sh -c `A=1 /opt/bin/tool; /opt/bin/other --x`", "tool ; other --x"},
    {"sudo sh -c `python3 /x/t.py \"a b\"`", "python3 t.py <word>"},
    {"sh -c `mysql -p<redacted> shop`", "mysql -p<secret> shop"},
    {"sh -c ``", "sh -c <code>"},
    // titles
    {"`postgres: checkpointer `", "postgres: checkpointer"},
    {"`nginx: worker process`", "nginx: worker process"},
};

TEST(Signature, gives_labelled_command_lines_their_text) {
  for (const auto& [line, text] : kLabelled) EXPECT_EQ(text_of(line), text) << line;
  EXPECT_GE(std::size(kLabelled), 90U);
}

TEST(Signature, names_the_file_that_is_executed_even_behind_a_wrapper) {
  const auto sudo = signature_of(words_of("sudo pg_dump shop"), "/usr/bin/sudo");
  const auto behind = signature_of(words_of("pg_dump shop"), "/usr/lib/postgresql/15/bin/pg_dump");
  EXPECT_EQ(sudo.base_name, "sudo");
  EXPECT_EQ(behind.base_name, "pg_dump");
  EXPECT_EQ(sudo.text, behind.text);
}

TEST(Signature, names_a_script_by_its_file_as_the_kernel_does) {
  const auto script = signature_of(words_of("/bin/bash /opt/backup.sh all"), "/opt/backup.sh");
  EXPECT_EQ(script.base_name, "backup.sh");
  EXPECT_EQ(script.text, "bash backup.sh all");
}

TEST(Signature, uses_the_filename_without_argv_and_argv_without_a_filename) {
  EXPECT_EQ(signature_of({}, "/usr/bin/true"), (Signature{"true", "true"}));
  EXPECT_EQ(signature_of({"/usr/bin/true"}), (Signature{"true", "true"}));
  EXPECT_EQ(signature_of({""}, "/usr/bin/true"), (Signature{"true", "true"}));
}

TEST(Signature, gives_nothing_a_name_too) {
  EXPECT_EQ(signature_of({}).text, "<word>");
  EXPECT_EQ(signature_of({""}).text, "<word>");
  EXPECT_EQ(signature_of({"/"}).base_name, "/");
}

TEST(Signature, ends_after_twelve_words) {
  EXPECT_EQ(text_of("app a b c d e f g h i j k l m n"), "app a b c d e f g h i j k …");
  EXPECT_EQ(text_of("app a b c d e f g h i j k"), "app a b c d e f g h i j k");
}

TEST(Signature, stays_within_its_bytes) {
  std::vector<std::string> words = {"app"};
  for (char c = 'a'; c < 'z'; ++c) words.push_back("--" + std::string(35, c));
  const auto text = signature_of(words).text;
  EXPECT_LE(text.size(), kMaxSignatureBytes);
  EXPECT_TRUE(text.ends_with(" …"));
}

TEST(Signature, is_the_same_for_what_differs_only_in_its_values) {
  EXPECT_EQ(text_of("train.py --epochs 12 --out /a/1"), text_of("train.py --epochs 99 --out /b/2"));
  EXPECT_EQ(text_of("backup --day 2024-01-02 shop"), text_of("backup --day 2025-11-30 shop"));
  EXPECT_NE(text_of("git fetch origin"), text_of("git push origin"));
  EXPECT_NE(text_of("make -j8 all"), text_of("make -j8 clean"));
}

bool is_clean(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("…")) {
      i += 2;
    } else if (text[i] < ' ' || text[i] > '~') {
      return false;
    }
  }
  return true;
}

TEST(Signature, takes_any_bytes) {
  std::uint64_t state = 7;
  const auto draw = [&state](std::uint64_t below) {  // the same bytes on every machine
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33) % below;
  };
  constexpr std::string_view kPieces[] = {
      "sudo",     "-c",  "sh", "'", "\"",  "&&", "=", "--", "<redacted>", "\xff", "2024-",
      "7f3e9c1a", "://", "/",  "…", "env", "-",  " ", "\\", "java",       "-jar", "perl"};
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::string> words(draw(6));
    for (auto& word : words) {
      for (auto pieces = draw(5); pieces > 0; --pieces) word += kPieces[draw(std::size(kPieces))];
    }
    const auto one = signature_of(words, "/bin/x");
    ASSERT_FALSE(one.text.empty());
    ASSERT_LE(one.text.size(), kMaxSignatureBytes);
    ASSERT_TRUE(is_clean(one.text)) << one.text;
    ASSERT_EQ(signature_of(words, "/bin/x"), one);
  }
}

}  // namespace
}  // namespace foreshock
