//! Lists executions.

use couponflow_app::automation::ports::ExecutionQuery;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::automation::execution::Execution;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::ExecutionId;

use super::executions::ExecutionItem;
use super::stored_execution::StoredExecution;
use crate::dynamo::engine::item::{Item, from_item};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::page::Selection;
use crate::dynamo::engine::tenant_store::TenantStore;

/// Name of the list of executions.
const LIST: &str = "executions";

/// Minimum number of executions that a list by status reads, whatever the size of the page. The status is not part of
/// the sort key.
const MIN_READ_BY_STATUS: usize = 100;

impl TenantStore {
    /// Returns one page of the executions that match the query.
    pub(crate) async fn page_of_executions(
        &self,
        query: &ExecutionQuery,
        page: &PageRequest,
    ) -> Result<Page<Execution>, StoreError> {
        let doing = "listing executions";
        let wanted: Vec<&str> = [
            query.workflow_id.as_ref().map(|id| id.as_str()),
            query.contact.as_ref().map(|id| id.key()),
            query.event_id.as_ref().map(|id| id.as_str()),
        ]
        .into_iter()
        .flatten()
        .collect();
        let is_wanted = |key: &str| wanted.iter().all(|wanted| key.split('#').skip(1).any(|part| part == *wanted));
        let limit = query.status.map_or(page.limit, |_| page.limit.max(MIN_READ_BY_STATUS));
        let request = PageRequest { limit, cursor: page.cursor.clone() };
        let selection = match wanted.is_empty() {
            true => Selection::All,
            false => Selection::Filtered(is_wanted),
        };
        let listed = self.list(LIST, &request, selection, doing).await?;
        let stored: Vec<(&String, Key)> =
            listed.data.iter().filter_map(|key| Some((key, self.stored_at(key)?))).collect();
        let keys: Vec<Key> = stored.iter().map(|(_, key)| key.clone()).collect();
        let mut found = Page::new(Vec::new(), listed.next_cursor);
        let mut last_read = None;
        for ((listed_as, _), item) in stored.into_iter().zip(self.table.items(&keys, doing).await?) {
            if found.data.len() == page.limit {
                found.next_cursor = last_read;
                break;
            }
            last_read = Some(Cursor::new(listed_as.as_str()));
            let execution = item.map(|item| parse(item, doing)).transpose();
            let is_of_status = |of: &Execution| query.status.is_none_or(|status| of.status == status);
            found.push_readable(execution.map(|execution| execution.filter(is_of_status)), LIST)?;
        }
        Ok(found)
    }

    /// Returns the key of the execution with this sort key of the list.
    fn stored_at(&self, listed_as: &str) -> Option<Key> {
        let id = ExecutionId::parse(listed_as.split('#').next()?).ok()?;
        Some(self.keys.execution(id.key()))
    }
}

fn parse(item: Item, doing: &'static str) -> Result<Execution, StoreError> {
    StoredExecution::parse(&from_item::<ExecutionItem>(item, doing)?.execution, doing)
}
