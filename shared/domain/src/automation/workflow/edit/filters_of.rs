//! Owners of filters in a workflow document.

use serde::Serialize;
use serde_json::Value;

use super::fault::{EditFault, EditFaultKind};
use super::tree::{BRANCHES, find, has_filtered_branches, has_filters, length};

/// Owner of filters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FiltersOf {
    /// Id of the step with the filters. `None` for the filters of the trigger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Position of the branch with the filters. `None` for the filters of the step itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<usize>,
}

impl FiltersOf {
    /// Whether these are the filters of the trigger.
    pub(super) fn is_of_trigger(&self) -> bool {
        self.step.is_none()
    }

    /// Returns the pointer to the object that has the filters.
    pub(super) fn find(&self, document: &Value) -> Result<String, EditFault> {
        let Some(id) = &self.step else {
            let has_trigger = document.get("trigger").is_some_and(Value::is_object);
            return if has_trigger { Ok("/trigger".to_owned()) } else { Err(EditFaultKind::NoTrigger.at("/filters")) };
        };
        let step = find(document, id).map_err(|fault| fault.at("/filters/step"))?;
        match self.branch {
            None if has_filters(step.step) => Ok(step.pointer),
            None => Err(EditFaultKind::HasNoFilters.at("/filters")),
            Some(_) if !has_filtered_branches(step.step) => Err(EditFaultKind::HasNoFilters.at("/filters")),
            Some(branch) => {
                let list = format!("{}/{BRANCHES}", step.pointer);
                let branches = length(document, &list).map_err(|fault| fault.at("/filters/branch"))?.unwrap_or(0);
                match branch < branches {
                    true => Ok(format!("{list}/{branch}")),
                    false => Err(EditFaultKind::BranchNotFound(branches).at("/filters/branch")),
                }
            }
        }
    }
}
