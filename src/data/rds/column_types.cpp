#include "data/rds/column_types.hpp"

#include <algorithm>
#include <array>

namespace eventsd::data::rds {
namespace {

using enum ValueKind;

struct Row {
  std::uint32_t oid;
  ColumnType type;
};

// pg_type.dat of PostgreSQL; java.sql.Types. In the order of the numbers.
constexpr std::array<Row, 56> kTypes = {{
    {16, {"bool", boolean, text, -7}},
    {17, {"bytea", blob, text, -2}},
    {18, {"char", text, text, 1}},
    {19, {"name", text, text, 12}},
    {20, {"int8", long_integer, text, -5}},
    {21, {"int2", long_integer, text, 5}},
    {23, {"int4", long_integer, text, 4}},
    {25, {"text", text, text, 12}},
    {26, {"oid", long_integer, text, -5}},
    {114, {"json", text, text, 1111}},
    {142, {"xml", text, text, 2009}},
    {199, {"_json", array, text, 2003}},
    {600, {"point", text, text, 1111}},
    {650, {"cidr", text, text, 1111}},
    {700, {"float4", double_float, text, 7}},
    {701, {"float8", double_float, text, 8}},
    {705, {"unknown", text, text, 12}},
    {790, {"money", text, text, 8}},
    {829, {"macaddr", text, text, 1111}},
    {869, {"inet", text, text, 1111}},
    {1000, {"_bool", array, boolean, 2003}},
    {1001, {"_bytea", array, text, 2003}},
    {1002, {"_char", array, text, 2003}},
    {1003, {"_name", array, text, 2003}},
    {1005, {"_int2", array, long_integer, 2003}},
    {1007, {"_int4", array, long_integer, 2003}},
    {1009, {"_text", array, text, 2003}},
    {1014, {"_bpchar", array, text, 2003}},
    {1015, {"_varchar", array, text, 2003}},
    {1016, {"_int8", array, long_integer, 2003}},
    {1021, {"_float4", array, double_float, 2003}},
    {1022, {"_float8", array, double_float, 2003}},
    {1028, {"_oid", array, long_integer, 2003}},
    {1041, {"_inet", array, text, 2003}},
    {1042, {"bpchar", text, text, 1}},
    {1043, {"varchar", text, text, 12}},
    {1082, {"date", text, text, 91}},
    {1083, {"time", text, text, 92}},
    {1114, {"timestamp", text, text, 93}},
    {1115, {"_timestamp", array, text, 2003}},
    {1182, {"_date", array, text, 2003}},
    {1183, {"_time", array, text, 2003}},
    {1184, {"timestamptz", text, text, 93}},
    {1185, {"_timestamptz", array, text, 2003}},
    {1186, {"interval", text, text, 1111}},
    {1187, {"_interval", array, text, 2003}},
    {1231, {"_numeric", array, text, 2003}},
    {1266, {"timetz", text, text, 92}},
    {1560, {"bit", text, text, -7}},
    {1562, {"varbit", text, text, 1111}},
    {1700, {"numeric", text, text, 2}},
    {2278, {"void", text, text, 1111}},
    {2950, {"uuid", text, text, 1111}},
    {2951, {"_uuid", array, text, 2003}},
    {3802, {"jsonb", text, text, 1111}},
    {3807, {"_jsonb", array, text, 2003}},
}};
static_assert(std::is_sorted(kTypes.begin(), kTypes.end(),
                             [](const Row& a, const Row& b) { return a.oid < b.oid; }));

constexpr ColumnType kOther = {"unknown", text, text, 1111};

}  // namespace

const ColumnType& column_type(std::uint32_t oid) {
  const auto place =
      std::lower_bound(kTypes.begin(), kTypes.end(), oid,
                       [](const Row& row, std::uint32_t wanted) { return row.oid < wanted; });
  return place != kTypes.end() && place->oid == oid ? place->type : kOther;
}

}  // namespace eventsd::data::rds
