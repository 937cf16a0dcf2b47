//! Pages of lists.

use couponflow_domain::kernel::cursor::Cursor;

use crate::kernel::error::{StoreError, StoreResult, chain};

/// One page of a list, newest first unless the method says otherwise.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub data: Vec<T>,
    /// Start of the next page. `None` on the last page.
    pub next_cursor: Option<Cursor>,
    /// Number of entries that were left out because their stored item is damaged.
    pub skipped: usize,
}

impl<T> Page<T> {
    /// Creates a page without damaged entries.
    pub fn new(data: Vec<T>, next_cursor: Option<Cursor>) -> Self {
        Self { data, next_cursor, skipped: 0 }
    }

    /// Appends an entry. Leaves out and logs an entry whose stored item is damaged, so that one damaged item does not
    /// make the whole list unreadable. `list` names the list in the log.
    ///
    /// # Errors
    /// Returns every other error.
    pub fn push_readable(&mut self, entry: StoreResult<Option<T>>, list: &'static str) -> StoreResult<()> {
        match entry {
            Ok(entry) => self.data.extend(entry),
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(list, error = %chain(&error), "Left a damaged entry out of a list");
                self.skipped += 1;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Selects a page of a list.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// Maximum number of elements.
    pub limit: usize,
    /// Start of the page. `None` for the first page.
    pub cursor: Option<Cursor>,
}
