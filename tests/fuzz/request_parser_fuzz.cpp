// Requests, in one piece and in small ones, beside another parser: what ours takes, Beast takes
// too, with the same method, target, body and end. (Ours refuses more.)
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <cstdlib>

#include "server/http_router.hpp"
#include "server/request_parser.hpp"

namespace {

using eventsd::server::HttpRequest;
using eventsd::server::RequestParser;
namespace http = boost::beast::http;

constexpr RequestParser::Caps kCaps{4096, 4096};

void require(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  RequestParser::Status status = RequestParser::Status::more;
  std::size_t used = 0;
  HttpRequest request;
};

void parse(std::string_view bytes, std::size_t piece, Outcome& out) {
  RequestParser parser;
  parser.begin(out.request, kCaps);
  std::string in;
  while (out.status == RequestParser::Status::more && !bytes.empty()) {
    in += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    std::size_t used = 0;
    out.status = parser.parse(in, used);
    require(used <= in.size());
    in.erase(0, used);
    out.used += used;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 16 * 1024) return 0;
  const std::size_t piece = data[0] % 61 + 1u;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  Outcome whole;
  Outcome pieces;
  parse(bytes, bytes.size(), whole);
  parse(bytes, piece, pieces);
  using Status = RequestParser::Status;
  require((whole.status == Status::done) == (pieces.status == Status::done));
  if (whole.status != Status::done) return 0;
  require(whole.used == pieces.used);
  require(whole.request.path == pieces.request.path);
  require(whole.request.body == pieces.request.body);
  require(whole.request.headers == pieces.request.headers);

  std::size_t start = 0;  // Beast does not read over empty lines
  while (bytes.substr(start).starts_with("\r\n")) start += 2;
  http::request_parser<http::string_body> beast;
  beast.eager(true);
  beast.header_limit(16 * 1024);
  boost::system::error_code error;
  std::size_t used = start;
  while (!error && !beast.is_done()) {
    const std::string_view rest = bytes.substr(used, whole.used - used);
    const std::size_t taken = beast.put(boost::asio::buffer(rest), error);
    used += taken;
    if (taken == 0) break;
  }
  // Chunk extensions and trailers are read over by ours: they do not say where anything ends.
  const bool is_read_over =
      error == http::error::bad_chunk_extension || error == http::error::bad_transfer_encoding ||
      error == http::error::bad_content_length || error == http::error::bad_value;
  if (beast.is_header_done() && beast.chunked() && is_read_over) return 0;
  require(!error && beast.is_done());
  require(used == whole.used);
  require(std::string_view(beast.get().method_string()) == whole.request.method);
  require(beast.get().body() == whole.request.body);
  return 0;
}
