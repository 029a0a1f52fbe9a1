// The server of the tests of net/, for those of the verbs that talk to one.
#include "unit/net/support/scripted_server.cpp"  // NOLINT(bugprone-suspicious-include)
