// How far a handshake has got, by the records that went by: who changed ciphers, whose Finished was
// seen, and with which frame both were done (RFC 5246 §7.3, RFC 8446 §2).
#pragma once

#include "dissect/conversation.h"

namespace whohungup {

/// What one side's records have said so far.
struct Spoken {
  bool ccs{};               // its ChangeCipherSpec went by
  bool finished{};          // its Finished went by
  bool gaps{};              // records of it may be missing from the capture
  bool sealed_handshake{};  // it sent type 23 records before any Finished: TLS 1.3
};

/// Both sides' course, to be told of every record once it is complete.
struct Course {
  Spoken &client, &server;
  HandshakeEnd& end;

  /// What a complete record means. Says of the record whether it is sealed. `client_was_answered`:
  /// the client has acknowledged bytes of the server's answer.
  void follow(RecordSeen&, bool client_was_answered);

 private:
  void follow_data(const RecordSeen&, bool client_was_answered);
  void note_finish(const RecordSeen& last);
};

}  // namespace whohungup
