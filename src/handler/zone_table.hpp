// Time zones for handlers, read before the sandbox closes: inside there are no files.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace eventsd::handler {

class ZoneTable {
 public:
  // Every zone of the folder (TZif, RFC 9636). A folder that is not there, and files that are not
  // of that format, leave out zones; handlers then learn that the zone is unknown.
  static std::shared_ptr<const ZoneTable> read(const std::string& folder = "/usr/share/zoneinfo");

  // Seconds east of UTC in that zone at `seconds` since 1970. After the last transition that the
  // file lists (2037 where the system's package is complete) the last offset stays.
  std::optional<int> offset(std::string_view zone, std::int64_t seconds) const;
  // The zone's abbreviation then: "EDT".
  std::optional<std::string> name(std::string_view zone, std::int64_t seconds) const;
  std::size_t size() const { return zones_.size(); }

 private:
  struct Local {
    int offset = 0;
    std::uint8_t name = 0;  // where it begins in Zone::names
  };
  struct Zone {
    std::map<std::int64_t, Local> times;  // from that second on
    Local before;
    std::string names;  // each ends with a NUL
  };
  const Zone* find(std::string_view zone) const;
  static const Local& at(const Zone& zone, std::int64_t seconds);
  static std::optional<Zone> parse(std::string_view file);
  std::map<std::string, std::shared_ptr<const Zone>, std::less<>> zones_;
};

}  // namespace eventsd::handler
