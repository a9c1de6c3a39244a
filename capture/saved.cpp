// Several files as one capture: opens them, tells their format, merges them by time and numbers
// the frames, in the order mergecap and Wireshark would.
#include "capture/saved.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "capture/byte_input.h"
#include "capture/capture_file.h"
#include "capture/decompress.h"
#include "capture/foreign_file.h"
#include "capture/pcap_file.h"
#include "capture/pcapng_file.h"
#include "capture/read_sum.h"

namespace whohungup {
namespace {

// Comments are for reading; a report that repeats more is not read.
constexpr std::size_t kMostComments = 1000;

/// A file before and after its format is known. A pipe may not have sent its header yet.
class Opening {
 public:
  Opening(std::string name, Window window, bool read_ahead)
      : name_(std::move(name)), window_(std::move(window)), read_ahead_(read_ahead) {}

  /// The file, or nothing while a pipe is silent. Throws CaptureError if it is no capture.
  std::unique_ptr<CaptureFile> try_open(CaptureNotes& notes);

  [[nodiscard]] ByteInput::Position position() const { return window_->position(); }

 private:
  /// False while a pipe is silent; throws if the file ends before `n` bytes.
  bool need(std::size_t n);

  std::string name_;
  std::optional<Window> window_;
  bool unpacked_{false};
  bool read_ahead_;  // what is unpacked is unpacked in a thread of its own
};

std::unique_ptr<CaptureFile> Opening::try_open(CaptureNotes& notes) {
  if (!need(4)) return nullptr;
  if (const Packing packing = packing_of(window_->data()); packing != Packing::None && !unpacked_) {
    window_ = read_ahead_ ? Window::over_thread(unpack(packing, std::move(*window_)))
                          : Window(unpack(packing, std::move(*window_)));
    unpacked_ = true;
    return try_open(notes);
  }
  if (const auto shape = pcap_shape(window_->data())) {
    if (!need(shape->header_size)) return nullptr;
    return open_pcap(*shape, name_, std::move(*window_), notes);
  }
  if (!need(12)) return nullptr;
  if (is_pcapng(window_->data())) {
    const std::size_t size = pcapng_header_size(window_->data());
    if (size == 0)
      throw CaptureError(name_ +
                         ": is damaged at byte 0: its section header has no possible "
                         "length; nothing was read, capture it again");
    if (!need(size)) return nullptr;
    return open_pcapng(name_, std::move(*window_), notes);
  }
  throw CaptureError(
      fmt::format("{}: is not a capture: {}", name_, foreign_file(window_->bytes(), name_)));
}

/// The first four bytes of a pcapng section header, in either byte order.
bool begins_section(Bytes start) {
  constexpr std::uint8_t kSection[] = {0x0a, 0x0d, 0x0d, 0x0a};
  return start.size() >= 4 && std::equal(std::begin(kSection), std::end(kSection), start.begin());
}

bool Opening::need(std::size_t n) {
  const auto fill = window_->need(n);
  if (fill != Window::Fill::Short) return fill == Window::Fill::Ready;
  const std::size_t left = window_->left();
  if (!window_->failure().empty())
    throw CaptureError(fmt::format("{}: cannot be read: {}", name_, window_->failure()));
  if (left == 0)
    throw CaptureError(name_ +
                       ": is empty (0 bytes); the capture wrote nothing, check that it "
                       "ran and was stopped cleanly");
  const Bytes start = window_->bytes();
  const bool capture =
      left >= 4 &&
      (pcap_shape(start.data()) || (left >= 12 ? is_pcapng(start.data()) : begins_section(start)));
  if (!capture && left >= 4)
    throw CaptureError(fmt::format("{}: is not a capture: {}", name_, foreign_file(start, name_)));
  throw CaptureError(
      fmt::format("{}: ends inside its file header: {} of {} bytes; nothing can be "
                  "read from it, capture it again",
                  name_, left, n));
}

/// One of the files, and its next frame while others are before it.
struct Input {
  std::optional<Opening> opening;
  std::unique_ptr<CaptureFile> file;
  Packet head;
  CaptureFile::Extra extra;
  std::optional<Stretch> stretch;  // of its packets, and to where it says that it was captured
  bool has_head{false};
  bool ended{false};

  void extend(Time at) {
    if (!stretch) stretch = Stretch{at, at};
    stretch->begin = std::min(stretch->begin, at);
    stretch->end = std::max(stretch->end, at);
  }

  [[nodiscard]] ByteInput::Position position() const {
    return file ? file->position() : opening->position();
  }
};

class SavedCapture final : public Source {
 public:
  void add(const std::string& name, Window window, bool read_ahead = false);

  Next next(Packet& packet) override;
  Next next_batch(std::span<Packet> into, std::size_t& count) override;
  [[nodiscard]] const CaptureNotes& notes() const override { return notes_; }
  [[nodiscard]] std::span<const std::string> comments() const override;
  [[nodiscard]] double progress() const override;

 private:
  using Clock = std::chrono::steady_clock;

