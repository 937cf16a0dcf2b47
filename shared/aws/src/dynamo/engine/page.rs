//! Reads pages of a tenant's lists from the index `gsi1`, newest first.

use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::kernel::cursor::Cursor;

use super::item::s;
use super::tenant_store::TenantStore;
use crate::failure::failed;

/// Approximate maximum number of index entries that one call examines. If few of the entries match, the page is short
/// and has a cursor.
pub(crate) const MAX_EXAMINED: usize = 1000;

/// Which entries of a list a page contains.
pub(crate) enum Selection<F> {
    /// Every entry.
    All,
    /// The entries whose sort key the function accepts. The number of entries that a call reads does not depend on the
    /// size of the page, so that a small page takes no more queries than a large page.
    Filtered(F),
}

/// A selection of all entries.
pub(crate) const ALL: Selection<fn(&str) -> bool> = Selection::All;

impl TenantStore {
    /// Returns one page of a list: the sort keys of the selected entries. The cursor is the last examined sort key.
    pub(crate) async fn list(
        &self,
        of: &str,
        page: &PageRequest,
        selection: Selection<impl Fn(&str) -> bool>,
        doing: &'static str,
    ) -> Result<Page<String>, StoreError> {
        let entries_per_query = match selection {
            Selection::All => page.limit + 1,
            Selection::Filtered(_) => MAX_EXAMINED,
        };
        let is_selected = |key: &str| match &selection {
            Selection::All => true,
            Selection::Filtered(is_selected) => is_selected(key),
        };
        let mut data = Vec::new();
        let mut last = page.cursor.clone();
        let mut examined = 0;
        loop {
            let before = last.as_ref().map_or("\u{10ffff}", Cursor::as_str);
            let answer = self
                .table
                .query_index(self.keys.list(of))
                .key_condition_expression("gsi1pk = :list AND gsi1sk < :before")
                .expression_attribute_values(":before", s(before))
                .scan_index_forward(false)
                .limit(i32::try_from(entries_per_query).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(|error| failed(doing)(error.into()))?;
            let more = answer.last_evaluated_key().is_some();
            for item in answer.items() {
                let Some(key) = item.get("gsi1sk").and_then(|key| key.as_s().ok()) else { continue };
                examined += 1;
                if is_selected(key) {
                    if data.len() == page.limit {
                        return Ok(Page::new(data, last));
                    }
                    data.push(key.clone());
                }
                last = Some(Cursor::new(key.as_str()));
            }
            if !more {
                return Ok(Page::new(data, None));
            }
            if examined >= MAX_EXAMINED {
                return Ok(Page::new(data, last));
            }
        }
    }
}
