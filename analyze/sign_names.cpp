// The ids and questions of the signs (sign.h).
#include "analyze/sign.h"

namespace whohungup {
namespace {

constexpr std::array<SignInfo, kNumSigns> kSigns{{
#define WHOHUNGUP_SIGN(name, id, question) {id, question},
    WHOHUNGUP_SIGNS(WHOHUNGUP_SIGN)
#undef WHOHUNGUP_SIGN
}};

}  // namespace

const SignInfo& info(Sign sign) { return kSigns[static_cast<std::size_t>(sign)]; }

}  // namespace whohungup
