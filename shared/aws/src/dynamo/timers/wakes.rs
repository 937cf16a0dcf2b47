//! Index of the timers that wake the waiting executions of a contact.

use couponflow_app::automation::ports::WakesPage;
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::{ContactId, ExecutionId};
use couponflow_domain::timers::timer::{Purpose, Timer};

use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Item, s};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

impl TenantStore {
    /// Returns at most `limit` of the timers that are listed under a contact. The index contains
    /// only keys, so each timer is derived from its keys. An entry that cannot be parsed is logged
    /// and skipped.
    pub(crate) async fn listed_wakes(
        &self,
        contact: &ContactId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<WakesPage, StoreError> {
        let doing = "listing the waiting executions of a contact";
        let query = self.table.query_index(self.keys.wakes(contact)).limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let query = match after {
            None => query.key_condition_expression("gsi1pk = :list"),
            Some(after) => query
                .key_condition_expression("gsi1pk = :list AND gsi1sk > :after")
                .expression_attribute_values(":after", s(after.as_str())),
        };
        let answer = query.send().await.map_err(|error| failed(doing)(error.into()))?;
        let timer = |entry: &Item| {
            let text = |name: &str| entry.get(name)?.as_s().ok();
            let execution_id = ExecutionId::parse(text("gsi1sk")?).ok()?;
            let due_at = instant(text("sk")?.split('#').next()?.parse().ok()?);
            let purpose = Purpose::ExecutionWake { execution_id };
            Some(Timer { tenant_id: self.keys.tenant.clone(), due_at, purpose })
        };
        let mut timers = Vec::with_capacity(answer.items().len());
        for entry in answer.items() {
            match timer(entry) {
                Some(timer) => timers.push(timer),
                None => tracing::error!(contact.id = %contact, "Skipped an execution's timer that can't be read"),
            }
        }
        let last = answer.last_evaluated_key().and_then(|key| key.get("gsi1sk")?.as_s().ok());
        Ok(WakesPage { timers, next_after: last.map(Cursor::new) })
    }
}
