// The words of verdict.h.
#include "analyze/verdict.h"

namespace whohungup {

std::string_view to_string(Actor actor) {
  switch (actor) {
    case Actor::Server:
      return "server";
    case Actor::Client:
      return "client";
    case Actor::Middlebox:
      return "middlebox";
    case Actor::Unknown:
      return "unknown";
    case Actor::Nobody:
      return "nobody";
  }
  return {};
}

std::string_view to_string(Confidence confidence) {
  switch (confidence) {
    case Confidence::Undetermined:
      return "undetermined";
    case Confidence::Suggested:
      return "suggested";
    case Confidence::Strong:
      return "strong";
    case Confidence::Proven:
      return "proven";
  }
  return {};
}

std::string_view to_string(Weight weight) {
  switch (weight) {
    case Weight::Hints:
      return "hints";
    case Weight::Points:
      return "points";
    case Weight::Decides:
      return "decides";
  }
  return {};
}

std::string_view to_string(LookAlike::Status status) {
  switch (status) {
    case LookAlike::Status::Excluded:
      return "excluded";
    case LookAlike::Status::Possible:
      return "possible";
    case LookAlike::Status::Untestable:
      return "untestable";
  }
  return {};
}

std::string Verdict::code() const {
  std::string code;
  code.append(to_string(actor)).append(".");
  code.append(to_string(event.mechanism)).append(".");
  code.append(to_string(event.stage));
  return code;
}

}  // namespace whohungup
