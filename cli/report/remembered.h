// What whoever tells flows keeps from one to the next.
#pragma once

#include <utility>
#include <vector>

#include "analyze/judge.h"
#include "analyze/verdict.h"
#include "dissect/conversation.h"
#include "dissect/digest.h"
#include "dissect/tls_fingerprint.h"

namespace whohungup {

/// Spares the next flow what was worked out for those before it; no report says anything else
/// because of it. Each thread that tells flows has its own.
struct Remembered {
  tls::HelloMemory hellos;  // the JSON that all of a kind have in common
  tls::CertificateMemory certificates;
  Digester digester;
  OpinionMemory opinions;
  Judgement judgement;            // of the last flow, for its room
  std::vector<Message> messages;  // likewise

  /// Takes the flow's messages, for their room; what few flows need is given back.
  void take_messages(Conversation& talk) {
    constexpr std::size_t kMost = 32;
    std::swap(talk.messages, messages);
    if (messages.capacity() <= kMost) return;
    messages.clear();
    messages.shrink_to_fit();
  }
};

}  // namespace whohungup
