//! Terms of a coupon. Operators and workflows set the terms when they create or edit a coupon.

mod schema;

pub use schema::request_schemas;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use strum::VariantArray as _;

use super::amounts::Amounts;
use super::discount::{AppliesTo, Discount};
use super::duration::Duration;
use super::notices::{LIMITS, Threshold};
use super::only_for::OnlyFor;
use super::rollback_reason::RollbackReason;
use crate::coupons::code::CouponCode;
use crate::kernel::ids::CouponId;
use crate::kernel::input::{Errors, Field};
use crate::kernel::instants::{ZoneName, read_instant};
use crate::kernel::span::Span;

/// Permitted numbers of thresholds of one coupon, and of its expiry lead times.
const NOTICES: RangeInclusive<usize> = 0..=10;

/// Permitted lengths of the name of a coupon, in characters.
const NAME_LENGTH: RangeInclusive<usize> = 1..=200;

/// Permitted numbers of reasons in the release policy.
const RELEASE_REASONS: RangeInclusive<usize> = 0..=3;

/// Maximum number of key-value pairs of one coupon.
const METADATA_PAIRS: usize = 50;

/// Permitted lengths of a key, in characters.
const METADATA_KEY_LENGTH: RangeInclusive<usize> = 1..=40;

/// Permitted lengths of a value, in characters.
const METADATA_VALUE_LENGTH: RangeInclusive<usize> = 0..=500;

/// Permitted lead times of expiry notices, which are events before the expiry.
const LEAD_TIMES: RangeInclusive<TimeDelta> = TimeDelta::minutes(1)..=TimeDelta::days(366);

/// Permitted lengths of the abandonment window.
const ABANDONMENT_WINDOWS: RangeInclusive<TimeDelta> = TimeDelta::seconds(1)..=TimeDelta::days(90);

/// Kind of codes that customers use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeType {
    /// Customers use the coupon's own code. Unique codes can be issued as well.
    #[default]
    Shared,
    /// Customers use unique codes. The coupon's own code only names the coupon.
    Unique,
}

impl CodeType {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "shared" => Ok(Self::Shared),
            "unique" => Ok(Self::Unique),
            _ => Err("must be \"shared\" or \"unique\""),
        }
    }
}

/// Terms of a coupon: its code, discount, limits, validity and other rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Terms {
    /// The coupon's own code.
    pub code: CouponCode,
    /// Whether customers use the coupon's own code or unique codes.
    pub code_type: CodeType,
    /// Name of the coupon for operators.
    pub name: String,
    /// Percentage or amount that a redemption takes off the order.
    pub discount: Discount,
    /// Maximum discount on an order. If set, orders in a currency without a maximum are rejected.
    pub maximum_discount: Option<Amounts>,
    /// How long the discount applies to a subscription.
    #[serde(flatten)]
    pub duration: Duration,
    /// Maximum number of redemptions in total. `null` means no limit.
    pub max_redemptions: Option<i64>,
    /// Maximum number of redemptions per customer. Redemptions from the time before this limit was
    /// set do not count. `null` means no limit.
    pub max_redemptions_per_customer: Option<i64>,
    /// Instant from which the coupon is valid.
    pub starts_at: Option<DateTime<Utc>>,
    /// Instant at which the coupon expires. At this instant the coupon is already expired.
    pub expires_at: Option<DateTime<Utc>>,
    /// Time zone of local date-times in these terms, and of the start day of subscriptions. If the
    /// time zone is `null`, date-times must have an offset, and start days are in UTC.
    pub time_zone: Option<ZoneName>,
    /// Minimum value of an order, before any discount.
    pub minimum_order_value: Option<Amounts>,
    /// Lines of an order that the coupon applies to.
    pub applies_to: AppliesTo,
    /// Whether the coupon can be combined with other codes on one order.
    pub combinable: bool,
    /// Release policy: the rollback reasons that make a redemption available again. With an empty
    /// list, no rollback makes a redemption available again.
    pub release_on: Vec<RollbackReason>,
    /// Time after which an application without a redemption counts as abandoned. `null` means that
    /// applications are never abandoned.
    pub abandonment_window: Option<Span>,
    /// Usage levels of a limited coupon at which the event `CouponThresholdReached` fires.
    pub thresholds: Vec<Threshold>,
    /// Lead times of expiry notices. For each lead time, the event `CouponExpiring` fires that long
    /// before the expiry.
    pub expiry_lead_times: Vec<Span>,
    /// Backup coupon. Workflows can activate the backup coupon in place of this coupon, and apply
    /// can offer its code (see `offer_backup`).
    pub backup_coupon_id: Option<CouponId>,
    /// The only customer who may use the coupon. `null` means every customer.
    #[serde(default)]
    pub only_for: Option<OnlyFor>,
    /// Whether apply returns the code of the backup coupon if this coupon is used up, paused or
    /// expired.
    #[serde(default)]
    pub offer_backup: bool,
    /// Key-value pairs for the operator's own use, such as `{"team": "growth"}`.
    #[schemars(title = "CouponMetadata")]
    pub metadata: BTreeMap<String, String>,
}

