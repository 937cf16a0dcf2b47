//! Tags and lists of a contact: sets that concurrent requests can change.

use std::ops::RangeInclusive;

use serde::Serialize;

use crate::kernel::digest::key80;
use crate::kernel::label::Label;

/// Maximum number of tags of a contact. The same maximum applies to its lists.
pub const MAX_TAGS_OR_LISTS: usize = 500;

/// Permitted numbers of tags of a contact, and of its lists.
pub(super) const TAGS_OR_LISTS: RangeInclusive<usize> = 0..=MAX_TAGS_OR_LISTS;

/// Maximum number of tags and lists that one edit adds and removes. Each change takes two writes:
/// the membership of the contact, and a timer that notifies waiting executions. A transaction has
/// at most 100 writes, two of which are the contact and the entry of the audit log.
pub const MAX_SET_CHANGES: usize = 45;

/// One of the sets of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactSet {
    Tags,
    Lists,
}

/// Addition or removal of one tag or list. Changes of the same kind are equal if their names differ
/// only in spelling. Serialized as a part of a timer's purpose.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "change", content = "member", rename_all = "snake_case")]
pub enum SetChange {
    AddTag(Label),
    RemoveTag(Label),
    AddToList(Label),
    RemoveFromList(Label),
}

impl SetChange {
    /// Returns the set that changes.
    pub fn set(&self) -> ContactSet {
        match self {
            Self::AddTag(_) | Self::RemoveTag(_) => ContactSet::Tags,
            Self::AddToList(_) | Self::RemoveFromList(_) => ContactSet::Lists,
        }
    }

    /// Returns the tag or the list.
    pub fn member(&self) -> &Label {
        match self {
            Self::AddTag(member) | Self::RemoveTag(member) => member,
            Self::AddToList(member) | Self::RemoveFromList(member) => member,
        }
    }

    /// Returns a digest of the change, for the key of a timer. The digest covers the kind of change
    /// and the spelling of the name.
    pub fn key(&self) -> String {
        let name = match self {
            Self::AddTag(_) => "add_tag",
            Self::RemoveTag(_) => "remove_tag",
            Self::AddToList(_) => "add_to_list",
            Self::RemoveFromList(_) => "remove_from_list",
        };
        key80(&[name, self.member().as_str()])
    }

    /// Whether the change adds the member.
    pub fn adds(&self) -> bool {
        match self {
            Self::AddTag(_) | Self::AddToList(_) => true,
            Self::RemoveTag(_) | Self::RemoveFromList(_) => false,
        }
    }
}
