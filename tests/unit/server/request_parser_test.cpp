// What is a request, where it ends, and what is refused because two parsers might differ on it.
#include "server/request_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventsd::server {
namespace {

using Status = RequestParser::Status;
using ::testing::ElementsAre;
using ::testing::Pair;

struct Parsed {
  Status status = Status::more;
  std::size_t used = 0;
};

class Request : public ::testing::Test {
 protected:
  // Offers the bytes in pieces of `piece`, as a session does.
  Parsed parse(std::string_view bytes, std::size_t piece = ~std::size_t{0}) {
    parser_.begin(request_, {1024, 1000});
    Parsed all;
    std::string in;
    while (all.status == Status::more && !bytes.empty()) {
      in += bytes.substr(0, piece);
      bytes.remove_prefix(std::min(piece, bytes.size()));
      std::size_t used = 0;
      all.status = parser_.parse(in, used);
      in.erase(0, used);
      all.used += used;
    }
    return all;
  }
  Status status(std::string_view head) {
    return parse("POST /event HTTP/1.1\r\nHost: h\r\n" + std::string(head)).status;
  }
  HttpRequest request_;
  RequestParser parser_;
};

TEST_F(Request, HasMethodPathQueryHeadersAndBody) {
  const std::string bytes =
      "POST /event//realtime/?a=b&c HTTP/1.1\r\nHost: h\r\nX-Spaced: \t a  b \t\r\nEmpty:\r\n"
      "Content-Length: 4\r\n\r\nbody";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    EXPECT_EQ(parse(bytes, piece).status, Status::done);
    EXPECT_EQ(request_.method, "POST");
    EXPECT_EQ(request_.path, "/event/realtime");
    EXPECT_EQ(request_.query, "a=b&c");
    EXPECT_THAT(request_.headers, ElementsAre(Pair("Host", "h"), Pair("X-Spaced", "a  b"),
                                              Pair("Empty", ""), Pair("Content-Length", "4")));
    EXPECT_EQ(request_.body, "body");
    EXPECT_TRUE(parser_.keeps_alive());
  }
}

TEST_F(Request, EndsWhereTheNextBegins) {
  const std::string first = "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab";
  EXPECT_EQ(parse(first + "GET /next HTTP/1.1\r\n").used, first.size());
  const std::string chunked =
      "POST / HTTP/1.1\r\nTransfer-Encoding: "
      "Chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0A\r\n0123456789\r\n"
      "0\r\nTrailer: t\r\n\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, chunked.size() + 5}) {
    const Parsed parsed = parse(chunked + "GET /", piece);
    EXPECT_EQ(parsed.status, Status::done);
    EXPECT_EQ(request_.body, "abc0123456789");
    EXPECT_EQ(request_.header("trailer"), "");
    EXPECT_GE(parsed.used, chunked.size());
    EXPECT_EQ(parsed.used, chunked.size());
  }
}

TEST_F(Request, MayComeBehindEmptyLinesAndInAbsoluteForm) {
  EXPECT_EQ(parse("\r\n\r\nGET http://h:80/event?q HTTP/1.1\r\nHost: h\r\n\r\n").status,
            Status::done);
  EXPECT_EQ(request_.path, "/event");
  EXPECT_EQ(request_.query, "q");
}

TEST_F(Request, LeavesNothingOfTheOneBefore) {
  parse("POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx");
  EXPECT_TRUE(parser_.expects_continue());
  EXPECT_EQ(parse("GET / HTTP/1.0\r\n\r\n").status, Status::done);
  EXPECT_EQ(request_.path, "/");
  EXPECT_EQ(request_.query + request_.body, "");
  EXPECT_THAT(request_.headers, ElementsAre());
  EXPECT_FALSE(parser_.expects_continue());
  EXPECT_FALSE(parser_.keeps_alive());
}

