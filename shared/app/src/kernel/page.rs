//! Pages of lists.

/// One page of a list, newest first unless the method says otherwise.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub data: Vec<T>,
    /// Start of the next page. `None` on the last page.
    pub next_cursor: Option<String>,
}

/// Selects a page of a list.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// Maximum number of elements.
    pub limit: usize,
    /// Start of the page. `None` for the first page.
    pub cursor: Option<String>,
}
