#include "capture/decompress.h"

#define ZLIB_CONST  // zlib does not write to its input
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "capture/byte_order.h"
#include "capture/source.h"

namespace whohungup {
namespace {

/// Both unpackers: bytes in, bytes out, until a member ends and another may begin.
class Unpacker : public ByteInput {
 public:
  explicit Unpacker(Window packed) : packed_(std::move(packed)) {}

  Result read(std::span<std::uint8_t> into) final {
    while (true) {
      if (between_members_) {
        if (Result over; !begin_member(over)) return over;
        between_members_ = false;
      }
      if (!more_inside_) {
        const auto fill = packed_.need(1);
        if (fill == Window::Fill::Idle) return {State::Idle, 0, {}};
        if (fill == Window::Fill::Short) return {State::Failed, 0, cut_short()};
      }
      const std::size_t got = step(into);
      more_inside_ = got == into.size();
      if (!trouble_.empty()) return {State::Failed, got, trouble_};
      if (got > 0) return {State::Some, got, {}};
    }
  }

  [[nodiscard]] Position position() const final {
    Position there = packed_.position();
    there.taken -= packed_.left();
    return there;
  }

 protected:
  /// Unpacks some of packed_ into `into`; sets between_members_ at the end of one.
  virtual std::size_t step(std::span<std::uint8_t> into) = 0;
  /// Prepares for another member; false if what follows does not begin one.
  virtual bool restart() = 0;
  [[nodiscard]] virtual const char* name() const = 0;

  Window packed_;
  bool between_members_{false};
  bool more_inside_{false};  // the library may hold output that there was no room for
  std::string trouble_;

 private:
  // Writers pad with zeros up to a block of tape or disk: that is no damage.
  bool begin_member(Result& over) {
    while (true) {
      const auto fill = packed_.need(4);
      if (fill == Window::Fill::Idle) return over = {State::Idle, 0, {}}, false;
      if (packed_.left() == 0 && packed_.failure().empty())
        return over = {State::End, 0, {}}, false;
      if (packed_.left() == 0) return over = {State::Failed, 0, packed_.failure()}, false;
      if (*packed_.data() != 0) break;
      packed_.consume(1);
    }
    if (packed_.left() >= 4 && restart()) return true;
    over = {State::Failed, 0,
            std::string("something that is not ") + name() + " follows the " + name() + " data"};
    return false;
  }

  [[nodiscard]] std::string cut_short() const {
    if (!packed_.failure().empty()) return packed_.failure();
    return std::string("the ") + name() + " data are cut short";
  }
};

class Gunzip final : public Unpacker {
 public:
  explicit Gunzip(Window packed) : Unpacker(std::move(packed)) {
    constexpr int kGzipWrapper = 16;
    if (::inflateInit2(&stream_, MAX_WBITS + kGzipWrapper) != Z_OK)
      throw CaptureError("not enough memory to unpack gzip data");
  }
  ~Gunzip() override { ::inflateEnd(&stream_); }

 private:
  std::size_t step(std::span<std::uint8_t> into) override {
    constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
    const auto offered = static_cast<uInt>(std::min(packed_.left(), kMost));
    const auto room = static_cast<uInt>(std::min(into.size(), kMost));
    stream_.next_in = packed_.data();
    stream_.avail_in = offered;
    stream_.next_out = into.data();
    stream_.avail_out = room;
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    packed_.consume(offered - stream_.avail_in);
    if (result == Z_STREAM_END)
      between_members_ = true;
    else if (result != Z_OK && result != Z_BUF_ERROR)
      trouble_ = std::string("the gzip data are damaged: ") +
                 (stream_.msg != nullptr ? stream_.msg : ::zError(result));
    return room - stream_.avail_out;
  }
  bool restart() override {
    return packing_of(packed_.data()) == Packing::Gzip && ::inflateReset(&stream_) == Z_OK;
  }
  [[nodiscard]] const char* name() const override { return "gzip"; }

  z_stream stream_{};
};

class Unzstd final : public Unpacker {
 public:
  explicit Unzstd(Window packed) : Unpacker(std::move(packed)), stream_(::ZSTD_createDStream()) {
    if (stream_ == nullptr) throw CaptureError("not enough memory to unpack zstd data");
    expected_ = ::ZSTD_initDStream(stream_);
  }
  ~Unzstd() override { ::ZSTD_freeDStream(stream_); }

 private:
  // A call that fails does not say what it had unpacked until then. So each is given no more than
  // one block, and nothing while there is still something of the last one: damage costs only what
  // is damaged.
  std::size_t step(std::span<std::uint8_t> into) override {
    constexpr std::size_t kNextHeader = 3;  // expected with the block before it
    const std::size_t block = expected_ > kNextHeader ? expected_ - kNextHeader : expected_;
    ZSTD_inBuffer in{packed_.data(), more_inside_ ? 0 : std::min(packed_.left(), block), 0};
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    expected_ = ::ZSTD_decompressStream(stream_, &out, &in);
    packed_.consume(in.pos);
    if (::ZSTD_getErrorCode(expected_) == ZSTD_error_frameParameter_windowTooLarge)
      trouble_ =
          "the zstd data need more memory than 128 MB; unpack them first, with zstd -d --long=31";
    else if (::ZSTD_isError(expected_) != 0)
      trouble_ = std::string("the zstd data are damaged: ") + ::ZSTD_getErrorName(expected_);
    else
      between_members_ = expected_ == 0;
    return out.pos;
  }
  bool restart() override {
    expected_ = ::ZSTD_initDStream(stream_);
    return packing_of(packed_.data()) == Packing::Zstd;
  }
  [[nodiscard]] const char* name() const override { return "zstd"; }

  ZSTD_DStream* stream_;
  std::size_t expected_{};  // bytes of input
};

}  // namespace

Packing packing_of(const std::uint8_t* magic) {
  constexpr std::uint32_t kZstdFrame = 0xfd2fb528, kSkippable = 0x184d2a50;
  if (magic[0] == 0x1f && magic[1] == 0x8b) return Packing::Gzip;
  const std::uint32_t number = load<std::uint32_t>(
      magic, std::endian::native == std::endian::big);  // zstd is little-endian everywhere
  if (number == kZstdFrame || (number & 0xfffffff0) == kSkippable) return Packing::Zstd;
  return Packing::None;
}

std::unique_ptr<ByteInput> unpack(Packing packing, Window packed) {
  if (packing == Packing::Gzip) return std::make_unique<Gunzip>(std::move(packed));
  return std::make_unique<Unzstd>(std::move(packed));
}

}  // namespace whohungup
