// The optional signature of a bundle: SHA256SUMS.sig, made and checked by OpenSSH's
// `ssh-keygen -Y`, so that nobody needs this program to check it.
#pragma once

#include <string>
#include <string_view>

namespace whohungup {

/// What the signature is for: a signature made for another purpose is not taken for one of ours.
inline constexpr std::string_view kSignatureNamespace = "whohungup-bundle";

/// Signs `file` with the SSH key in `key` (a private key, or a public one whose private part an
/// agent holds) and writes `file`.sig. Returns why that did not work; empty: it did.
std::string try_to_sign(const std::string& file, const std::string& key);

/// What a check of a signature found.
struct SignatureCheck {
  bool good{};
  std::string text;  // who signed, or why it is not good
};

/// Checks that `file`.sig is a signature over `file`. With `signers`, an allowed_signers file
/// (ssh-keygen(1)), also that one of them made it. Throws CaptureError without ssh-keygen.
SignatureCheck check_signature(const std::string& file, const std::string& signers = {});

}  // namespace whohungup
