//! Stores audiences. An audience is a group of contacts: those with a tag, on a list, or with
//! activity on a coupon. Each member has one item. The items of an audience are spread over several
//! partitions by contact.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_app::kernel::page::Page;
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::contacts::contact::MAX_TAGS_OR_LISTS;
use couponflow_domain::events::event::{Event, PurchaseStep};
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::ContactId;
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::item::{Item, Stored, from_item, n, s};
use crate::dynamo::engine::tenant_keys::AUDIENCE_SHARDS;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

/// Maximum number of members that one query reads.
const CHUNK: i32 = 100;

/// Maximum number of members that one call examines. If few of the members match, the page is short and has a cursor.
const MAX_EXAMINED: usize = 1000;

/// Membership of a contact in an audience. The membership in a coupon's audience also records the contact's
/// applications and redemptions of the coupon. The redemptions are sets that only grow, so events can be applied
/// repeatedly and in any order.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MemberItem {
    contact_id: ContactId,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    redeemed: BTreeSet<String>,
    /// Redemptions for the same order, or by the same person, under another address.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    settled: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    rolled_back: BTreeSet<String>,
}

impl Stored for MemberItem {
    const KIND: &'static str = "MEMBER";
}

impl MemberItem {
    /// Creates a membership of a tag or a list.
    pub(crate) fn of(contact: &ContactId) -> Self {
        let [redeemed, settled, rolled_back] = [(); 3].map(|()| BTreeSet::new());
        Self { contact_id: contact.clone(), applied_at_ms: None, redeemed, settled, rolled_back }
    }

    fn has_redeemed(&self) -> bool {
        self.redeemed.difference(&self.rolled_back).next().is_some()
    }

    fn is_settled(&self) -> bool {
        self.settled.difference(&self.rolled_back).next().is_some()
    }

    fn is_in(&self, audience: &Audience) -> bool {
        match audience {
            Audience::AppliedNotRedeemed { .. } => {
                self.applied_at_ms.is_some() && !self.has_redeemed() && !self.is_settled()
            }
            Audience::Redeemed { .. } => self.has_redeemed(),
            Audience::List { .. } | Audience::Tag { .. } => true,
        }
    }
}

/// Location of an audience's members: the kind of audience, and its tag, list or coupon. `None` if a coupon audience
/// names no coupon.
fn location(audience: &Audience) -> Option<(&'static str, &str)> {
    match audience {
        Audience::AppliedNotRedeemed { coupon_id } | Audience::Redeemed { coupon_id } => {
            Some(("coupon", coupon_id.as_ref()?.as_str()))
        }
        Audience::List { list } => Some(("list", list.key())),
        Audience::Tag { tag } => Some(("tag", tag.key())),
    }
}

/// Former location of the members of a tag or a list. Earlier versions used the spelling of the tag
/// or list, and not its key. Reading a contact moves its memberships to the current location.
fn former_location(audience: &Audience) -> Option<(&'static str, &str)> {
    let (kind, label) = match audience {
        Audience::List { list } => ("list", list),
        Audience::Tag { tag } => ("tag", tag),
        Audience::AppliedNotRedeemed { .. } | Audience::Redeemed { .. } => return None,
    };
    (label.as_str() != label.key()).then_some((kind, label.as_str()))
}

/// Parses a cursor: the number of a partition, and the key of the last member that was examined.
///
/// Numbers below [`AUDIENCE_SHARDS`] are partitions of the former location, if the audience has
/// one. Higher numbers are partitions of the current location. The current location comes last, so
/// that a member that moves there during the listing is not missed.
fn parse_cursor(cursor: &Cursor) -> Option<(u8, String)> {
    let (shard, after) = cursor.as_str().strip_prefix("member#")?.split_once('#')?;
    Some((shard.parse().ok()?, after.to_owned())).filter(|(_, after)| !after.is_empty())
}

