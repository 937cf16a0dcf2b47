//! Changes of a contact's tags and lists.

use std::collections::BTreeSet;

use super::Contact;
use super::sets::{ContactSet, SetChange};

impl Contact {
    /// Returns the changes that turn the tags and lists of this contact into the tags and lists of
    /// `to`.
    pub fn set_changes(&self, to: &Self) -> Vec<SetChange> {
        let added_tags = to.tags.difference(&self.tags).cloned().map(SetChange::AddTag);
        let removed_tags = self.tags.difference(&to.tags).cloned().map(SetChange::RemoveTag);
        let added_lists = to.lists.difference(&self.lists).cloned().map(SetChange::AddToList);
        let removed_lists = self.lists.difference(&to.lists).cloned().map(SetChange::RemoveFromList);
        added_tags.chain(removed_tags).chain(added_lists).chain(removed_lists).collect()
    }

    /// Returns the contact without tags and lists.
    #[must_use]
    pub fn without_sets(&self) -> Self {
        Self { tags: BTreeSet::new(), lists: BTreeSet::new(), ..self.clone() }
    }

    /// Returns the contact after a change of its tags or lists.
    #[must_use]
    pub fn with(mut self, change: &SetChange) -> Self {
        let set = match change.set() {
            ContactSet::Tags => &mut self.tags,
            ContactSet::Lists => &mut self.lists,
        };
        if change.adds() {
            set.insert(change.member().clone());
        } else {
            set.remove(change.member());
        }
        self
    }
}
