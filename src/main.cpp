#include "app/cli.hpp"
int main(int argc, char** argv) { eventsd::app::ServeOptions o; for (int i=1;i+1<argc;++i){ std::string a=argv[i]; if(a=="--config") o.config_file=argv[i+1]; if(a=="--listen") o.listen={argv[i+1]}; if(a=="--data-dir") o.data_dir=argv[i+1];} return eventsd::app::run_serve(o); }
