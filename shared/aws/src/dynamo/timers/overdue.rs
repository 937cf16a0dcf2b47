//! List of overdue timers. A timer is listed after it was resent several times without firing. A
//! listed timer also stays in its bucket, the partition of the timers that are due in the same
//! minute. The entries are sorted by the instant of the next resend.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_app::timers::ports::{OverdueTimer, TimerPage};
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::timers::timer::{SHARDS, Timer};
use serde::{Deserialize, Serialize};

use super::stored_timer::StoredTimerValue;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Item, Stored, to_item};
use crate::dynamo::engine::keys;
use crate::dynamo::engine::table::Table;
use crate::dynamo::timers::timer::TimerItem;
use crate::failure::failed;

/// Sort key that comes after every entry.
const LAST_KEY: &str = "~";

#[derive(Debug, Serialize, Deserialize)]
struct OverdueItem {
    timer: StoredTimerValue,
    retry_at_ms: i64,
}

impl Stored for OverdueItem {
    const KIND: &'static str = "TIMER_OVERDUE";
}

/// Timer that an earlier version of couponflow set aside. The timer is in no bucket, so no scan sends the timer.
#[derive(Debug, Serialize, Deserialize)]
struct SetAsideItem {
    timer: StoredTimerValue,
}

impl Stored for SetAsideItem {
    const KIND: &'static str = "TIMER_SET_ASIDE";
}

impl Table {
    /// Adds an entry for a timer, unless the timer has fired meanwhile.
    pub(crate) async fn add_overdue(&self, timer: &Timer, retry_at: DateTime<Utc>) -> Result<(), StoreError> {
        let doing = "listing an overdue timer";
        let mark = self
            .update(keys::timer(timer))
            .update_expression("SET listed = :yes")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        let elements = vec![mark.element(doing)?, self.put(entry(timer, retry_at, doing)?).element(doing)?];
        self.transact(elements, doing).await.map(|_| ())
    }

    /// Reads the first entries of a shard that sort after the first key of `range`, up to and
    /// including the second key.
    pub(crate) async fn overdue_part(
        &self,
        shard: u8,
        range: (&str, &str),
        limit: i32,
    ) -> Result<TimerPage<OverdueTimer>, StoreError> {
        let doing = "reading the list of overdue timers";
        let part = self.part::<OverdueItem>(keys::overdue_list(shard), range, limit, doing).await?;
        let overdue =
            |item: OverdueItem| OverdueTimer { timer: item.timer.into(), retry_at: Some(instant(item.retry_at_ms)) };
        Ok(TimerPage { items: part.items.into_iter().map(overdue).collect(), next: part.next })
    }

    async fn set_aside_part(&self, after: &str, limit: i32) -> Result<TimerPage<OverdueTimer>, StoreError> {
        let doing = "reading timers that were set aside";
        let part = self.part::<SetAsideItem>(keys::SET_ASIDE.to_owned(), (after, LAST_KEY), limit, doing).await?;
        let overdue = |item: SetAsideItem| OverdueTimer { timer: item.timer.into(), retry_at: None };
        Ok(TimerPage { items: part.items.into_iter().map(overdue).collect(), next: part.next })
    }

    /// Moves an entry to another instant, unless the entry was moved or removed meanwhile. Puts a timer that was set
    /// aside back into its bucket.
    pub(crate) async fn move_overdue(&self, overdue: &OverdueTimer, retry_at: DateTime<Utc>) -> Result<(), StoreError> {
        let doing = "moving an overdue timer";
        let timer = &overdue.timer;
        if overdue.retry_at == Some(retry_at) {
            return Ok(());
        }
        let mut elements = vec![self.put(entry(timer, retry_at, doing)?).element(doing)?];
        let old = match overdue.retry_at {
            Some(old) => keys::overdue(timer, old),
            None => {
                let set_again = TimerItem::listed(timer.clone());
                elements.push(self.put(to_item(keys::timer(timer), &set_again, doing)?).element(doing)?);
                keys::timer_set_aside(timer)
            }
        };
        elements.push(self.delete(old).condition_expression("attribute_exists(pk)").element(doing)?);
        self.transact(elements, doing).await.map(|_| ())
    }

    /// Removes an entry. Idempotent.
    pub(crate) async fn remove_overdue(&self, overdue: &OverdueTimer) -> Result<(), StoreError> {
        let key = match overdue.retry_at {
            Some(retry_at) => keys::overdue(&overdue.timer, retry_at),
            None => keys::timer_set_aside(&overdue.timer),
        };
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(key.attributes()));
        delete.send().await.map(|_| ()).map_err(|error| failed("removing an overdue timer")(error.into()))
    }
}

fn entry(timer: &Timer, retry_at: DateTime<Utc>, doing: &'static str) -> Result<Item, StoreError> {
    let item = OverdueItem { timer: timer.clone().into(), retry_at_ms: retry_at.timestamp_millis() };
    to_item(keys::overdue(timer, retry_at), &item, doing)
}

impl Table {
    /// The cursor holds the number of a list and the sort key of the last entry read. Number
    /// [`SHARDS`] is the list of timers that were set aside. Lower numbers are shards.
    pub(crate) async fn overdue_timers(&self, page: &PageRequest) -> Result<Page<OverdueTimer>, StoreError> {
        let Some((mut list, mut after)) = parse_cursor(page.cursor.as_ref()) else {
            return Ok(Page::new(Vec::new(), None));
        };
        let mut data = Vec::new();
        while list <= SHARDS {
            if data.len() >= page.limit {
                return Ok(Page::new(data, Some(Cursor::new(format!("{list}:{after}")))));
            }
            let limit = i32::try_from(page.limit - data.len()).unwrap_or(i32::MAX);
            let part = match list {
                SHARDS => self.set_aside_part(&after, limit).await?,
                shard => self.overdue_part(shard, (&after, LAST_KEY), limit).await?,
            };
            data.extend(part.items);
            match part.next {
                Some(next) => after = next,
                None => (list, after) = (list + 1, String::new()),
            }
        }
        Ok(Page::new(data, None))
    }

    pub(crate) async fn requeue(&self, overdue: &OverdueTimer, now: DateTime<Utc>) -> Result<(), StoreError> {
        match overdue.retry_at {
            // A timer that has fired since it was listed needs no entry.
            Some(_) if !self.is_set(&overdue.timer).await? => self.remove_overdue(overdue).await,
            Some(retry_at) if retry_at <= now => Ok(()),
            Some(_) | None => self.move_overdue(overdue, now).await,
        }
    }
}

fn parse_cursor(cursor: Option<&Cursor>) -> Option<(u8, String)> {
    let Some(cursor) = cursor else { return Some((0, String::new())) };
    let (list, after) = cursor.as_str().split_once(':')?;
    Some((list.parse().ok().filter(|list| *list <= SHARDS)?, after.to_owned()))
}
