//! Places in the tree of steps.

use serde::Serialize;
use serde_json::Value;

use super::fault::{EditFault, EditFaultKind};
use super::tree::{TOP, find, length, lists, steps};

/// Place of a step: a list of steps, and the position in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Id of the step that contains the list. `None` for the steps at the top level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Pointer to the list from the step, such as `/else` or `/branches/0/steps`. `None` at the top level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// Position in the list. `None` means the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
}

/// Place that was found in a document.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// Pointer to the list.
    pub(super) list: String,
    pub(super) index: usize,
    /// Whether the list is absent.
    pub(super) is_new_list: bool,
}

impl Place {
    /// Returns the place of a step that is in a document. The step that contains its list must have an id.
    pub(super) fn of(document: &Value, list: &str, index: usize) -> Result<Self, EditFaultKind> {
        let Some(parent) = steps(document).into_iter().rfind(|step| step.contains(list)) else {
            return Ok(Self { step: None, list: None, index: Some(index) });
        };
        let id = parent.id().ok_or_else(|| EditFaultKind::ParentHasNoId(parent.pointer.clone()))?;
        find(document, id)?;
        let inner = list.strip_prefix(&parent.pointer).unwrap_or_default().to_owned();
        Ok(Self { step: Some(id.to_owned()), list: Some(inner), index: Some(index) })
    }

    /// Finds the place in a document. `at` is the pointer to the place in the edit.
    pub(super) fn find(&self, document: &Value, at: &str) -> Result<Target, EditFault> {
        let list = self.find_list(document, at)?;
        let length = length(document, &list).map_err(|fault| fault.at(&format!("{at}/list")))?;
        let end = length.unwrap_or(0);
        match self.index {
            Some(index) if index > end => Err(EditFaultKind::IndexTooHigh(end).at(&format!("{at}/index"))),
            index => Ok(Target { list, index: index.unwrap_or(end), is_new_list: length.is_none() }),
        }
    }

    /// Returns the pointer to the list.
    pub(super) fn find_list(&self, document: &Value, at: &str) -> Result<String, EditFault> {
        let list_at = || format!("{at}/list");
        let Some(id) = &self.step else {
            return match &self.list {
                None => Ok(TOP.to_owned()),
                Some(_) => Err(EditFaultKind::NoSuchList(Vec::new()).at(&list_at())),
            };
        };
        let step = find(document, id).map_err(|fault| fault.at(&format!("{at}/step")))?;
        let known = lists(step.step);
        match self.list.as_ref().filter(|list| known.contains(list)) {
            Some(list) => Ok(format!("{}{list}", step.pointer)),
            None => Err(EditFaultKind::NoSuchList(known).at(&list_at())),
        }
    }
}
