#include "cli/bundle_about.h"

#include <fmt/core.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "capture/capture_file.h"
#include "cli/bundle_capture.h"
#include "cli/command.h"
#include "cli/report/json_writer.h"
#include "cli/report/words.h"

namespace whohungup {
namespace {

// Stands for a name that would tell too much.
constexpr std::string_view kLeftOut = "left out";

std::string read_text(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string first_line(std::string text) {
  text.resize(std::min(text.find('\n'), text.size()));
  return text;
}

std::vector<std::string> command_line() {
  std::vector<std::string> words;
  const std::string all = read_text("/proc/self/cmdline");
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find('\0', at), all.size());
    words.push_back(all.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

void write_program(JsonWriter& json, bool anonymized) {
  json.key("program").open_object();
  json.field("name", "whohungup").field("version", WHOHUNGUP_VERSION);
  json.field("versions", version_text()).key("command");
  anonymized ? json.value(nullptr) : json.value(command_line());  // it names files
  json.close_object();
}

void write_machine(JsonWriter& json, bool anonymized) {
  json.key("machine").open_object();
  json.field("kernel", operating_system());
  // It tells who built the kernel, and where.
  json.text_or_null("kernel_build", anonymized ? "" : first_line(read_text("/proc/version")));
  json.field("user_id", static_cast<std::uint64_t>(::geteuid())).close_object();
}

/// What the kernel believes about its clock (adjtimex(2), read only).
void write_clock(JsonWriter& json) {
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  timex clock{};
  const int state = ::adjtimex(&clock);
  json.key("clock").open_object();
  json.field("utc", rfc3339(now));
  json.text_or_null(
      "source",
      first_line(read_text("/sys/devices/system/clocksource/clocksource0/current_clocksource")));
  std::optional<bool> synchronised;
  std::optional<std::int64_t> offset_ns, error_us;
  if (state >= 0) synchronised = (clock.status & STA_UNSYNC) == 0;
  if (synchronised.value_or(false)) {
    offset_ns = clock.offset * ((clock.status & STA_NANO) != 0 ? 1 : 1000);
    error_us = clock.esterror;
  }
  json.field("synchronised", synchronised).field("offset_ns", offset_ns);
  json.field("estimated_error_us", error_us).close_object();
}

void write_inputs(JsonWriter& json, const std::vector<InputFile>& inputs, bool anonymized) {
  json.key("inputs").open_array();
  for (const InputFile& input : inputs) {
    json.open_object().text_or_null("file", anonymized ? std::string() : input.name);
    json.text_or_null("sha256", input.sha256);
    json.key("bytes");
    input.sha256.empty() ? json.value(nullptr) : json.value(input.bytes);
    json.text_or_null("summed", input.sha256.empty() ? ""
                                : input.while_read   ? "while it was read"
                                                     : "before it was read");
    json.key("whole");
    input.sha256.empty() ? json.value(nullptr) : json.value(input.whole);
    json.close_object();
  }
  json.close_array();
}

/// Whether an offload is on; nothing where the interface does not say.
std::optional<bool> offload(int socket, const std::string& interface, std::uint32_t question) {
  ethtool_value value{};
  value.cmd = question;
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&value);
  if (::ioctl(socket, SIOCETHTOOL, &request) != 0) return std::nullopt;
  return value.data != 0;
}

void write_offload(JsonWriter& json, const std::string& interface) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  json.key("offload").open_object();
  constexpr std::array<std::pair<const char*, std::uint32_t>, 5> kQuestions{{
      {"tcp_segmentation", ETHTOOL_GTSO},
      {"generic_segmentation", ETHTOOL_GGSO},
      {"generic_receive", ETHTOOL_GGRO},
      {"receive_checksum", ETHTOOL_GRXCSUM},
      {"transmit_checksum", ETHTOOL_GTXCSUM},
  }};
  for (const auto& [name, question] : kQuestions)
    json.field(name, offload(socket, interface, question));
  json.close_object();
  if (socket >= 0) ::close(socket);
}

void write_time(JsonWriter& json, std::string_view name, Time at) {
  json.key(name);
  at == Time{} ? json.value(nullptr) : json.value(rfc3339(at));
}

void write_capture(JsonWriter& json, const About& about) {
  const CaptureQuality& quality = about.with.quality;
  json.key("capture").open_object();
  json.field("complete", quality.complete).field("dropped", quality.dropped);
  json.field("stopped_early", about.order.stopped_early);
  write_time(json, "begin", quality.begin);
  write_time(json, "end", quality.end);
  json.field("begin_ns", quality.begin.time_since_epoch().count());
  json.field("end_ns", quality.end.time_since_epoch().count());
  json.key("interfaces").open_array();
  for (const InterfaceNotes& interface : about.original.interfaces) {
    json.open_object().text_or_null("name", interface.name);
    json.text_or_null("description", interface.description);
    json.field("link_type", static_cast<std::uint16_t>(interface.link));
    json.field("snaplen", interface.snaplen).field("received", interface.received);
    json.field("dropped", interface.dropped).close_object();
  }
  json.close_array();
  json.text_or_null("live_interface", about.order.anonymize && !about.order.live_interface.empty()
                                          ? std::string(kLeftOut)
                                          : about.order.live_interface);
  if (!about.order.live_interface.empty()) write_offload(json, about.order.live_interface);
  json.key("damage").open_array();
  for (const Damage& damage : about.original.damage)
    json.value(about.order.anonymize ? damage.what : describe(damage));
  json.close_array().close_object();
}

std::string text(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

/// Where the document says a thing in two ways, and not the same. What it lacks is no
/// contradiction.
std::vector<std::string> contradictions_in(const nlohmann::json& about, const AboutRead& read) {
  std::vector<std::string> found;
  const auto& capture = about["capture"];
  for (const auto& [name, at] :
       {std::pair("begin", read.with.quality.begin), std::pair("end", read.with.quality.end)})
    if (text(capture.value(name, nlohmann::json())) != (at == Time{} ? "" : rfc3339(at)))
      found.push_back(
          fmt::format("about.json: capture.{0} is not the moment of capture.{0}_ns", name));
  const bool changed = about.contains("changes") && !about["changes"].empty();
  if (changed != read.order->anonymize)
    found.push_back(fmt::format("about.json: anonymized is {}, and changes are {}",
                                read.order->anonymize, changed ? "listed" : "not"));
  return found;
}

std::string_view secrets_state(const BundleOrder& order) {
  if (!order.own_secrets.empty() && !order.anonymize) return "published";
  return order.others_secrets.empty() ? "none" : "withheld";
}

}  // namespace

std::string about_json(const About& about) {
  JsonWriter json;
  json.open_object().field("schema", "whohungup/1").field("type", "about");
  write_program(json, about.order.anonymize);
  write_machine(json, about.order.anonymize);
  write_clock(json);
  write_inputs(json, about.order.inputs, about.order.anonymize);
  write_capture(json, about);
  json.key("judged_with").open_object();
  json.field("ports", about.with.ports).field("tls_secrets", secrets_state(about.order));
  json.close_object();
  json.field("packets", about.packets);
  json.key("original_frames");
  about.order.renumbered != nullptr ? json.value(*about.order.renumbered) : json.value(nullptr);
  json.field("anonymized", about.order.anonymize).field("changes", about.changes);
  return json.close_object().line();
}

AboutRead read_about(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const auto about = nlohmann::json::parse(file, nullptr, false);
  const auto part = [&](const nlohmann::json& whole, const char* name) {
    if (!whole.is_object() || !whole.contains(name))
      throw CaptureError(path + ": cannot be understood: " + name + " is missing");
    return whole[name];
  };
  const auto whole_number = [&](const nlohmann::json& value) {
    if (!value.is_number_integer())
      throw CaptureError(path + ": holds no number where one belongs");
    return value.get<std::int64_t>();
  };
  const auto count = [&](const nlohmann::json& value) -> std::optional<std::uint64_t> {
    if (value.is_null()) return std::nullopt;
    return static_cast<std::uint64_t>(whole_number(value));
  };
  if (text(part(about, "type")) != "about") throw CaptureError(path + ": is no about.json");
  AboutRead read;
  read.version = text(part(part(about, "program"), "version"));
  const auto capture = part(about, "capture");
  CaptureQuality& quality = read.with.quality;
  quality.complete = part(capture, "complete") == true;
  quality.dropped = count(part(capture, "dropped"));
  quality.begin = time_from_ns(whole_number(part(capture, "begin_ns")));
  quality.end = time_from_ns(whole_number(part(capture, "end_ns")));
  for (const auto& port : part(part(about, "judged_with"), "ports"))
    read.with.ports.push_back(static_cast<std::uint16_t>(whole_number(port)));
  for (const auto& input : part(about, "inputs")) {
    InputFile& said = read.order->inputs.emplace_back();
    said.name = text(part(input, "file"));
    said.sha256 = text(part(input, "sha256"));
    said.bytes = count(part(input, "bytes")).value_or(0);
    said.while_read = text(input.value("summed", nlohmann::json())) == "while it was read";
    said.whole = input.value("whole", nlohmann::json()) != false;
  }
  read.packets = static_cast<std::uint64_t>(whole_number(part(about, "packets")));
  for (const auto& interface : part(capture, "interfaces")) {
    InterfaceNotes& notes = read.interfaces.emplace_back();
    notes.name = text(part(interface, "name"));
    notes.description = text(interface.value("description", nlohmann::json()));
    notes.link = static_cast<LinkType>(whole_number(part(interface, "link_type")));
    notes.snaplen = static_cast<std::uint32_t>(whole_number(part(interface, "snaplen")));
    notes.received = count(part(interface, "received"));
    notes.dropped = count(part(interface, "dropped"));
  }
  read.order->live_interface = text(part(capture, "live_interface"));
  read.order->anonymize = part(about, "anonymized") == true;
  read.order->stopped_early = part(capture, "stopped_early") == true;
  if (const auto frames = part(about, "original_frames"); frames.is_array()) {
    read.original_frames = std::make_unique<std::vector<FrameNo>>();
    for (const auto& frame : frames)
      read.original_frames->push_back(static_cast<FrameNo>(whole_number(frame)));
    read.order->renumbered = read.original_frames.get();
  }
  read.secrets = text(part(part(about, "judged_with"), "tls_secrets"));
  read.contradictions = contradictions_in(about, read);
  return read;
}

}  // namespace whohungup
