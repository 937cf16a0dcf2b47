//! Signal that a step waits for.

use crate::automation::execution::Outcome;
use crate::automation::workflow::WaitCondition;

/// Signal that a step waits for.
#[derive(Debug, Clone)]
pub(in crate::automation) struct Awaited<'a> {
    pub(in crate::automation) condition: &'a WaitCondition,
    pub(in crate::automation) at: AwaitedAt,
    /// Outcome of the step if its wait ends before the condition is met.
    pub(in crate::automation) timed_out: Outcome,
}

/// Steps at which an execution waits for the signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::automation) enum AwaitedAt {
    /// The step itself. When the condition is met, the execution takes the first branch of the step.
    ThisStep,
    /// The step and every earlier step. When the condition is met, the execution jumps to the step, which is a goal.
    EarlierSteps,
}