const MEMBERS: &[&str] = &[
    "code",
    "code_type",
    "name",
    "discount",
    "maximum_discount",
    "duration",
    "duration_in_months",
    "max_redemptions",
    "max_redemptions_per_customer",
    "starts_at",
    "expires_at",
    "time_zone",
    "minimum_order_value",
    "applies_to",
    "combinable",
    "release_on",
    "abandonment_window",
    "thresholds",
    "expiry_lead_times",
    "backup_coupon_id",
    "only_for",
    "offer_backup",
    "metadata",
];

impl Terms {
    /// Reads and validates the terms of a coupon.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(MEMBERS, errors)?;
        let code = field.get("code").parse(CouponCode::parse, errors);
        let code_type = field.get("code_type").optional(errors, |field, errors| field.parse(CodeType::parse, errors));
        let name = field.get("name").name(NAME_LENGTH, errors);
        let discount = field.get("discount");
        let discount = discount.any_object(errors).and_then(|()| Discount::read(&discount, errors));
        let duration = Duration::read(field, errors);
        let max_redemptions = read_limit(&field.get("max_redemptions"), errors);
        let max_redemptions_per_customer = read_limit(&field.get("max_redemptions_per_customer"), errors);
        let time_zone = field.get("time_zone").optional(errors, |field, errors| field.parse(ZoneName::parse, errors));
        let zone = time_zone.as_ref().and_then(Option::as_ref);
        let starts_at = field.get("starts_at").optional(errors, |field, errors| read_instant(field, zone, errors));
        let expires_at = field.get("expires_at").optional(errors, |field, errors| read_instant(field, zone, errors));
        let minimum_order_value = field.get("minimum_order_value").optional(errors, Amounts::read);
        let maximum_discount = field.get("maximum_discount").optional(errors, Amounts::read);
        let applies_to = field.get("applies_to").optional(errors, AppliesTo::read);
        let combinable = field.get("combinable").optional(errors, Field::boolean);
        let release_on = field.get("release_on").optional(errors, |field, errors| {
            field.list(RELEASE_REASONS, errors, |field, errors| field.parse(RollbackReason::parse, errors))
        });
        let abandonment_window = field
            .get("abandonment_window")
            .optional(errors, |field, errors| Span::read(field, ABANDONMENT_WINDOWS, errors));
        let thresholds = field.get("thresholds").optional(errors, |field, errors| {
            field.list(NOTICES, errors, |field, errors| Threshold::read(field, max_redemptions.flatten(), errors))
        });
        let expiry_lead_times = field.get("expiry_lead_times").optional(errors, |field, errors| {
            field.list(NOTICES, errors, |field, errors| Span::read(field, LEAD_TIMES, errors))
        });
        let backup_coupon_id =
            field.get("backup_coupon_id").optional(errors, |field, errors| field.parse(CouponId::parse, errors));
        let only_for = field.get("only_for").optional(errors, OnlyFor::read);
        let offer_backup = field.get("offer_backup").optional(errors, Field::boolean);
        let metadata = field.get("metadata").optional(errors, read_metadata);
        let terms = Self {
            code: code?,
            code_type: code_type?.unwrap_or_default(),
            name: name?.to_owned(),
            discount: discount?,
            maximum_discount: maximum_discount?,
            duration: duration?,
            max_redemptions: max_redemptions?,
            max_redemptions_per_customer: max_redemptions_per_customer?,
            starts_at: starts_at?,
            expires_at: expires_at?,
            time_zone: time_zone?,
            minimum_order_value: minimum_order_value?,
            applies_to: applies_to?.unwrap_or_default(),
            combinable: combinable?.unwrap_or(true),
            release_on: unique(release_on?.unwrap_or_else(|| RollbackReason::VARIANTS.to_vec())),
            abandonment_window: abandonment_window?,
            thresholds: unique(thresholds?.unwrap_or_default()),
            expiry_lead_times: unique(expiry_lead_times?.unwrap_or_default()),
            backup_coupon_id: backup_coupon_id?,
            only_for: only_for?,
            offer_backup: offer_backup?.unwrap_or(false),
            metadata: metadata?.unwrap_or_default(),
        };
        terms.check(field, errors);
        Some(terms)
    }

    /// Rejects values that are valid on their own but not in combination.
    fn check(&self, field: &Field<'_>, errors: &mut Errors) {
        if let Some(currencies) = self.discount.currencies() {
            if let Some(minimum) = &self.minimum_order_value {
                minimum.check(&currencies, &field.get("minimum_order_value"), errors);
            }
            if self.maximum_discount.is_some() {
                let detail = "is only allowed for percentage discounts";
                field.get("maximum_discount").reject::<()>(detail, errors);
            }
        }
        if let (Some(minimum), Some(maximum)) = (&self.minimum_order_value, &self.maximum_discount) {
            let currencies: Vec<_> = minimum.all().iter().map(|money| money.currency).collect();
            maximum.check(&currencies, &field.get("maximum_discount"), errors);
        }
        if self.starts_at.zip(self.expires_at).is_some_and(|(starts_at, expires_at)| expires_at <= starts_at) {
            field.get("expires_at").reject::<()>("must be later than starts_at", errors);
        }
        if !self.thresholds.is_empty() && self.max_redemptions.is_none() {
            field.get("thresholds").reject::<()>("requires max_redemptions", errors);
        }
    }
}

