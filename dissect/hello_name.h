// The name a ClientHello asks for, found without reading the rest of the conversation: a table of
// hang-ups needs nothing else of it.
#pragma once

#include <optional>
#include <string_view>

#include "dissect/conversation.h"

namespace whohungup {

struct HelloName {
  /// False: the hello is not one whole message in one record, and converse() has to say.
  bool read{};
  /// As the bytes claim it (hostile text); nothing if the hello asks for no name. Views the stream.
  std::optional<std::string_view> name;
};

/// Where `read` is true, `name` is what ClientHello::sni() of the client's first hello says.
HelloName read_hello_name(const Conversation&);

}  // namespace whohungup
