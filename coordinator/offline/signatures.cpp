// signature explain: how a command line gets its name.
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/signature/signature_rules.h"
#include "common/text/display.h"
#include "coordinator/offline/verb.h"

namespace foreshock::coordinator {

namespace {

struct ExplainOptions {
  std::string line;
  std::string filename;
  std::string config;  ///< whose rules are applied; empty: none
  bool json = false;
};

nlohmann::ordered_json as_json(const std::vector<std::string>& words,
                               const SignatureExplanation& explanation) {
  nlohmann::ordered_json json;
  json["words"] = words;
  json["steps"] = nlohmann::ordered_json::array();
  for (const auto& step : explanation.steps)
    json["steps"].push_back({{"what", step.what}, {"result", step.result}});
  json["signature"] = explanation.signature.text;
  json["executable"] = explanation.signature.base_name;
  return json;
}

std::string as_text(const SignatureExplanation& explanation, const TextStyle& style) {
  TextTable table({{"STEP"}, {"RESULT"}});
  for (const auto& step : explanation.steps) table.add_row({step.what, step.result});
  std::string text = table.empty() ? "nothing to take off or to mask\n" : table.render(style);
  text +=
      fmt::format("\nsignature   {}\nexecutable  {}\n", make_printable(explanation.signature.text),
                  make_printable(explanation.signature.base_name));
  return text;
}

Result<void> explain(const ExplainOptions& options, const OfflineVerbs& verbs) {
  const CliOutput& output = verbs.output;
  const auto words = split_command_line(options.line);
  if (words.empty())
    return Error(ErrorCode::invalid_argument, "signature explain: the command line has no word");
  SignatureRules rules;
  if (!options.config.empty()) {
    FS_TRY(auto read, verbs.read_signature_rules(options.config));
    rules = SignatureRules(std::move(read));
  }
  const auto explanation = rules.explain({words.begin(), words.end()}, options.filename);
  if (options.json) {
    output.out
        << as_json(words, explanation).dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
        << "\n";
  } else {
    output.out << as_text(explanation, output.style);
  }
  return {};
}

}  // namespace

void add_signature_verbs(CLI::App& app, const OfflineVerbs& verbs) {
  const auto options = std::make_shared<ExplainOptions>();
  CLI::App& group = OfflineVerbs::group(app, "signature", "How command lines are named");
  CLI::App* verb = verbs.add(group, "explain", "Each step from a command line to its signature",
                             [options, verbs] { return explain(*options, verbs); });
  verb->add_option("command", options->line, "The command line, quoted, as a shell takes it")
      ->required();
  verb->add_option("--executable", options->filename,
                   "The file that is executed, where it is not the first word");
  verb->add_option("--config", options->config,
                   "Also apply the [[signature]] rules of this configuration of a coordinator");
  verb->add_flag("--json", options->json, "As JSON");
}

}  // namespace foreshock::coordinator
