//! Deletion of all data of a tenant, in passes over the table.

use chrono::{DateTime, TimeDelta, Utc};

use crate::kernel::cursor::Cursor;

/// Time after which all functions have stopped working for the tenant: an instance uses a cached profile for 30 s, and
/// then runs for at most 60 s. The rest is a reserve for clocks that differ.
pub const SETTLING: TimeDelta = TimeDelta::minutes(5);

/// Progress of the deletion of a tenant's data. A pass reads the whole table and deletes the items of the tenant. The
/// deletion is finished after a pass that began at least [`SETTLING`] after the start and found no item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    pub started_at: DateTime<Utc>,
    /// Number of items that were deleted.
    pub deleted: i64,
    pub pass: Pass,
    pub finished_at: Option<DateTime<Utc>>,
}

/// One pass over the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// When the pass begins. In the future if the pass has to wait.
    pub begins_at: DateTime<Utc>,
    /// Number of items that the pass found.
    pub found: i64,
    /// Position from which the pass continues. `None` if it has not begun.
    pub cursor: Option<Cursor>,
}

impl Pass {
    fn new(begins_at: DateTime<Utc>) -> Self {
        Self { begins_at, found: 0, cursor: None }
    }
}

impl Deletion {
    /// Starts a deletion.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { started_at: now, deleted: 0, pass: Pass::new(now), finished_at: None }
    }

    /// Starts another pass after a finished deletion, for items that were written late.
    #[must_use]
    pub fn resumed(self, now: DateTime<Utc>) -> Self {
        if self.finished_at.is_none() {
            return self;
        }
        Self { pass: Pass::new(now), finished_at: None, ..self }
    }

    /// Whether a part of the table can be read now.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.finished_at.is_none() && self.pass.begins_at <= now
    }

    /// Returns the progress after a part of the table, in which `found` items were deleted. `next` is the position of
    /// the next part; `None` after the last part.
    #[must_use]
    pub fn after(self, found: i64, next: Option<Cursor>, now: DateTime<Utc>) -> Self {
        let settled_at = self.started_at + SETTLING;
        let deleted = self.deleted + found;
        let pass = Pass { found: self.pass.found + found, cursor: next, ..self.pass };
        if pass.cursor.is_some() {
            return Self { deleted, pass, ..self };
        }
        if pass.found == 0 && pass.begins_at >= settled_at {
            return Self { deleted, pass, finished_at: Some(now), ..self };
        }
        Self { deleted, pass: Pass::new(now.max(settled_at)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn deletion_ends_after_a_pass_without_items_that_began_after_the_settling() {
        let first = Deletion::new(at(0)).after(3, Some(Cursor::new("a")), at(1));
        assert_eq!((first.deleted, first.pass.cursor.clone()), (3, Some(Cursor::new("a"))));
        let second = first.after(2, None, at(2));
        assert_eq!((second.deleted, second.pass.clone()), (5, Pass::new(at(300))), "the next pass waits");
        assert!(!second.is_due(at(299)) && second.is_due(at(300)));
        let third = second.after(1, None, at(310));
        assert_eq!((third.finished_at, third.pass.begins_at), (None, at(310)), "the second pass found an item");
        let last = third.after(0, None, at(320));
        assert_eq!((last.deleted, last.finished_at), (6, Some(at(320))));
        assert!(!last.is_due(at(400)));
        let resumed = last.resumed(at(400));
        assert!(resumed.is_due(at(400)));
        assert_eq!(resumed.after(0, None, at(401)).finished_at, Some(at(401)));
    }

    #[test]
    fn an_empty_pass_before_the_settling_does_not_end_the_deletion() {
        let early = Deletion::new(at(0)).after(0, None, at(299));
        assert_eq!((early.finished_at, early.pass.begins_at), (None, at(300)));
    }
}
