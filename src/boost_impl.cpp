// Boost.Asio and Boost.Beast compiled once (BOOST_*_SEPARATE_COMPILATION), which saves a third of
// the build time.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
