//! Which of many filters an event passes, whatever their number.
//!
//! Each filter becomes EventBridge-style patterns over a flat document of the event's facts, and automata of `quamina`
//! find the patterns that match. Patterns say what is selective (equality, beginnings, ends, ranges), never less than
//! the filter allows; what they find is then asked of the filter itself. So an answer is always that of
//! [`Filter::passes`], and all that the automata can do is to save asking.

mod automaton;
mod facts;
mod pattern;

use std::collections::BTreeMap;

use couponflow_domain::filter::{Facts, Filter};

use automaton::Automaton;
use pattern::Pattern;

/// Alternatives that all automata of one matcher may have, at some 6 KB each: what comes on top is asked one by one.
const MAX_ALTERNATIVES: usize = 25_000;

/// Many filters, ready to be asked at once.
#[derive(Debug)]
pub struct Matcher {
    filters: Vec<Filter>,
    automata: Vec<Automaton>,
    /// The filters that no automaton has.
    others: Vec<usize>,
}

impl Matcher {
    /// A matcher of these filters. Takes some 20 µs for each in an optimised build.
    pub fn new(filters: Vec<Filter>) -> Self {
        let mut of_pattern: BTreeMap<Pattern, Vec<usize>> = BTreeMap::new();
        let mut others = Vec::new();
        for (i, filter) in filters.iter().enumerate() {
            match pattern::of(filter) {
                Some(patterns) => patterns.into_iter().for_each(|p| of_pattern.entry(p).or_default().push(i)),
                None => others.push(i),
            }
        }
        let mut patterns: Vec<_> = of_pattern.into_iter().collect();
        // Those that cost least come first, so that a few enormous filters don't displace the many.
        patterns.sort_by_key(|(pattern, _)| pattern.alternatives());
        let mut room = MAX_ALTERNATIVES;
        let fitting = patterns.iter().take_while(|(pattern, _)| {
            room = room.saturating_sub(pattern.alternatives());
            room > 0
        });
        let beyond = patterns.split_off(fitting.count());
        others.extend(beyond.into_iter().flat_map(|(_, filters)| filters));
        Self { filters, automata: automaton::of_all(patterns), others }
    }

    /// The places of the filters that want an event with these facts, in ascending order.
    pub fn matching(&self, facts: &Facts) -> Vec<usize> {
        self.candidates(facts).into_iter().filter(|i| self.filters[*i].passes(facts)).collect()
    }

    /// How many filters it has.
    pub fn len(&self) -> usize {
        self.filters.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }

    /// The filters that may want such an event: all that do, and few others.
    fn candidates(&self, facts: &Facts) -> Vec<usize> {
        let document = facts::document(facts);
        let mut found = self.others.clone();
        found.extend(self.automata.iter().flat_map(|automaton| automaton.candidates(&document)));
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests;
