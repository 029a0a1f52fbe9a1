#include "app/cli.hpp"

int main(int argc, char** argv) { return eventsd::app::run_cli(argc, argv); }
