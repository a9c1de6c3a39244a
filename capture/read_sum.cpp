#include "capture/read_sum.h"

#include <utility>

namespace whohungup {
namespace {

class Summed final : public ByteInput {
 public:
  Summed(std::unique_ptr<ByteInput> input, ReadSum& sum) : input_(std::move(input)), sum_(sum) {}

  Result read(std::span<std::uint8_t> into) override {
    Result got = input_->read(into);
    if (got.state == State::Some) sum_.add(into.first(got.count));
    if (got.state == State::End) sum_.end();
    return got;
  }

  [[nodiscard]] Position position() const override { return input_->position(); }

 private:
  std::unique_ptr<ByteInput> input_;
  ReadSum& sum_;
};

}  // namespace

std::unique_ptr<ByteInput> summed(std::unique_ptr<ByteInput> input, ReadSum& sum) {
  return std::make_unique<Summed>(std::move(input), sum);
}

}  // namespace whohungup
