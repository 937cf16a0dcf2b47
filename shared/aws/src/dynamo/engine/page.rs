//! Reads pages of a tenant's lists from the index `gsi1`, newest first.

use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};

use super::item::s;
use super::tenant_store::TenantStore;
use crate::failure::failed;

/// Approximate maximum number of index entries that one call examines. If few of the entries match, the page is short
/// and has a cursor.
const MAX_EXAMINED: usize = 1000;

impl TenantStore {
    /// Returns one page of a list: the sort keys that `wanted` accepts. The cursor is the last
    /// examined sort key.
    pub(crate) async fn list(
        &self,
        of: &str,
        page: &PageRequest,
        wanted: impl Fn(&str) -> bool,
        doing: &'static str,
    ) -> Result<Page<String>, StoreError> {
        let mut data = Vec::new();
        let mut last = page.cursor.clone();
        let mut examined = 0;
        loop {
            let before = last.clone().unwrap_or_else(|| "\u{10ffff}".to_owned());
            let answer = self
                .table
                .query_index(self.keys.list(of))
                .key_condition_expression("gsi1pk = :list AND gsi1sk < :before")
                .expression_attribute_values(":before", s(before))
                .scan_index_forward(false)
                .limit(i32::try_from(page.limit + 1).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(|error| failed(doing)(error.into()))?;
            let more = answer.last_evaluated_key().is_some();
            for item in answer.items() {
                let Some(key) = item.get("gsi1sk").and_then(|key| key.as_s().ok()) else { continue };
                examined += 1;
                if wanted(key) {
                    if data.len() == page.limit {
                        return Ok(Page { data, next_cursor: last });
                    }
                    data.push(key.clone());
                }
                last = Some(key.clone());
            }
            if !more {
                return Ok(Page { data, next_cursor: None });
            }
            if examined >= MAX_EXAMINED {
                return Ok(Page { data, next_cursor: last });
            }
        }
    }
}
