// SPDX-License-Identifier: Apache-2.0
#include "completion.hpp"

#include <CLI/CLI.hpp>

namespace oort::cli {
namespace {

std::string words_of(const CLI::App& app) {
  std::string words;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    words += command->get_name() + " ";
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  return words;
}

void add_cases(const CLI::App& app, const std::string& path, std::string& script) {
  script += "    '" + path + "') words='" + words_of(app) + "' ;;\n";
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    add_cases(*command, path + " " + command->get_name(), script);
  }
}

}  // namespace

std::string completion_script(const CLI::App& app) {
  std::string script =
      "_oortd() {\n"
      "  local path=oortd words='' word\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    [[ $word == -* ]] || path+=\" $word\"\n"
      "  done\n"
      "  case $path in\n";
  add_cases(app, "oortd", script);
  script +=
      "  esac\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words --json --grpc --dir\" -- "
      "\"${COMP_WORDS[COMP_CWORD]}\")\n"
      "  [[ ${#COMPREPLY[@]} -gt 0 ]] || compopt -o default\n"
      "}\n"
      "complete -F _oortd oortd\n";
  return script;
}

}  // namespace oort::cli
