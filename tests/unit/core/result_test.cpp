#include "eventsd/result.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace eventsd {
namespace {

struct Row {
  ErrorKind kind;
  int http_status;
  std::string_view type;
  std::string_view http_type;
};

class ErrorTable : public ::testing::TestWithParam<Row> {};

TEST_P(ErrorTable, GivesTheWireForm) {
  const ErrorInfo& info = error_info(GetParam().kind);
  EXPECT_EQ(info.http_status, GetParam().http_status);
  EXPECT_EQ(info.type, GetParam().type);
  EXPECT_EQ(info.http_type, GetParam().http_type);
}

constexpr std::string_view kUnauthorized = "UnauthorizedException";
constexpr std::string_view kBadRequest = "BadRequestException";
constexpr std::string_view kUnavailable = "ServiceUnavailableException";

INSTANTIATE_TEST_SUITE_P(
    AllKinds, ErrorTable,
    ::testing::Values(
        Row{ErrorKind::unauthorized, 401, kUnauthorized, kUnauthorized},
        Row{ErrorKind::missing_credentials, 401, kUnauthorized, kUnauthorized},
        Row{ErrorKind::forbidden, 403, kUnauthorized, kUnauthorized},
        Row{ErrorKind::bad_request, 400, kBadRequest, kBadRequest},
        Row{ErrorKind::too_many_events, 400, "InvalidInputError", kBadRequest},
        Row{ErrorKind::payload_too_large, 413, kBadRequest, kBadRequest},
        Row{ErrorKind::too_many_subscriptions, 400, "MaxSubscriptionsReachedError",
            "MaxSubscriptionsReachedError"},
        Row{ErrorKind::duplicate_subscription, 409, "DuplicatedOperationError",
            "DuplicatedOperationError"},
        Row{ErrorKind::unknown_subscription, 404, "UnknownOperationError", "UnknownOperationError"},
        Row{ErrorKind::unsupported_operation, 400, "UnsupportedOperation", "UnsupportedOperation"},
        Row{ErrorKind::rate_limited, 429, "LimitExceededError", "LimitExceededError"},
        Row{ErrorKind::overloaded, 503, "LimitExceededError", kUnavailable},
        Row{ErrorKind::store_full, 503, kUnavailable, kUnavailable},
        Row{ErrorKind::store_unavailable, 503, kUnavailable, kUnavailable},
        Row{ErrorKind::not_found, 404, "NotFoundException", "NotFoundException"},
        Row{ErrorKind::method_not_allowed, 405, kBadRequest, kBadRequest},
        Row{ErrorKind::upgrade_required, 426, kBadRequest, kBadRequest},
        Row{ErrorKind::request_timeout, 408, kBadRequest, kBadRequest},
        Row{ErrorKind::header_too_large, 431, kBadRequest, kBadRequest},
        Row{ErrorKind::conflict, 409, "ConflictException", "ConflictException"},
        Row{ErrorKind::internal, 500, "InternalFailure", "InternalFailure"}));

TEST(ErrorText, IsTheTableTextUnlessTheErrorHasItsOwn) {
  EXPECT_EQ(error_text(fail(ErrorKind::rate_limited)), "Rate limit exceeded");
  EXPECT_EQ(error_text(fail(ErrorKind::rate_limited, "slower")), "slower");
}

TEST(ErrorText, IsAbsentForForbiddenAlone) {
  for (int i = 0; i <= static_cast<int>(ErrorKind::internal); ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    EXPECT_EQ(error_text(fail(kind)).empty(), kind == ErrorKind::forbidden) << i;
  }
}

TEST(ErrorText, IsThatOfTheRealServiceWhereItIsKnown) {
  EXPECT_EQ(error_text(fail(ErrorKind::unauthorized)), "You are not authorized to make this call.");
  EXPECT_EQ(error_text(fail(ErrorKind::missing_credentials)),
            "Valid authorization header not provided.");
  EXPECT_EQ(error_text(fail(ErrorKind::too_many_events)), "input exceeded 5 event limit");
  EXPECT_EQ(error_text(fail(ErrorKind::too_many_subscriptions)),
            "Max number of 200 subscriptions reached");
  EXPECT_EQ(error_text(fail(ErrorKind::unsupported_operation)),
            "Operation not supported through the realtime channel");
}

TEST(ResultValue, ThrowsALogicErrorWhenItHoldsAnError) {
  const Result<int> result = fail(ErrorKind::not_found, "no such thing");
  EXPECT_THROW(static_cast<void>(result.value()), std::logic_error);
}

}  // namespace
}  // namespace eventsd
