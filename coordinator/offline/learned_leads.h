#pragma once

#include <string>

#include "common/base/result.h"
#include "common/text/text_table.h"
#include "coordinator/lead/lead_learner.h"

// Inside coordinator/offline only: learned leads as CSV, JSON and a table.
namespace foreshock::coordinator {

struct LearnedLeads {
  const LeadKnowledge& knowledge;
  const LeadStream& stream;  ///< for the names of hosts
};

Result<void> write_leads_csv(const std::string& path, const LearnedLeads& learned);
/// Shaped as the service's /v1/leads?response=1.
std::string leads_json(const LearnedLeads& learned);
std::string leads_table(const LearnedLeads& learned, const TextStyle& style);

}  // namespace foreshock::coordinator
