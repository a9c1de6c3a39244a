#include "cli/bundle_sign.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include <openssl/evp.h>

#include "capture/source.h"
#include "cli/report/escape.h"

extern char** environ;

namespace whohungup {
namespace {

constexpr int kNotRun = -1;

struct Ran {
  int status{};      // as waitpid() has it, or kNotRun
  std::string said;  // on standard output and standard error
};

/// Runs ssh-keygen with `input` as its standard input.
Ran run_ssh_keygen(const std::vector<std::string>& words, const std::string& input) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return {kNotRun, fmt::format("cannot run ssh-keygen: {}", std::strerror(errno))};
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
  std::vector<std::string> owned{"ssh-keygen"};
  owned.insert(owned.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  arguments.reserve(owned.size() + 1);
  for (std::string& word : owned) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const mode_t before = ::umask(S_IRWXG | S_IRWXO);  // what it writes is private, too
  const int error =
      ::posix_spawnp(&child, "ssh-keygen", &actions, nullptr, arguments.data(), environ);
  ::umask(before);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  Ran ran;
  std::array<char, 4096> block{};
  ssize_t got = 0;
  while (error == 0 && (got = ::read(pipe[0], block.data(), block.size())) != 0) {
    if (got < 0 && errno != EINTR) break;
    if (got > 0) ran.said.append(block.data(), static_cast<std::size_t>(got));
  }
  ::close(pipe[0]);
  if (error != 0)
    return {kNotRun, fmt::format("cannot run ssh-keygen ({}): install openssh-client",
                                 std::strerror(error))};
  while (::waitpid(child, &ran.status, 0) < 0 && errno == EINTR) {
  }
  // It ends its lines now with "\n" and now with "\r\n".
  ran.said.erase(std::remove(ran.said.begin(), ran.said.end(), '\r'), ran.said.end());
  while (!ran.said.empty() && ran.said.back() == '\n') ran.said.pop_back();
  return ran;
}

/// Its lines as one.
std::string in_a_line(const Ran& ran) {
  std::string line;
  for (const char c : ran.said) line += c == '\n' ? std::string("; ") : std::string(1, c);
  return harmless(line);
}

bool ok(const Ran& ran) { return ran.status == 0; }

/// Whether the armour is as ssh-keygen writes it, to the byte: ssh-keygen reads past changes in it
/// that do not change the signature, and here every changed byte counts.
bool is_canonical(const std::string& armoured) {
  constexpr std::string_view kBegin = "-----BEGIN SSH SIGNATURE-----\n";
  constexpr std::string_view kEnd = "-----END SSH SIGNATURE-----\n";
  constexpr std::size_t kColumns = 70;
  const std::string_view all(armoured);
  if (!all.starts_with(kBegin) || !all.ends_with(kEnd)) return false;
  std::string base64;
  for (const char c : all.substr(kBegin.size(), all.size() - kBegin.size() - kEnd.size()))
    if (c != '\n') base64 += c;
  std::vector<unsigned char> raw(base64.size() + 4);
  const int size =
      EVP_DecodeBlock(raw.data(), reinterpret_cast<const unsigned char*>(base64.data()),
                      static_cast<int>(base64.size()));
  if (size < 0) return false;
  int bytes = size;
  for (std::size_t i = base64.size(); i > 0 && base64[i - 1] == '='; --i) --bytes;
  std::vector<unsigned char> again(base64.size() + 4);
  EVP_EncodeBlock(again.data(), raw.data(), bytes);
  std::string expected(kBegin);
  for (std::size_t at = 0; at < base64.size(); at += kColumns)
    expected +=
        std::string(reinterpret_cast<const char*>(again.data())).substr(at, kColumns) + '\n';
  return expected + std::string(kEnd) == all;
}

}  // namespace

std::string try_to_sign(const std::string& file, const std::string& key) {
  const Ran ran = run_ssh_keygen(
      {"-q", "-Y", "sign", "-n", std::string(kSignatureNamespace), "-f", key, file}, "/dev/null");
  return ok(ran) ? std::string() : fmt::format("cannot sign with {}: {}", key, in_a_line(ran));
}

SignatureCheck check_signature(const std::string& file, const std::string& signers) {
  const std::string signature = file + ".sig";
  std::ifstream stream(signature, std::ios::binary);
  const std::string armoured{std::istreambuf_iterator<char>(stream), {}};
  if (!is_canonical(armoured)) return {false, "is not as ssh-keygen writes a signature"};
  const std::string purpose(kSignatureNamespace);
  Ran ran = run_ssh_keygen({"-Y", "check-novalidate", "-n", purpose, "-s", signature}, file);
  if (ran.status == kNotRun) throw CaptureError(in_a_line(ran));
  if (!ok(ran) || signers.empty()) return {ok(ran), in_a_line(ran)};
  const Ran found =
      run_ssh_keygen({"-Y", "find-principals", "-s", signature, "-f", signers}, "/dev/null");
  if (!ok(found)) return {false, "is by nobody in " + signers + ": " + in_a_line(found)};
  const std::string who = found.said.substr(0, found.said.find('\n'));
  ran = run_ssh_keygen({"-Y", "verify", "-n", purpose, "-s", signature, "-f", signers, "-I", who},
                       file);
  return {ok(ran), in_a_line(ran)};
}

}  // namespace whohungup