fn read_limit(field: &Field<'_>, errors: &mut Errors) -> Option<Option<i64>> {
    field.optional(errors, |field, errors| field.integer(LIMITS, errors))
}

/// Removes duplicates, keeping the first occurrence of each element.
fn unique<T: PartialEq>(elements: Vec<T>) -> Vec<T> {
    elements.into_iter().fold(Vec::new(), |mut unique, element| {
        if !unique.contains(&element) {
            unique.push(element);
        }
        unique
    })
}

fn read_metadata(field: &Field<'_>, errors: &mut Errors) -> Option<BTreeMap<String, String>> {
    let Some(map) = field.value().and_then(serde_json::Value::as_object).filter(|map| map.len() <= METADATA_PAIRS)
    else {
        return field.reject(format_args!("must be an object of at most {METADATA_PAIRS} strings"), errors);
    };
    let read: Vec<_> = map
        .keys()
        .map(|key| {
            let field = field.get(key);
            let of_length = METADATA_KEY_LENGTH.contains(&key.chars().count());
            if !of_length || key.chars().any(char::is_control) {
                return field.reject("must have a key of 1 to 40 characters without control characters", errors);
            }
            Some((key.clone(), field.lines(METADATA_VALUE_LENGTH, errors)?.to_owned()))
        })
        .collect();
    read.into_iter().collect()
}

#[cfg(test)]
mod tests;
