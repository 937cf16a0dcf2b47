//! Tags and lists: sets that several change at once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Contact;
use crate::digest::key80;
use crate::label::Label;

/// The most tags, and the most lists, of one contact.
pub const MOST_MEMBERS: usize = 500;

/// The most tags and lists that one edit adds and takes away: each is two writes of its own, of the membership and for
/// whoever waits for it, in one transaction of at most 100.
pub const MOST_CHANGES: usize = 45;

/// Which of its sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactSet {
    /// The tags.
    Tags,
    /// The lists.
    Lists,
}

/// A change of one member of a set, whatever it is spelled like.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "change", content = "member", rename_all = "snake_case")]
pub enum SetChange {
    /// Adds a tag.
    AddTag(Label),
    /// Takes a tag off.
    RemoveTag(Label),
    /// Puts the contact on a list.
    AddToList(Label),
    /// Takes the contact off a list.
    RemoveFromList(Label),
}

impl SetChange {
    /// Of which set.
    pub fn set(&self) -> ContactSet {
        match self {
            Self::AddTag(_) | Self::RemoveTag(_) => ContactSet::Tags,
            Self::AddToList(_) | Self::RemoveFromList(_) => ContactSet::Lists,
        }
    }

    /// The tag or the list.
    pub fn member(&self) -> &Label {
        match self {
            Self::AddTag(member) | Self::RemoveTag(member) => member,
            Self::AddToList(member) | Self::RemoveFromList(member) => member,
        }
    }

    /// Names it among the changes of a contact, as it is spelled.
    pub fn key(&self) -> String {
        let name = match self {
            Self::AddTag(_) => "add_tag",
            Self::RemoveTag(_) => "remove_tag",
            Self::AddToList(_) => "add_to_list",
            Self::RemoveFromList(_) => "remove_from_list",
        };
        key80(&[name, self.member().as_str()])
    }

    /// Whether it adds the member.
    pub fn adds(&self) -> bool {
        match self {
            Self::AddTag(_) | Self::AddToList(_) => true,
            Self::RemoveTag(_) | Self::RemoveFromList(_) => false,
        }
    }
}

impl Contact {
    /// What leads from the sets of this contact to those of another.
    pub fn set_changes(&self, to: &Self) -> Vec<SetChange> {
        let added_tags = to.tags.difference(&self.tags).cloned().map(SetChange::AddTag);
        let removed_tags = self.tags.difference(&to.tags).cloned().map(SetChange::RemoveTag);
        let added_lists = to.lists.difference(&self.lists).cloned().map(SetChange::AddToList);
        let removed_lists = self.lists.difference(&to.lists).cloned().map(SetChange::RemoveFromList);
        added_tags.chain(removed_tags).chain(added_lists).chain(removed_lists).collect()
    }

    /// The same in no set.
    #[must_use]
    pub fn without_sets(&self) -> Self {
        Self { tags: BTreeSet::new(), lists: BTreeSet::new(), ..self.clone() }
    }

    /// The same after a change.
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
