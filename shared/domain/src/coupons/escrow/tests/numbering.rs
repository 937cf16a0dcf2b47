//! Model check of the sequence numbers: two relay instances, redelivered records, and crashes between writes.

use std::collections::BTreeMap;

use super::super::ShardId;
use super::super::numbers::{Assignment, NumberRange, Numbers};
use super::explorer::{Model, Step, explore};

/// Redemptions of each shard, and what can go wrong.
#[derive(Debug, Clone)]
struct Numbering {
    redemptions: Vec<i64>,
    instances: usize,
    redeliveries: u8,
    /// Whether the write of the numbers is conditional.
    is_conditional: bool,
}

/// One instance of the relay.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Relay {
    Idle,
    /// Has read the numbers, and is about to assign.
    Assign {
        batch: BTreeMap<ShardId, i64>,
        from: BTreeMap<ShardId, i64>,
        assignment: Option<Assignment>,
    },
    /// Reads the ranges, and publishes the redemptions of the batch with their numbers.
    Publish {
        batch: BTreeMap<ShardId, i64>,
        from: BTreeMap<ShardId, i64>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    taken: BTreeMap<ShardId, i64>,
    /// Position of the last acknowledged record of each shard. The stream does not deliver acknowledged records again.
    acknowledged: BTreeMap<ShardId, i64>,
    numbers: Numbers,
    ranges: Vec<NumberRange>,
    relays: Vec<Relay>,
    published: BTreeMap<(ShardId, i64), i64>,
    redeliveries: u8,
    changed: bool,
}

fn shard(number: usize) -> ShardId {
    ShardId::new(number as u8).unwrap()
}

impl Numbering {
    /// Returns every batch that the stream can deliver next. For each shard, a batch contains any number of consecutive
    /// records, from the first record that is not acknowledged.
    fn batches(&self, state: &State) -> Vec<BTreeMap<ShardId, i64>> {
        let mut batches = vec![BTreeMap::new()];
        for (&shard, &taken) in &state.taken {
            let from = state.acknowledged[&shard];
            let longer = |batch: &BTreeMap<ShardId, i64>| -> Vec<_> {
                (from + 1..=taken)
                    .map(|to| batch.iter().map(|(shard, to)| (*shard, *to)).chain([(shard, to)]).collect())
                    .collect()
            };
            let more: Vec<BTreeMap<ShardId, i64>> = batches.iter().flat_map(longer).collect();
            batches.extend(more);
        }
        batches.retain(|batch| !batch.is_empty());
        batches
    }

    fn step_of_relay(&self, state: &State, number: usize) -> Vec<State> {
        let with = |relay: Relay| {
            let mut next = state.clone();
            next.relays[number] = relay;
            next
        };
        match &state.relays[number] {
            Relay::Idle => {
                let assign = |batch: BTreeMap<ShardId, i64>| {
                    let assignment = state.numbers.assign(&batch);
                    with(Relay::Assign { assignment, from: state.acknowledged.clone(), batch })
                };
                self.batches(state).into_iter().map(assign).collect()
            }
            Relay::Assign { batch, from, assignment: None } => {
                vec![with(Relay::Publish { batch: batch.clone(), from: from.clone() })]
            }
            Relay::Assign { batch, from, assignment: Some(assignment) } => {
                if self.is_conditional && state.numbers.next != assignment.expected_next {
                    return vec![with(Relay::Idle)];
                }
                let mut next = with(Relay::Publish { batch: batch.clone(), from: from.clone() });
                next.numbers = assignment.numbers.clone();
                next.ranges.extend(&assignment.ranges);
                next.ranges.sort_by_key(|range| (range.shard, range.from));
                // The response is lost or the instance crashes: the record is delivered again.
                let mut crashed = next.clone();
                crashed.relays[number] = Relay::Idle;
                vec![next, crashed]
            }
            Relay::Publish { batch, from } => {
                let mut next = with(Relay::Idle);
                for (&shard, &to) in batch {
                    for position in from[&shard] + 1..=to {
                        let numbered = state.ranges.iter().find_map(|range| range.number_of(shard, position));
                        let before = next.published.insert((shard, position), numbered.unwrap_or(0));
                        next.changed |= before.is_some_and(|before| Some(before) != numbered);
                    }
                }
                let crashed = next.clone();
                for (&shard, &to) in batch {
                    let acknowledged = next.acknowledged.entry(shard).or_default();
                    *acknowledged = to.max(*acknowledged);
                }
                if state.redeliveries == 0 {
                    return vec![next];
                }
                vec![next, State { redeliveries: state.redeliveries - 1, ..crashed }]
            }
        }
    }
}

impl Model for Numbering {
    type State = State;

    fn start(&self) -> State {
        let none: BTreeMap<ShardId, i64> = (0..self.redemptions.len()).map(|number| (shard(number), 0)).collect();
        State {
            taken: none.clone(),
            acknowledged: none,
            numbers: Numbers::default(),
            ranges: Vec::new(),
            relays: vec![Relay::Idle; self.instances],
            published: BTreeMap::new(),
            redeliveries: self.redeliveries,
            changed: false,
        }
    }

    fn steps(&self, state: &State) -> Vec<Step<State>> {
        let mut steps = Vec::new();
        for (number, redemptions) in self.redemptions.iter().enumerate() {
            if state.taken[&shard(number)] < *redemptions {
                let mut next = state.clone();
                *next.taken.entry(shard(number)).or_default() += 1;
                steps.push(Step { actor: Some(60), label: "redemption", next, violation: None });
            }
        }
        for number in 0..state.relays.len() {
            let after = self.step_of_relay(state, number).into_iter().filter(|next| next != state);
            steps.extend(after.map(|next| Step { actor: Some(number as u8), label: "relay", next, violation: None }));
        }
        steps
    }

    fn violation(&self, state: &State) -> Option<&'static str> {
        let mut numbers: Vec<i64> = state.published.values().copied().collect();
        numbers.sort_unstable();
        let in_order =
            |(a, b): (&(ShardId, i64), &(ShardId, i64))| a.0 != b.0 || state.published[a] < state.published[b];
        let positions: Vec<_> = state.published.keys().collect();
        if state.changed {
            Some("a redemption was published with two numbers")
        } else if numbers.windows(2).any(|pair| pair[0] == pair[1]) {
            Some("two redemptions have one number")
        } else if !positions.windows(2).all(|pair| in_order((pair[0], pair[1]))) {
            Some("numbers do not increase within a shard")
        } else if self.is_settled(state) && !numbers.iter().copied().eq(1..=self.redemptions.iter().sum()) {
            Some("numbers have a gap although the stream has drained")
        } else {
            None
        }
    }

    fn is_settled(&self, state: &State) -> bool {
        let drained = state.acknowledged.values().copied().eq(self.redemptions.iter().copied());
        drained && state.relays.iter().all(|relay| *relay == Relay::Idle)
    }
}

const SCENARIO: fn() -> Numbering =
    || Numbering { redemptions: vec![2, 1], instances: 2, redeliveries: 1, is_conditional: true };

#[test]
fn numbers_are_unique_stable_and_without_gaps() {
    let explored = explore(&SCENARIO()).unwrap_or_else(|fault| panic!("{}\n{}", fault.what, fault.trace.join("\n")));
    assert!(explored.states > 1_000 && explored.settled > 0, "{explored:?}");
}

#[test]
fn numbers_without_the_condition_are_faulty() {
    let fault = explore(&Numbering { is_conditional: false, ..SCENARIO() }).unwrap_err();
    assert!(fault.what.contains("number"), "{fault:?}");
}
