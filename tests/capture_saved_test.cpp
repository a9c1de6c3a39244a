// Files as people have them: packed, piped, several at once, or not captures at all.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "capture/saved.h"
#include "tests/support/capture_bytes.h"

namespace whohungup::test {
namespace {

FileBytes three_packets() {
  Author file;
  file.pcap_header();
  for (std::uint32_t i = 1; i <= 3; ++i) file.record(1700000000 + i, i, counting(20 + i));
  return file.written();
}

std::string refusal_of_path(const std::string& path) {
  try {
    const std::vector<std::string> paths{path};
    open_saved(paths);
  } catch (const CaptureError& refused) {
    return refused.what();
  }
  return {};
}

struct Packed {
  const char* name;
  const char* command;  // $1 is the plain file, $2 the packed one
};
void PrintTo(const Packed& packed, std::ostream* out) { *out << packed.name; }

class PackedFiles : public testing::TestWithParam<Packed> {
 protected:
  std::string pack(const ScratchDirectory& here, const FileBytes& bytes) {
    const std::string plain = here.store("plain.pcap", bytes);
    const std::string packed = here.path("no-suffix");
    output_of(std::string("sh -c '") + GetParam().command + "' sh " + plain + " " + packed);
    return packed;
  }
};

TEST_P(PackedFiles, AreReadAsIfPlainWhateverTheirName) {
  if (!installed("zstd")) GTEST_SKIP() << "zstd is not installed";
  const ScratchDirectory here;
  const Kept kept = drain_files({pack(here, three_packets())});
  EXPECT_EQ(kept.frames, drain_bytes(three_packets()).frames);
  EXPECT_TRUE(kept.notes.quality.complete)
      << (kept.notes.damage.empty() ? "" : describe(kept.notes.damage[0]));
}

TEST_P(PackedFiles, MayBeFarLargerThanTheWindow) {
  if (!installed("zstd")) GTEST_SKIP() << "zstd is not installed";
  Author file;
  file.pcap_header();
  for (std::uint32_t i = 0; i < 20'000; ++i) file.record(i, 0, FileBytes(60 + i % 90));
  const ScratchDirectory here;
  const Kept kept = drain_files({pack(here, file.written())});
  EXPECT_EQ(kept.frames, drain_bytes(file.written()).frames);
  EXPECT_TRUE(kept.notes.quality.complete);
}

TEST_P(PackedFiles, CutShortAreJudgedUpToThere) {
  if (!installed("zstd")) GTEST_SKIP() << "zstd is not installed";
  const ScratchDirectory here;
  const std::string packed = pack(here, three_packets());
  ASSERT_EQ(::truncate(packed.c_str(),
                       [&] {
                         struct stat about {};
                         ::stat(packed.c_str(), &about);
                         return about.st_size - 3;
                       }()),
            0);
  const Kept kept = drain_files({packed});
  EXPECT_FALSE(kept.notes.quality.complete);
  ASSERT_EQ(kept.notes.damage.size(), 1U);
  EXPECT_NE(kept.notes.damage[0].what.find("data are cut short"), std::string::npos)
      << kept.notes.damage[0].what;
}

INSTANTIATE_TEST_SUITE_P(
    Each, PackedFiles,
    testing::Values(
        Packed{"Gzip", "gzip -c $1 > $2"}, Packed{"Zstd", "zstd -q -c $1 > $2"},
        Packed{"GzipMembers", "{ head -c 70 $1 | gzip -c; tail -c +71 $1 | gzip -c; } > $2"},
        Packed{"ZstdFrames", "{ head -c 70 $1 | zstd -q -c; tail -c +71 $1 | zstd -q -c; } > $2"}),
    [](const auto& of) { return std::string(of.param.name); });

TEST(SavedCapture, IgnoresZerosBehindGzip) {
  const ScratchDirectory here;
  const std::string packed = here.path("padded.gz");
  output_of("sh -c '{ gzip -c $1; head -c 512 /dev/zero; } > $2' sh " +
            here.store("plain", three_packets()) + " " + packed);
  const Kept kept = drain_files({packed});
  EXPECT_EQ(kept.frames.size(), 3U);
  EXPECT_TRUE(kept.notes.quality.complete);
}

TEST(SavedCapture, TellsOfStrangeBytesBehindGzip) {
  const ScratchDirectory here;
  const std::string packed = here.path("strange.gz");
  output_of("sh -c '{ gzip -c $1; echo strange; } > $2' sh " +
            here.store("plain", three_packets()) + " " + packed);
  const Kept kept = drain_files({packed});
  EXPECT_EQ(kept.frames.size(), 3U);
  ASSERT_EQ(kept.notes.damage.size(), 1U);
  EXPECT_EQ(kept.notes.damage[0].what, "something that is not gzip follows the gzip data");
}

TEST(SavedCapture, MergesFilesByTimeAndNumbersThemTogether) {
  const auto file = [](std::uint8_t mark, std::initializer_list<std::uint32_t> seconds) {
    Author author;
    author.pcap_header(0xa1b2c3d4, mark);
    for (const std::uint32_t second : seconds) author.record(second, 0, FileBytes(mark));
    return author.written();
  };
  const ScratchDirectory here;
  const Kept kept =
      drain_files({here.store("a", file(1, {1, 5, 5, 3})), here.store("b", file(9, {2, 5, 9})),
                   here.store("c", file(12, {}))});
  // The heads are compared; of equal ones the file named last goes first, as with mergecap.
  std::vector<std::uint32_t> order;
  for (const KeptFrame& frame : kept.frames) {
    EXPECT_EQ(frame.no, order.size() + 1);
    order.push_back(static_cast<std::uint32_t>(frame.link));
  }
  EXPECT_EQ(order, (std::vector<std::uint32_t>{1, 9, 9, 1, 1, 1, 9}));
  EXPECT_EQ(kept.frames[1].interface_id, 1U);
  EXPECT_EQ(kept.notes.interfaces.size(), 3U);
  EXPECT_EQ(kept.notes.files.size(), 3U);
}

TEST(SavedCapture, NumbersFilesAsMergecapDoes) {
  if (!installed("mergecap")) GTEST_SKIP() << "mergecap is not installed";
  const ScratchDirectory here;
  std::vector<std::string> paths;
  std::string command = "mergecap -w " + here.path("merged.pcapng");
  std::uint32_t random = 1;
  for (std::uint8_t i = 0; i < 7; ++i) {
    Author file;
    file.pcap_header(0xa1b2c3d4, 1);
    std::uint32_t second = 1'700'000'000;
    for (std::uint8_t j = 0; j < 40; ++j) {
      random = random * 1664525 + 1013904223;
      second += (random >> 28) % 3;  // many ties
      file.record(second, 0, {i, j, 0, 0});
    }
    paths.push_back(here.store("part" + std::to_string(i), file.written()));
    command += " " + paths.back();
  }
  output_of(command);
  const Kept ours = drain_files(paths), theirs = drain_files({here.path("merged.pcapng")});
  ASSERT_EQ(ours.frames.size(), 280U);
  ASSERT_EQ(theirs.frames.size(), 280U);
  for (std::size_t i = 0; i < 280; ++i) {
    EXPECT_EQ(ours.frames[i].no, theirs.frames[i].no);
    ASSERT_EQ(ours.frames[i].bytes, theirs.frames[i].bytes) << "frame " << i + 1;
  }
}

TEST(SavedCapture, ReadsMoreFilesThanAProcessMayOpenByDefault) {
  const ScratchDirectory here;
  std::vector<std::string> paths;
  for (int i = 0; i < 40; ++i)
    paths.push_back(here.store("ring" + std::to_string(i), three_packets()));
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit few = before;
  few.rlim_cur = 20;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_EQ(drain_files(paths).frames.size(), 120U);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(SavedCapture, SaysHowFarItIs) {
  Author file;
  file.pcap_header();
  for (std::uint32_t i = 0; i < 40'000; ++i) file.record(i, 0, counting(90));
  const ScratchDirectory here;
  const std::vector<std::string> paths{here.store("long", file.written())};
  const auto source = open_saved(paths);
  Packet packet;
  double before = 0;
  while (source->next(packet) == Source::Next::Got) {
    EXPECT_GE(source->progress(), before);
    before = source->progress();
  }
  EXPECT_EQ(source->progress(), 1.0);
}

// A named pipe whose writer the test is.
class Pipe {
 public:
  explicit Pipe(const ScratchDirectory& here) : path_(here.path("pipe")) {
    if (::mkfifo(path_.c_str(), 0600) == 0) fd_ = ::open(path_.c_str(), O_RDWR);
  }
  ~Pipe() { close(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void send(const FileBytes& bytes) const {
    EXPECT_EQ(::write(fd_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  int fd_{-1};
};

TEST(SavedCapture, OfALivePipeSaysHowLateItIsWhileNothingComes) {
  const ScratchDirectory here;
  Pipe pipe(here);
  const std::vector<std::string> paths{pipe.path()};
  const auto source = open_saved(paths);
  Packet packet;
  EXPECT_EQ(source->next(packet), Source::Next::Idle);  // not even a header yet
  EXPECT_EQ(packet.at, Time{});
  EXPECT_LT(source->progress(), 0);

  const FileBytes whole = three_packets();
  const auto middle = whole.begin() + 70;  // inside the second packet
  pipe.send(FileBytes(whole.begin(), middle));
  EXPECT_EQ(source->next(packet), Source::Next::Got);
  const Time first = packet.at;
  EXPECT_EQ(source->next(packet), Source::Next::Idle);
  const Time soon = packet.at;
  EXPECT_EQ(source->next(packet), Source::Next::Idle);
  EXPECT_GE(soon, first);
  EXPECT_GE(packet.at - soon, std::chrono::milliseconds(250));
  EXPECT_LE(packet.at - first, std::chrono::seconds(5));

  pipe.send(FileBytes(middle, whole.end()));
  pipe.close();
  EXPECT_EQ(source->next(packet), Source::Next::Got);
  EXPECT_EQ(number(packet.no), 2U);
  EXPECT_EQ(source->next(packet), Source::Next::Got);
  EXPECT_EQ(source->next(packet), Source::Next::End);
  EXPECT_TRUE(source->notes().quality.complete);
}

TEST(SavedCapture, NeverCallsARegularFileIdle) {
  const ScratchDirectory here;
  const std::vector<std::string> paths{here.store("file", three_packets())};
  const auto source = open_saved(paths);
  Packet packet;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(source->next(packet), Source::Next::Got);
  EXPECT_EQ(source->next(packet), Source::Next::End);
}

TEST(SavedCapture, RefusesWhatCannotBeOpened) {
  const ScratchDirectory here;
  EXPECT_EQ(refusal_of_path(here.path("none")),
            here.path("none") + ": cannot be opened: there is no such file; check the path");
  EXPECT_EQ(refusal_of_path(here.path("")),
            here.path("") + ": is a directory; name the capture files in it");
  EXPECT_EQ(refusal_of_path(here.store("zero", {})),
            here.path("zero") +
                ": is empty (0 bytes); the capture wrote nothing, check that it "
                "ran and was stopped cleanly");
}

TEST(SavedCapture, RefusesWhatMayNotBeRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const ScratchDirectory here;
  const std::string path = here.store("secret", three_packets());
  ::chmod(path.c_str(), 0);
  EXPECT_EQ(refusal_of_path(path),
            path +
                ": cannot be opened: permission denied; captures made by root are often "
                "readable by root only: try sudo, or change the file's mode");
}

TEST(SavedCapture, SaysWhatAForeignFileLooksLike) {
  const auto says = [](std::string_view start) {
    return refusal_of(Author().text(start).bytes(FileBytes(20)).written());
  };
  EXPECT_EQ(says("\xfd"
                 "7zXZ"),
            "test.pcap: is not a capture: it looks like xz compressed; unpack it: xz -dc test.pcap "
            "| whohungup read -");
  EXPECT_EQ(says("GMBU"),
            "test.pcap: is not a capture: it looks like a Microsoft Network Monitor capture; "
            "convert it: editcap -F pcapng test.pcap test.pcap.pcapng");
  EXPECT_EQ(refusal_of(Author().text("12:00:01 IP a > b: Flags [S]\n").written()),
            "test.pcap: is not a capture: it looks like text; give it the saved packets (tcpdump "
            "-w, dumpcap), not their printout");
  EXPECT_EQ(says("\x01\x02\x03\x04\x05\x06\x07\x08"),
            "test.pcap: is not a capture: it begins with 01 02 03 04 05 06 07 08; give it pcap or "
            "pcapng, plain, gzip or zstd");
  EXPECT_EQ(refusal_of(Author().text("ab").written()),
            "test.pcap: ends inside its file header: 2 of 4 bytes; nothing can be read from it, "
            "capture it again");
}

TEST(SavedCapture, NeedsAFile) { EXPECT_THROW(open_saved({}), CaptureError); }

TEST(Window, KeepsMemoryToTheBytesThatCame) {
  // 128 MiB are believed of a D-Bus message, but the file ends at once.
  Author file;
  file.pcap_header(0xa1b2c3d4, 231).u32(1).u32(0).u32(100U << 20).u32(100U << 20);
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  const Kept kept = drain_bytes(file.written());
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(kept.notes.damage.size(), 1U);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 16 << 10);  // KiB
}

}  // namespace
}  // namespace whohungup::test
