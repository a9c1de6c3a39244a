// What to say about a packet in the ladder: what it carries and what it does to the connection.
#pragma once

#include <map>
#include <string>

#include "dissect/conversation.h"

namespace whohungup {

/// The messages, dialogue lines and plaintext of a conversation, by the frames that carry them.
class LadderNotes {
 public:
  explicit LadderNotes(const Conversation&);

  /// A short note on a segment; empty if its flags and lengths say it all.
  [[nodiscard]] std::string about(const Placed&) const;
  /// A short note on an ICMP error.
  [[nodiscard]] static std::string about(const IcmpError&);

 private:
  void note(FrameNo, const std::string&);
  void note_message(const Message&);
  [[nodiscard]] bool is_refused(const Placed&) const;
  [[nodiscard]] std::string acknowledgement(const Placed&) const;

  const Conversation& talk_;
  std::map<FrameNo, std::string> carried_;
  FrameNo hello_acked_by_{};  // the first packet that acknowledges the whole ClientHello
};

}  // namespace whohungup
