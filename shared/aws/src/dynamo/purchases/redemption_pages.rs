//! Reads pages of the list of redemptions.

use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_app::purchases::ports::RedemptionQuery;
use couponflow_domain::kernel::ids::RedemptionId;
use couponflow_domain::purchases::Redemption;

use super::listing;
use super::redemptions::RedemptionItem;
use crate::dynamo::engine::item::from_item;
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::page::Selection;
use crate::dynamo::engine::tenant_store::TenantStore;

impl TenantStore {
    /// Returns one page of the redemptions that match the query.
    pub(crate) async fn page_of_redemptions(
        &self,
        query: &RedemptionQuery,
        page: &PageRequest,
    ) -> Result<Page<Redemption>, StoreError> {
        let doing = "listing redemptions";
        let selection = match query.is_empty() {
            true => Selection::All,
            false => Selection::Filtered(|key: &str| listing::is_wanted(query, key)),
        };
        let listed = self.list(listing::LIST, page, selection, doing).await?;
        let ids: Vec<RedemptionId> = listed.data.iter().filter_map(|key| listing::id(key).ok()).collect();
        let mut found = Page::new(Vec::with_capacity(ids.len()), listed.next_cursor);
        for redemption in self.numbered_redemptions(&ids, doing).await? {
            found.push_readable(redemption, listing::LIST)?;
        }
        Ok(found)
    }

    /// Reads redemptions that have a number, in the order of the ids. Each of them has its own item. Returns an error
    /// for a redemption whose item is damaged.
    async fn numbered_redemptions(
        &self,
        ids: &[RedemptionId],
        doing: &'static str,
    ) -> Result<Vec<Result<Option<Redemption>, StoreError>>, StoreError> {
        let active: Vec<Key> = ids.iter().map(|id| self.keys.redemption(id.key())).collect();
        let active = self.table.items(&active, doing).await?;
        let mut found = Vec::with_capacity(ids.len());
        for (id, item) in ids.iter().zip(active) {
            let item = item.map(|item| from_item::<RedemptionItem>(item, doing)).transpose();
            found.push(item.map(|item| item.filter(|item| item.redemption_id == *id)));
        }
        // A rollback moves a redemption to another key, and nothing moves it back.
        let moved: Vec<usize> = (0..ids.len()).filter(|i| matches!(found[*i], Ok(None))).collect();
        let keys: Vec<Key> = moved.iter().map(|i| self.keys.rolled_back(&ids[*i])).collect();
        for (i, item) in moved.into_iter().zip(self.table.items(&keys, doing).await?) {
            found[i] = item.map(|item| from_item(item, doing)).transpose();
        }
        Ok(found.into_iter().map(|item| item.map(|item| item.map(Redemption::from))).collect())
    }
}