impl TenantStore {
    pub(crate) async fn page_of_audience(
        &self,
        audience: &Audience,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ContactId>, StoreError> {
        let doing = "reading an audience";
        let unnamed = || StoreError::damaged(doing, "the audience of a coupon names no coupon");
        let location = location(audience).ok_or_else(unnamed)?;
        // `0` sorts before every key.
        let first = || "0".to_owned();
        let former = former_location(audience);
        let from = if former.is_some() { 0 } else { AUDIENCE_SHARDS };
        let begin = cursor.map_or_else(|| Some((from, first())), parse_cursor);
        let Some((mut shard, mut after)) = begin else { return Ok(Page::new(Vec::new(), None)) };
        let (mut data, mut examined) = (Vec::new(), 0);
        while shard < 2 * AUDIENCE_SHARDS {
            let (of, number) = match (former, shard.checked_sub(AUDIENCE_SHARDS)) {
                (_, Some(number)) => (location, number),
                (Some(former), None) => (former, shard),
                // The cursor is from an earlier version of couponflow.
                (None, None) => (location, shard),
            };
            let (members, more) = self.members(self.keys.audience(of, number), &after, doing).await?;
            examined += members.len();
            for (key, item) in members {
                after = key;
                match from_item::<MemberItem>(item, doing) {
                    Ok(member) if member.is_in(audience) => data.push(member.contact_id),
                    Ok(_) => {}
                    Err(error) => {
                        tracing::error!(tenant.id = %self.keys.tenant, error = %chain(&error), "Skipped a damaged member of an audience");
                    }
                }
                if data.len() == limit {
                    return Ok(Page::new(data, Some(Cursor::new(format!("member#{shard}#{after}")))));
                }
            }
            if !more {
                (shard, after) = (shard + 1, first());
            } else if examined >= MAX_EXAMINED {
                return Ok(Page::new(data, Some(Cursor::new(format!("member#{shard}#{after}")))));
            }
        }
        Ok(Page::new(data, None))
    }

    /// Reads members of a partition that sort after a key, with their keys. Also returns whether more members follow.
    async fn members(
        &self,
        partition: String,
        after: &str,
        doing: &'static str,
    ) -> Result<(Vec<(String, Item)>, bool), StoreError> {
        let answer = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .key_condition_expression("pk = :partition AND sk > :after")
            .expression_attribute_values(":partition", s(partition))
            .expression_attribute_values(":after", s(after))
            .consistent_read(true)
            .limit(CHUNK)
            .send()
            .await
            .map_err(|error| failed(doing)(error.into()))?;
        let more = answer.last_evaluated_key.is_some();
        let key = |item: &Item| item.get("sk")?.as_s().ok().cloned();
        let members = answer.items.unwrap_or_default().into_iter().filter_map(|item| Some((key(&item)?, item)));
        Ok((members.collect(), more))
    }

    /// Records an application, redemption or rollback in the coupon's audience. Other events change nothing.
    pub(crate) async fn note_in_audience(&self, event: &Event, contact: &ContactId) -> Result<(), StoreError> {
        let doing = "recording an event in an audience";
        let coupon = event.data.coupon.id.as_str();
        let redemption = event.data.redemption.as_ref().map(|redemption| redemption.id.to_string());
        let member = "SET kind = :kind, contact_id = :contact, gsi1pk = :memberships, gsi1sk = :coupon";
        let mut update = self
            .table
            .update_item(self.keys.member(("coupon", coupon), contact.key()))
            .expression_attribute_values(":kind", s(MemberItem::KIND))
            .expression_attribute_values(":contact", s(contact.as_str()))
            .expression_attribute_values(":memberships", s(self.keys.memberships(contact.key())))
            .expression_attribute_values(":coupon", s(coupon));
        let set = match (event.kind.properties().purchase, &redemption) {
            (None, _) | (Some(PurchaseStep::Redemption | PurchaseStep::Rollback), None) => return Ok(()),
            (Some(PurchaseStep::Application), _) => None,
            (Some(PurchaseStep::Redemption), Some(redemption)) => Some(("redeemed", redemption)),
            (Some(PurchaseStep::Rollback), Some(redemption)) => Some(("rolled_back", redemption)),
        };
        update = match set {
            None => update
                .update_expression(format!("{member}, applied_at_ms = :at"))
                .condition_expression("attribute_not_exists(applied_at_ms) OR applied_at_ms < :at")
                .expression_attribute_values(":at", n(event.metadata.occurred_at.timestamp_millis())),
            // The set stops growing at this size. More elements would not change who belongs to
            // the audience.
            Some((set, redemption)) => update
                .update_expression(format!("{member} ADD {set} :redemption"))
                .condition_expression(format!("attribute_not_exists({set}) OR size({set}) < :most"))
                .expression_attribute_values(":redemption", AttributeValue::Ss(vec![redemption.clone()]))
                .expression_attribute_values(":most", n(MAX_TAGS_OR_LISTS)),
        };
        match update.send().await.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(()),
            Err(error) if error.is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(failed(doing)(error.into())),
        }
    }
}
