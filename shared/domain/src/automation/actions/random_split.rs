//! The step `random_split`.

use std::convert::Infallible;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::awaited::Awaited;
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction};
use super::step_contents::{Branches, StepContents};
use super::step_schema::{MAX_BRANCHES, branches, step};
use crate::automation::execution::Outcome;
use crate::automation::template::StepOutput;
use crate::events::event::CouponSnapshot;
use crate::kernel::digest::bits80;
use crate::kernel::input::Errors;
use crate::kernel::json_schema::integer;

/// Maximum weight of a branch.
const MAX_WEIGHT: i64 = 1_000_000;

/// Takes one of several branches at random. For the same contact it is always the same branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RandomSplit {
    /// Relative weight of each branch.
    pub weights: Vec<u32>,
}

impl DocumentStep for RandomSplit {
    const CONTENTS: StepContents = StepContents { branches: Branches::OfSteps, ..StepContents::NONE };

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.members(&["branches"], errors)?;
        let mut lists = Vec::new();
        let weights = step.get("branches").list(2..=MAX_BRANCHES, errors, |field, errors| {
            field.object(&["weight", "steps"], errors)?;
            lists.push(field.get("steps"));
            field.get("weight").integer(1..=MAX_WEIGHT, errors).and_then(|weight| u32::try_from(weight).ok())
        });
        step.branches(lists);
        Some(Self { weights: weights? })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let weight = ("weight", integer(1..=MAX_WEIGHT, "Relative weight of the branch."));
        let description = "Takes a random branch by weight. The same contact always gets the same branch.";
        let members = [("branches", branches("WeightedBranch", 2, weight))];
        vec![step("RandomSplitStep", kind, description, &["branches"], &members)]
    }
}

impl StepAction for RandomSplit {
    const PROPERTIES: KindProperties =
        KindProperties { is_repeatable: true, listens: false, retries: RetrySchedule::Backoff, outputs: &[] };

    type Effect = Infallible;

    fn gates_later_steps(&self) -> bool {
        false
    }

    fn awaited(&self) -> Option<Awaited<'_>> {
        None
    }

    fn outputs(&self) -> Vec<StepOutput> {
        Self::PROPERTIES.outputs.to_vec()
    }

    fn sample_values(&self, _: &CouponSnapshot, now: DateTime<Utc>) -> SampleValues {
        SampleValues::at(now)
    }

    fn reference(&self) -> Option<Reference<'_>> {
        None
    }

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<Infallible, Outcome> {
        let who = preparation.contact_id.map_or(preparation.execution_id.key(), |contact| contact.key());
        let draw = bits80(&[preparation.workflow_id.as_str(), preparation.step_id, who]);
        let draw = draw.iter().take(8).fold(0, |draw, byte| draw << 8 | u64::from(*byte));
        let way = self.pick(draw);
        Err(Outcome::TookBranch(way, format!("branch {}", way + 1)))
    }
}

impl RandomSplit {
    /// Returns the index of the branch that the split takes. `draw` is derived from the
    /// contact, or from the execution if there is no contact. Therefore a repeated step takes the
    /// same branch.
    fn pick(&self, draw: u64) -> usize {
        let total: u64 = self.weights.iter().copied().map(u64::from).sum();
        let mut left = draw % total.max(1);
        for (way, weight) in self.weights.iter().copied().map(u64::from).enumerate() {
            match left.checked_sub(weight) {
                None => return way,
                Some(rest) => left = rest,
            }
        }
        self.weights.len().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_split_follows_its_weights() {
        let drawn = |weights: &[u32], draw| RandomSplit { weights: weights.to_vec() }.pick(draw);
        assert_eq!((0..10).map(|draw| drawn(&[3, 1], draw)).collect::<Vec<_>>(), [0, 0, 0, 1, 0, 0, 0, 1, 0, 0]);
        let share = (0..10_000_u64).filter(|i| {
            let bits = bits80(&[&i.to_string()]);
            drawn(&[9, 1], bits.iter().take(8).fold(0, |draw, byte| draw << 8 | u64::from(*byte))) == 1
        });
        assert!((900..1100).contains(&share.count()));
    }
}