TEST_F(Request, KeepsThePathAsSentForSignatures) {
  parse("POST /event/ HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(request_.path, "/event");
  EXPECT_EQ(request_.raw_path, "/event/");
  parse("POST /event HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(request_.raw_path, "");
}

TEST_F(Request, SaysWhatBecomesOfTheConnection) {
  const auto keeps = [this](std::string_view version, std::string_view connection) {
    parse("GET / HTTP/" + std::string(version) + "\r\n" + std::string(connection) + "\r\n");
    return parser_.keeps_alive();
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_FALSE(keeps("1.1", "Connection: keep-alive, Close\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: a\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps("1.0", ""));
  EXPECT_TRUE(keeps("1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(keeps("1.0", "Connection: keep-alive\r\nConnection: close\r\n"));
}

TEST_F(Request, IsRefusedWhenItsLengthIsInDoubt) {
  EXPECT_EQ(status("Content-Length: 1\r\nContent-Length: 1\r\n\r\nx"), Status::malformed);
  EXPECT_EQ(status("Content-Length: 1, 1\r\n\r\nx"), Status::malformed);
  EXPECT_EQ(status("Content-Length: +1\r\n\r\nx"), Status::malformed);
  EXPECT_EQ(status("Content-Length: -1\r\n\r\nx"), Status::malformed);
  EXPECT_EQ(status("Content-Length: 0x1\r\n\r\nx"), Status::malformed);
  EXPECT_EQ(status("Content-Length:\r\n\r\nx"), Status::malformed);
  EXPECT_EQ(status("Content-Length: 99999999999999999999\r\n\r\nx"), Status::malformed);
  EXPECT_EQ(status("Content-Length : 1\r\n\r\nx"), Status::malformed);
  EXPECT_EQ(status("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), Status::malformed);
  EXPECT_EQ(status("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
            Status::malformed);
  EXPECT_EQ(status("Transfer-Encoding: gzip, chunked\r\n\r\n"), Status::unknown_coding);
  EXPECT_EQ(status("Transfer-Encoding: identity\r\n\r\n"), Status::unknown_coding);
  EXPECT_EQ(parse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").status,
            Status::malformed);
}

TEST_F(Request, IsRefusedWhenALineIsNone) {
  EXPECT_EQ(status("A: b\nC: d\r\n\r\n"), Status::malformed);
  EXPECT_EQ(status("A: b\rC: d\r\n\r\n"), Status::malformed);
  EXPECT_EQ(status("A: b\r\n folded\r\n\r\n"), Status::malformed);
  EXPECT_EQ(status(" A: b\r\n\r\n"), Status::malformed);
  EXPECT_EQ(status(": b\r\n\r\n"), Status::malformed);
  EXPECT_EQ(status("A(: b\r\n\r\n"), Status::malformed);
  EXPECT_EQ(status(std::string("A: b\0c\r\n\r\n", 11)), Status::malformed);
  for (const std::string_view line : {"GET / HTTP/2.0", "GET / HTTP/1.1 ", "GET  / HTTP/1.1",
                                      "GET /", "GET / http/1.1", "/ HTTP/1.1", " GET / HTTP/1.1",
                                      "G(T / HTTP/1.1", "GET /\x01 HTTP/1.1", "GET / HTTP/1.x"}) {
    EXPECT_EQ(parse(std::string(line) + "\r\nHost: h\r\n\r\n").status, Status::malformed) << line;
  }
}

TEST_F(Request, IsRefusedAsSoonAsItsFirstLineIsNone) {
  EXPECT_EQ(parse("GARBAGE\r\n").status, Status::malformed);
  EXPECT_EQ(parse("GET / HTTP/1.1\n").status, Status::malformed);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: h\r\n", 1).status, Status::more);
}

TEST_F(Request, IsRefusedWhenAChunkIsNone) {
  const std::string head = "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(status(head + "\r\n"), Status::malformed);
  EXPECT_EQ(status(head + "g\r\n"), Status::malformed);
  EXPECT_EQ(status(head + "-1\r\n"), Status::malformed);
  EXPECT_EQ(status(head + "0x1\r\n"), Status::malformed);
  EXPECT_EQ(status(head + "1 1\r\n"), Status::malformed);
  EXPECT_EQ(status(head + "1\na\r\n"), Status::malformed);
  EXPECT_EQ(status(head + "1\r\nab\r\n"), Status::malformed);
  EXPECT_EQ(status(head + "1\r\na\n"), Status::malformed);
  EXPECT_EQ(status(head + "fffffffffffffffff\r\n"), Status::malformed);
  EXPECT_EQ(status(head + "0\r\nno trailer\r\n\r\n"), Status::malformed);
}

TEST_F(Request, IsBounded) {
  EXPECT_EQ(status("X: " + std::string(2000, 'x')), Status::header_too_large);
  EXPECT_EQ(status("X: " + std::string(2000, 'x') + "\r\n\r\n"), Status::header_too_large);
  EXPECT_EQ(status("Content-Length: 1001\r\n\r\n"), Status::body_too_large);
  EXPECT_EQ(status("Content-Length: 1000\r\n\r\n"), Status::more);
  const std::string head = "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(status(head + "3e9\r\n"), Status::body_too_large);
  EXPECT_EQ(status(head + "1\r\na\r\n3e8\r\n"), Status::body_too_large);
  EXPECT_EQ(status(head + "fffffffffffffff\r\n"), Status::body_too_large);
  EXPECT_EQ(status(head + "1;" + std::string(2000, 'x')), Status::header_too_large);
  EXPECT_EQ(status(head + "0\r\nX: " + std::string(2000, 'x')), Status::header_too_large);
}

}  // namespace
}  // namespace eventsd::server
