//! Exhaustive search through the states of a model, for faults of safety and of liveness.
//!
//! Safety: no reachable state and no step violates a property. Liveness: every fair run settles. A run is fair if every
//! actor that is enabled in all states from some point on takes a step again and again (weak fairness). A set of
//! unsettled states that a fair run can stay in forever is a strongly connected component of the unsettled states in
//! which each actor takes a step or is disabled in some state.

use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::rc::Rc;

/// One actor of a model. Fairness holds for each actor alone.
pub(super) type Actor = u8;

/// Step from one state to another.
pub(super) struct Step<S> {
    /// `None` if the step never has to happen, such as a crash.
    pub(super) actor: Option<Actor>,
    pub(super) label: &'static str,
    pub(super) next: S,
    /// Property that the step violates.
    pub(super) violation: Option<&'static str>,
}

/// A transition system with properties.
pub(super) trait Model {
    type State: Clone + Eq + Hash + Debug;

    fn start(&self) -> Self::State;
    /// Returns all steps. Steps that do not change the state are ignored.
    fn steps(&self, state: &Self::State) -> Vec<Step<Self::State>>;
    /// Returns the property that the state violates.
    fn violation(&self, state: &Self::State) -> Option<&'static str>;
    /// Whether all work is done.
    fn is_settled(&self, state: &Self::State) -> bool;
}

/// Size of a model without faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Explored {
    pub(super) states: usize,
    pub(super) steps: usize,
    pub(super) settled: usize,
}

/// Fault of a model, with the steps that lead to it.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) what: &'static str,
    pub(super) trace: Vec<String>,
}

/// States that were found, and the steps between them.
struct Graph<S> {
    states: Vec<Rc<S>>,
    /// States by their hash.
    ids: HashMap<u64, Vec<u32>>,
    /// How each state was reached first.
    reached: Vec<(u32, &'static str)>,
    edges: Vec<Vec<(u32, Option<Actor>)>>,
    settled: Vec<bool>,
}

/// Visits all states, breadth first, so that the trace of a fault is the shortest.
pub(super) fn explore<M: Model>(model: &M) -> Result<Explored, Fault> {
    let mut graph =
        Graph { states: Vec::new(), ids: HashMap::new(), reached: Vec::new(), edges: Vec::new(), settled: Vec::new() };
    graph.id_of(model.start(), (0, "start"));
    let mut queue = VecDeque::from([0_u32]);
    let mut steps = 0;
    while let Some(id) = queue.pop_front() {
        let state = graph.states[id as usize].clone();
        if let Some(what) = model.violation(&state) {
            return Err(graph.fault(what, id, None));
        }
        graph.settled.push(model.is_settled(&state));
        let mut edges = Vec::new();
        for step in model.steps(&state) {
            steps += 1;
            if let Some(what) = step.violation {
                return Err(graph.fault(what, id, Some((step.label, &step.next))));
            }
            let (to, is_new) = graph.id_of(step.next, (id, step.label));
            if is_new {
                queue.push_back(to);
            }
            if to != id {
                edges.push((to, step.actor));
            }
        }
        graph.edges.push(edges);
    }
    for component in graph.unsettled_components() {
        if graph.is_fair(&component) {
            return Err(graph.fault("a fair run never settles", component[0], None));
        }
    }
    let settled = graph.settled.iter().filter(|settled| **settled).count();
    Ok(Explored { states: graph.states.len(), steps, settled })
}

impl<S: Clone + Eq + Hash + Debug> Graph<S> {
    /// Returns the number of a state, and whether the state is new.
    fn id_of(&mut self, state: S, reached: (u32, &'static str)) -> (u32, bool) {
        let mut hasher = DefaultHasher::new();
        state.hash(&mut hasher);
        let same_hash = self.ids.entry(hasher.finish()).or_default();
        if let Some(id) = same_hash.iter().find(|id| *self.states[**id as usize] == state) {
            return (*id, false);
        }
        let id = self.states.len() as u32;
        same_hash.push(id);
        self.states.push(Rc::new(state));
        self.reached.push(reached);
        (id, true)
    }

    fn fault(&self, what: &'static str, id: u32, last: Option<(&'static str, &S)>) -> Fault {
        let mut trace = Vec::new();
        if let Some((label, state)) = last {
            trace.push(format!("{label}: {state:?}"));
        }
        let mut at = id;
        loop {
            let (from, label) = self.reached[at as usize];
            trace.push(format!("{label}: {:?}", self.states[at as usize]));
            if at == 0 {
                break;
            }
            at = from;
        }
        trace.reverse();
        Fault { what, trace }
    }

