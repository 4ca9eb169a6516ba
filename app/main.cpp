#include "cli/command_line.h"

int main(int argc, char** argv) { return ta::cli::run_process(argc, argv); }
