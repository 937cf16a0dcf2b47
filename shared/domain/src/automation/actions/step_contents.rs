//! Where a step of a workflow document contains other steps and filters.

/// Steps and filters in a step of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::automation) struct StepContents {
    pub(in crate::automation) branches: Branches,
    /// Members of the step that are lists of steps, apart from the branches.
    pub(in crate::automation) lists: &'static [&'static str],
    /// Whether the step itself can have filters.
    pub(in crate::automation) has_filters: bool,
    /// Whether the steps inside the step run in a separate execution for each contact.
    pub(in crate::automation) per_contact: bool,
}

/// Member `branches` of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::automation) enum Branches {
    Absent,
    /// Each branch has a list of steps.
    OfSteps,
    /// Each branch has a list of steps and filters.
    Filtered,
}

impl StepContents {
    /// A step without other steps and without filters.
    pub(super) const NONE: Self =
        Self { branches: Branches::Absent, lists: &[], has_filters: false, per_contact: false };
}