  Next next_of_one(Packet& packet);
  Next next_of_many(Packet& packet);
  Next fetch(Input& input, Packet& packet);
  bool earlier(std::size_t a, std::size_t b) const;
  void push(std::size_t index);
  std::size_t pop();
  Next deliver(Packet& packet);
  void deliver_all(std::span<Packet>);
  void note(CaptureFile::Extra extra);
  Next idle(Packet& packet);
  void sum_drops();

  std::vector<Input> inputs_;
  std::vector<std::size_t> unfilled_;  // inputs whose head has to be fetched, first is next
  std::vector<std::size_t> heads_;     // a heap of inputs with a head, earliest first
  CaptureNotes notes_;
  std::vector<std::string> comments_;  // on the last frame that had any
  std::uint32_t commented_{};          // and its number
  std::uint32_t frame_{};
  Time last_{};
  LatestTime latest_;
  bool timed_{false};  // a frame with a time has been seen
  std::optional<Clock::time_point> quiet_since_;
};

void SavedCapture::add(const std::string& name, Window window, bool read_ahead) {
  notes_.files.push_back(name);
  Input input;
  const bool pipe = !window.position().size;
  input.opening.emplace(name, std::move(window), read_ahead);
  // A pipe is opened when it is read: it may be silent for long, and the reader may want to stop.
  if (!pipe) {
    input.file = input.opening->try_open(notes_);
    input.opening.reset();
  }
  unfilled_.push_back(inputs_.size());
  inputs_.push_back(std::move(input));
}

Source::Next SavedCapture::next(Packet& packet) {
  const Next got = inputs_.size() == 1 ? next_of_one(packet) : next_of_many(packet);
  if (got == Next::Got) [[likely]]
    return deliver(packet);
  if (got == Next::Idle) return idle(packet);
  sum_drops();
  notes_.quality.end = std::max(notes_.quality.end, latest_.last());
  notes_.stretches.clear();
  if (inputs_.size() > 1)
    for (const Input& input : inputs_)
      if (input.stretch) notes_.stretches.push_back(*input.stretch);
  return Next::End;
}

Source::Next SavedCapture::next_batch(std::span<Packet> into, std::size_t& count) {
  count = 1;
  const Next got = next(into.front());
  if (got != Next::Got || inputs_.size() > 1) return got;
  const std::size_t more = inputs_.front().file->more(into.subspan(1));
  deliver_all(into.subspan(1, more));
  count += more;
  return got;
}

Source::Next SavedCapture::next_of_one(Packet& packet) {
  Input& input = inputs_.front();
  if (!input.file) [[unlikely]] {
    input.file = input.opening->try_open(notes_);
    if (!input.file) return Next::Idle;
    input.opening.reset();
  }
  const Next got = input.file->next(packet);
  if (input.file->has_extra()) [[unlikely]] {
    // Number what Wireshark numbers, though it is not delivered.
    CaptureFile::Extra extra = input.file->take_extra();
    frame_ += extra.records_before;
    if (got == Next::Got) note(std::move(extra));
  }
  return got;
}

// As mergecap: the heads of all files are compared, and of equal ones the file named last goes
// first (measured with mergecap 4.0.17). A frame without a time goes at once.
Source::Next SavedCapture::next_of_many(Packet& packet) {
  while (!unfilled_.empty()) {
    const std::size_t index = unfilled_.front();
    Input& input = inputs_[index];
    const Next got = fetch(input, input.head);
    if (got == Next::Idle) return Next::Idle;
    if (got == Next::Got && input.extra.untimed) {
      packet = input.head;
      packet.at = last_;
      note(std::exchange(input.extra, {}));
      return Next::Got;
    }
    unfilled_.erase(unfilled_.begin());
    if (got == Next::Got) push(index);
  }
  if (heads_.empty()) return Next::End;
  const std::size_t index = pop();
  packet = inputs_[index].head;
  inputs_[index].extend(packet.at);
  if (!inputs_[index].extra.comments.empty()) note(std::exchange(inputs_[index].extra, {}));
  unfilled_.push_back(index);
  return Next::Got;
}

Source::Next SavedCapture::fetch(Input& input, Packet& packet) {
  if (!input.file) {
    input.file = input.opening->try_open(notes_);
    if (!input.file) return Next::Idle;
    input.opening.reset();
  }
  const Time before = notes_.quality.end;
  const Next got = input.file->next(packet);
  if (notes_.quality.end > before) input.extend(notes_.quality.end);  // as the file itself says
  if (input.file->has_extra()) {
    input.extra = input.file->take_extra();
    frame_ += input.extra.records_before;
  }
  return got;
}

bool SavedCapture::earlier(std::size_t a, std::size_t b) const {
  const Time left = inputs_[a].head.at, right = inputs_[b].head.at;
  return left != right ? left < right : a > b;
}

void SavedCapture::push(std::size_t index) {
  heads_.push_back(index);
  std::push_heap(heads_.begin(), heads_.end(),
                 [this](std::size_t a, std::size_t b) { return earlier(b, a); });
}

std::size_t SavedCapture::pop() {
  std::pop_heap(heads_.begin(), heads_.end(),
                [this](std::size_t a, std::size_t b) { return earlier(b, a); });
  const std::size_t index = heads_.back();
  heads_.pop_back();
  return index;
}

Source::Next SavedCapture::deliver(Packet& packet) {
  packet.no = FrameNo{++frame_};
  ++notes_.packets;
  notes_.bytes += packet.bytes.size();
  last_ = packet.at;
  if (!timed_) [[unlikely]] {
    timed_ = true;
    notes_.quality.begin = packet.at;
    if (notes_.quality.end == Time{}) notes_.quality.end = packet.at;
  }
  latest_.see(packet.at);
  notes_.quality.end = std::max(notes_.quality.end, latest_.time());
  if (packet.at < notes_.quality.begin) [[unlikely]]
    notes_.quality.begin = packet.at;
  quiet_since_.reset();
  return Next::Got;
}

/// As deliver(), of packets behind one that was delivered.
void SavedCapture::deliver_all(std::span<Packet> packets) {
  if (packets.empty()) return;
  std::uint32_t frame = frame_;
  std::uint64_t bytes = 0;
  Time begin = notes_.quality.begin;
  LatestTime latest = latest_;
  for (Packet& packet : packets) {
    packet.no = FrameNo{++frame};
    bytes += packet.bytes.size();
    begin = std::min(begin, packet.at);
    latest.see(packet.at);
  }
  frame_ = frame;
  notes_.packets += packets.size();
  notes_.bytes += bytes;
  last_ = packets.back().at;
  latest_ = latest;
  notes_.quality.begin = begin;
  notes_.quality.end = std::max(notes_.quality.end, latest.time());
}

// Called before the frame has its number.
void SavedCapture::note(CaptureFile::Extra extra) {
  for (const std::string& comment : extra.comments)
    if (notes_.comments.size() < kMostComments)
      notes_.comments.push_back({FrameNo{frame_ + 1}, comment});
  comments_ = std::move(extra.comments);
  commented_ = frame_ + 1;
}

std::span<const std::string> SavedCapture::comments() const {
  if (commented_ != frame_) return {};
  return comments_;
}

// Nothing came for a while, so as much time has passed in the capture as on the clock.
Source::Next SavedCapture::idle(Packet& packet) {
  const Clock::time_point now = Clock::now();
  if (!quiet_since_) quiet_since_ = now;
  packet.at = notes_.packets == 0 ? Time{} : last_ + (now - *quiet_since_);
  packet.bytes = {};
  return Next::Idle;
}

void SavedCapture::sum_drops() {
  std::optional<std::uint64_t> dropped;
  for (const InterfaceNotes& interface : notes_.interfaces)
    if (interface.dropped) dropped = dropped.value_or(0) + *interface.dropped;
  notes_.quality.dropped = dropped;
}

double SavedCapture::progress() const {
  std::uint64_t taken = 0, size = 0;
  for (const Input& input : inputs_) {
    const ByteInput::Position there = input.position();
    if (!there.size) return -1;
    taken += there.taken;
    size += *there.size;
  }
  return size == 0 ? -1 : std::min(1.0, static_cast<double>(taken) / static_cast<double>(size));
}

// A ring buffer may have left more files than a process may open by default.
void allow_open_files(std::size_t files) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > files + 64) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, files + 64);
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