    /// Whether a fair run can stay in the component forever.
    fn is_fair(&self, component: &[u32]) -> bool {
        let mut members = component.to_vec();
        members.sort_unstable();
        let within = |to: u32| members.binary_search(&to).is_ok();
        let mut enabled_everywhere = u64::MAX;
        let mut taken = 0_u64;
        for id in component {
            let edges = &self.edges[*id as usize];
            let bit = |actor: &Option<Actor>| actor.map_or(0, |actor| 1_u64 << actor);
            enabled_everywhere &= edges.iter().fold(0, |bits, (_, actor)| bits | bit(actor));
            taken |= edges.iter().filter(|(to, _)| within(*to)).fold(0, |bits, (_, actor)| bits | bit(actor));
        }
        enabled_everywhere & !taken == 0
    }

    /// Returns the strongly connected components of the unsettled states (Tarjan 1972, without recursion).
    fn unsettled_components(&self) -> Vec<Vec<u32>> {
        const UNSEEN: u32 = u32::MAX;
        let count = self.states.len();
        let (mut index, mut low) = (vec![UNSEEN; count], vec![0_u32; count]);
        let mut on_stack = vec![false; count];
        let (mut stack, mut components, mut next) = (Vec::new(), Vec::new(), 0);
        for root in 0..count as u32 {
            if index[root as usize] != UNSEEN || self.settled[root as usize] {
                continue;
            }
            let mut calls = vec![(root, 0_usize)];
            while let Some((id, place)) = calls.pop() {
                let at = id as usize;
                if place == 0 {
                    (index[at], low[at], on_stack[at]) = (next, next, true);
                    next += 1;
                    stack.push(id);
                }
                let Some((to, _)) = self.edges[at].get(place) else {
                    if low[at] == index[at] {
                        let begin = stack.iter().rposition(|member| *member == id).unwrap();
                        let component = stack.split_off(begin);
                        component.iter().for_each(|member| on_stack[*member as usize] = false);
                        components.push(component);
                    }
                    if let Some((caller, _)) = calls.last() {
                        low[*caller as usize] = low[*caller as usize].min(low[at]);
                    }
                    continue;
                };
                calls.push((id, place + 1));
                let target = *to as usize;
                if self.settled[target] {
                    continue;
                }
                if index[target] == UNSEEN {
                    calls.push((*to, 0));
                } else if on_stack[target] {
                    low[at] = low[at].min(index[target]);
                }
            }
        }
        components
    }
}

mod tests {
    use super::*;

    /// A counter modulo 3 that settles at `goal`. Actor 0 increments it, and actor 1 can move to the goal from
    /// `exits`.
    struct Ring {
        goal: u8,
        exits: Vec<u8>,
    }

    impl Model for Ring {
        type State = u8;

        fn start(&self) -> u8 {
            0
        }

        fn steps(&self, state: &u8) -> Vec<Step<u8>> {
            let step = |actor, next| Step { actor: Some(actor), label: "step", next, violation: None };
            let mut steps = vec![step(0, (state + 1) % 3)];
            steps.extend(self.exits.contains(state).then(|| step(1, self.goal)));
            steps
        }

        fn violation(&self, state: &u8) -> Option<&'static str> {
            (*state == 7).then_some("seven")
        }

        fn is_settled(&self, state: &u8) -> bool {
            *state == self.goal
        }
    }

    #[test]
    fn cycle_is_a_fault_unless_an_actor_is_always_able_to_leave_it() {
        let explored = explore(&Ring { goal: 9, exits: vec![0, 1, 2] }).unwrap();
        assert_eq!((explored.states, explored.settled), (4, 1));
        let fault = explore(&Ring { goal: 9, exits: vec![0, 1] }).unwrap_err();
        assert_eq!(fault.what, "a fair run never settles");
    }

    #[test]
    fn violation_is_reported_with_the_shortest_trace() {
        let fault = explore(&Ring { goal: 7, exits: vec![1] }).unwrap_err();
        assert_eq!((fault.what, fault.trace.len()), ("seven", 3));
    }
}
