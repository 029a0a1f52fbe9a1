#include "admin/absent_operations.hpp"

#include <array>
#include <string>

namespace eventsd::admin {
namespace {

struct Operation {
  std::string_view method;
  std::string_view path;
  std::string_view name;
};

constexpr std::string_view kSources = "/v1/apis/{apiId}/datasources";
constexpr std::string_view kSource = "/v1/apis/{apiId}/datasources/{name}";
constexpr std::string_view kDomain = "/v1/domainnames/{domainName}";
constexpr std::string_view kAssociation = "/v1/domainnames/{domainName}/apiassociation";
constexpr std::string_view kTags = "/v1/tags/{resourceArn}";

constexpr std::array kOperations{
    Operation{"POST", "/v2/apis", "CreateApi"},
    Operation{"POST", "/v2/apis/{apiId}/channelNamespaces", "CreateChannelNamespace"},
    Operation{"GET", kSources, "ListDataSources"},
    Operation{"POST", kSources, "CreateDataSource"},
    Operation{"GET", kSource, "GetDataSource"},
    Operation{"POST", kSource, "UpdateDataSource"},
    Operation{"DELETE", kSource, "DeleteDataSource"},
    Operation{"GET", "/v1/domainnames", "ListDomainNames"},
    Operation{"POST", "/v1/domainnames", "CreateDomainName"},
    Operation{"GET", kDomain, "GetDomainName"},
    Operation{"POST", kDomain, "UpdateDomainName"},
    Operation{"DELETE", kDomain, "DeleteDomainName"},
    Operation{"GET", kAssociation, "GetApiAssociation"},
    Operation{"POST", kAssociation, "AssociateApi"},
    Operation{"DELETE", kAssociation, "DisassociateApi"},
    Operation{"GET", kTags, "ListTagsForResource"},
    Operation{"POST", kTags, "TagResource"},
    Operation{"DELETE", kTags, "UntagResource"},
};

Task<server::HttpResponse> say_absent(std::string_view name) {
  co_return control_plane_error(
      501, "NotImplementedException",
      std::string(name) +
          " is not available here: APIs, channel namespaces, data sources and domains are defined "
          "in the configuration file (api, apis), which a reload (SIGHUP) applies");
}

}  // namespace

std::vector<server::Route> absent_operation_routes(const OperationGuard& guard) {
  std::vector<server::Route> routes;
  for (const Operation& operation : kOperations) {
    routes.push_back({operation.method, operation.path,
                      guard(operation.name, [name = operation.name](server::HttpRequest&) {
                        return say_absent(name);
                      })});
  }
  return routes;
}

}  // namespace eventsd::admin
