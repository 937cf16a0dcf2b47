//! Reasons why an edit cannot be made.

use crate::kernel::input::FieldError;

/// Reason why an edit cannot be made, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditFault {
    /// Pointer to the member of the edit that is the cause. Empty for the document.
    pub pointer: String,
    pub kind: EditFaultKind,
}

/// Reason why an edit cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditFaultKind {
    #[error("must be an object")]
    NotAnObject,
    #[error("must be the id of a step of the document; there is no step {0}")]
    StepNotFound(String),
    #[error("must be the id of one step; several steps have the id {0}. Change their ids in the document")]
    StepIsAmbiguous(String),
    #[error("must be one of the step's lists of nested steps: {}", if .0.is_empty() { "the step has none".to_owned() } else { .0.join(", ") })]
    NoSuchList(Vec<String>),
    #[error("must be a list in the document: {0} is not a list")]
    NotAList(String),
    #[error("must be in a step with an id; give an id to the step at {0}")]
    ParentHasNoId(String),
    #[error("must be at most {0}, the number of elements of the list")]
    IndexTooHigh(usize),
    #[error("must not be in the step that moves")]
    PlaceIsInsideStep,
    #[error("must be unique; another step has the id {0}")]
    IdIsTaken(String),
    #[error("{0}")]
    InvalidId(String),
    #[error("must be a type of step")]
    UnknownType,
    #[error("must not be {0}: steps refer to the outputs of a step with that id. Change {places} first", places = .1.join(", "))]
    IdIsReferenced(String, Vec<String>),
    #[error(
        "every output that another step uses must stay available. Change {} first, or send force",
        .0.join(", ")
    )]
    BreaksReferences(Vec<String>),
    #[error("is not a member that this edit can set; permitted members are {0}")]
    UnknownMember(String),
    #[error("is not set by this edit; use the edits for {0}")]
    OtherEdit(&'static str),
    #[error("must be a step with branches")]
    HasNoBranches,
    #[error("must be the position of a branch, from 0; number of branches in the step: {0}")]
    BranchNotFound(usize),
    #[error("requires a trigger; set the trigger first")]
    NoTrigger,
    #[error("must be a step or branch with filters")]
    HasNoFilters,
    #[error("must point to a list of filters: an empty text, or a pointer such as /0/any")]
    GroupNotFound,
    #[error("must point to a filter in a list, such as /0 or /1/any/0")]
    FilterNotFound,
    #[error("must not be null, unless `at` is empty")]
    FilterIsNull,
}

impl EditFaultKind {
    /// Creates the fault at a member of the edit.
    pub(super) fn at(self, pointer: &str) -> EditFault {
        EditFault { pointer: pointer.to_owned(), kind: self }
    }
}

impl EditFault {
    /// Returns the fault as a fault of the request that contains the document and the edit.
    pub fn in_request(&self) -> FieldError {
        let place = if self.kind == EditFaultKind::NotAnObject { "/document" } else { "/edit" };
        FieldError { pointer: format!("{place}{}", self.pointer), detail: self.kind.to_string() }
    }
}
