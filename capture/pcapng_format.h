// The numbers of the pcapng format that its reader and its writer share
// (draft-ietf-opsawg-pcapng).
//
//   block   type 4 | total length 4 | body, padded to 4 bytes | total length 4
//   option  code 2 | length 2 | value, padded to 4 bytes        ... until code 0
#pragma once

#include <cstddef>
#include <cstdint>

namespace whohungup::pcapng {

enum Block : std::uint32_t {
  kSectionHeader = 0x0a0d0d0a,  // the same in both byte orders
  kInterfaceDescription = 1,
  kPacket = 2,  // obsolete, but old files have it
  kSimplePacket = 3,
  kNameResolution = 4,
  kInterfaceStatistics = 5,
  kEnhancedPacket = 6,
  kSystemdJournal = 9,
  kDecryptionSecrets = 10,
  kCustom = 0x00000bad,
  kCustomNotToCopy = 0x40000bad,
};

constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint32_t kTlsKeyLog = 0x544c534b;  // "TLSK"

enum Option : std::uint16_t {
  kEndOfOptions = 0,
  kComment = 1,
  // section header
  kHardware = 2,
  kOperatingSystem = 3,
  kUserApplication = 4,
  // interface description
  kInterfaceName = 2,
  kInterfaceDescriptionText = 3,
  kTimeResolution = 9,
  kFilter = 11,
  kInterfaceOs = 12,
  kTimeOffset = 14,
  // enhanced packet
  kFlags = 2,
  kDropCount = 4,
  kPacketId = 5,
  // interface statistics
  kStartTime = 2,
  kEndTime = 3,
  kReceived = 4,
  kDroppedByInterface = 5,
  kAcceptedByFilter = 6,
  kDroppedByOs = 7,
};

enum NameRecord : std::uint16_t { kEndOfNames = 0, kIpv4Name = 1, kIpv6Name = 2 };

constexpr std::size_t kBlockOverhead = 12;  // type and both lengths
constexpr std::size_t kSectionMinimum = 28;

constexpr std::size_t padded(std::size_t n) { return (n + 3) & ~std::size_t{3}; }

}  // namespace whohungup::pcapng
