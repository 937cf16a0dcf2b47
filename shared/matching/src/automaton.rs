//! Automata of bounded size, which can fail without harm.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use quamina::{Quamina, QuaminaError};

use crate::pattern::Pattern;

/// Patterns that may leave a state together. `quamina` 0.7 counts them in a byte, and panics at the 256th
/// (`flatten_ft_ptrs`, on the first match after adding).
const MAX_CROWD: usize = 250;

/// Alternatives in one automaton: some 25 MB, within the limits of `quamina`.
const MAX_ALTERNATIVES: usize = 5_000;

/// Some patterns as one automaton.
pub(crate) struct Automaton {
    /// None where it could not be built: then every filter is a candidate.
    quamina: Option<Quamina<usize>>,
    /// For each pattern the filters that have it.
    filters: Vec<Vec<usize>>,
}

/// As many automata as these patterns need, each pattern with the filters that have it.
pub(crate) fn of_all(patterns: Vec<(Pattern, Vec<usize>)>) -> Vec<Automaton> {
    let mut rest = patterns.as_slice();
    let mut automata = Vec::new();
    while !rest.is_empty() {
        let (some, others) = rest.split_at(how_many_fit(rest));
        automata.push(Automaton::new(some));
        rest = others;
    }
    automata
}

/// How many of the first patterns one automaton takes; one at least.
fn how_many_fit(patterns: &[(Pattern, Vec<usize>)]) -> usize {
    let mut alternatives = 0;
    let mut crowds: HashMap<_, usize> = HashMap::new();
    for (i, (pattern, _)) in patterns.iter().enumerate() {
        alternatives += pattern.alternatives();
        let mut crowded = false;
        for crowd in pattern.crowds() {
            let crowd = crowds.entry(crowd).or_default();
            *crowd += 1;
            crowded |= *crowd > MAX_CROWD;
        }
        if i > 0 && (crowded || alternatives > MAX_ALTERNATIVES) {
            return i;
        }
    }
    patterns.len()
}

impl Automaton {
    pub(crate) fn new(patterns: &[(Pattern, Vec<usize>)]) -> Self {
        let quamina = guarded("build", || {
            let mut quamina = Quamina::new();
            for (i, (pattern, _)) in patterns.iter().enumerate() {
                quamina.add_pattern(i, &pattern.json())?;
            }
            // The first match does what is left of building.
            quamina.matches_for_event(b"{}")?;
            Ok(quamina)
        });
        Self { quamina, filters: patterns.iter().map(|(_, filters)| filters.clone()).collect() }
    }

    #[cfg(test)]
    pub(crate) fn is_built(&self) -> bool {
        self.quamina.is_some()
    }

    /// The filters that may want an event with this document.
    pub(crate) fn candidates(&self, document: &[u8]) -> Vec<usize> {
        let matched =
            self.quamina.as_ref().and_then(|quamina| guarded("match", || quamina.matches_for_event(document)));
        match matched {
            Some(patterns) => patterns.into_iter().flat_map(|i| &self.filters[i]).copied().collect(),
            None => self.filters.iter().flatten().copied().collect(),
        }
    }
}

/// What `work` makes; none where it fails or panics, which is logged.
fn guarded<T>(doing: &'static str, work: impl FnOnce() -> Result<T, QuaminaError>) -> Option<T> {
    let failure = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => return Some(done),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it panicked".to_owned(),
    };
    tracing::error!(doing, failure, "An automaton failed; its filters are asked one by one");
    None
}

impl fmt::Debug for Automaton {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Automaton").field("patterns", &self.filters.len()).finish_non_exhaustive()
    }
}
