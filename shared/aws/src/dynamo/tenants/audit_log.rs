//! Stores the audit log of a tenant: one item per change, written in the transaction of the change.

use aws_sdk_dynamodb::types::TransactWriteItem;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::ids::AuditId;
use couponflow_domain::tenants::audit::{AUDIT_RETENTION, Actor, AuditEntry, AuditQuery, Author, Change};
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Stored, from_item, to_item};
use crate::dynamo::engine::page::Selection;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;

/// Name of the list of audit entries in `gsi1`.
const AUDIT_LIST: &str = "audit";

/// Separates the parts of a sort key in the list: id, actor and target.
const SEPARATOR: char = '#';

#[derive(Debug, Serialize, Deserialize)]
struct AuditItem {
    id: AuditId,
    /// Text form of the actor.
    actor: String,
    operation: String,
    target: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Revision>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<Revision>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    gsi1pk: String,
    gsi1sk: String,
    /// When DynamoDB may delete the item, in seconds since 1970.
    ttl: i64,
}

impl Stored for AuditItem {
    const KIND: &'static str = "AUDIT";
}

impl AuditItem {
    fn new(entry: AuditEntry, list: String) -> Self {
        let AuditEntry { id, actor, operation, change, request_id } = entry;
        let Change { target, before, after } = change;
        Self {
            gsi1pk: list,
            gsi1sk: format!("{id}{SEPARATOR}{actor}{SEPARATOR}{target}"),
            ttl: (id.instant() + AUDIT_RETENTION).timestamp(),
            actor: actor.to_string(),
            id,
            operation,
            target,
            before,
            after,
            request_id,
        }
    }

    fn entry(self, doing: &'static str) -> Result<AuditEntry, StoreError> {
        let Self { id, actor, operation, target, before, after, request_id, .. } = self;
        let actor = Actor::parse(&actor).map_err(|error| StoreError::damaged(doing, error))?;
        Ok(AuditEntry { id, actor, operation, change: Change { target, before, after }, request_id })
    }
}

impl TenantStore {
    /// Returns a handle whose changes are recorded in the audit log.
    #[must_use]
    pub fn audited(self, author: Author) -> Self {
        Self { author: Some(author.into()), ..self }
    }

    /// Returns who makes the changes of this handle. `None` if the changes are not audited.
    pub(crate) fn author(&self) -> Option<&Actor> {
        self.author.as_ref().map(|author| &author.actor)
    }

    /// Commits a change like [`transact`](crate::dynamo::Table::transact). If the handle has an author, the transaction
    /// also stores an entry of the audit log. The entry is the last element.
    pub(crate) async fn commit(
        &self,
        mut elements: Vec<TransactWriteItem>,
        change: Change,
        doing: &'static str,
    ) -> Result<Transacted, StoreError> {
        if let Some(author) = &self.author {
            elements.push(self.audit_element(author, change, doing)?);
        }
        self.table.transact(elements, doing).await
    }

    fn audit_element(
        &self,
        author: &Author,
        change: Change,
        doing: &'static str,
    ) -> Result<TransactWriteItem, StoreError> {
        let entry = AuditEntry::new(author, change);
        let key = self.keys.audit(&entry.id);
        self.table.put(to_item(key, &AuditItem::new(entry, self.keys.list(AUDIT_LIST)), doing)?).element(doing)
    }

    pub(crate) async fn audit_entries(
        &self,
        query: &AuditQuery,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let doing = "listing the audit log";
        let actor = query.actor.as_ref().map(Actor::to_string);
        let is_wanted = |entry: &str| {
            let mut parts = entry.splitn(3, SEPARATOR).skip(1);
            let (of, target) = (parts.next(), parts.next());
            actor.as_deref().is_none_or(|actor| of == Some(actor))
                && query.target.as_deref().is_none_or(|wanted| target == Some(wanted))
        };
        let listed = self.list(AUDIT_LIST, page, Selection::Filtered(is_wanted), doing).await?;
        let ids = listed.data.iter().filter_map(|entry| AuditId::parse(entry.split(SEPARATOR).next()?).ok());
        let keys: Vec<_> = ids.map(|id| self.keys.audit(&id)).collect();
        let items = self.table.items(&keys, doing).await?;
        let mut entries = Page::new(Vec::new(), listed.next_cursor);
        for item in items.into_iter().flatten() {
            let entry = from_item::<AuditItem>(item, doing).and_then(|item| item.entry(doing));
            entries.push_readable(entry.map(Some), "the audit log")?;
        }
        Ok(entries)
    }
}