// All windows together stay within 16 MiB, however many files there are.
std::size_t window_size(std::size_t files) {
  constexpr std::size_t kTogether = std::size_t{16} << 20, kLeast = std::size_t{16} << 10;
  return std::clamp(kTogether / files, kLeast, Window::kCapacity);
}

}  // namespace

std::string describe(const Damage& damage) {
  const std::string where = damage.after_frame == 0
                                ? "before its first frame"
                                : fmt::format("after frame {}", damage.after_frame);
  return fmt::format("{}: damaged at byte {}, {}: {}; judged up to there", damage.file,
                     damage.offset, where, damage.what);
}

std::unique_ptr<Source> open_saved(std::span<const std::string> paths, bool read_ahead,
                                   ReadSums* sums) {
  if (paths.empty()) throw CaptureError("no capture was named; name a file, or - for a pipe");
  allow_open_files(paths.size());
  auto capture = std::make_unique<SavedCapture>();
  for (const std::string& path : paths) {
    std::unique_ptr<ByteInput> input = open_bytes(path);
    ReadSum* const sum = sums != nullptr ? sums->find(path) : nullptr;
    if (sum != nullptr) input = summed(std::move(input), *sum);
    // A ring of a thousand files needs no thousand threads, a pipe has to be waited for, and a sum
    // is looked at while its source lives.
    const bool ahead = read_ahead && paths.size() == 1 && input->position().size && sum == nullptr;
    capture->add(path,
                 ahead ? Window::over_thread(std::move(input))
                       : Window(std::move(input), window_size(paths.size())),
                 ahead);
  }
  return capture;
}

std::unique_ptr<Source> open_saved_bytes(Bytes bytes, const std::string& name) {
  auto capture = std::make_unique<SavedCapture>();
  capture->add(name, Window(bytes_in_memory(bytes)));
  return capture;
}

}  // namespace whohungup
