//! The step `generate_coupon`.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::awaited::Awaited;
use super::effect::{ShowInput, members};
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction, output};
use super::step_contents::StepContents;
use super::step_schema::step;
use crate::automation::execution::Outcome;
use crate::automation::template::{Kind, StepOutput};
use crate::coupons::coupon::Terms;
use crate::events::event::CouponSnapshot;
use crate::kernel::input;
use crate::kernel::input::{Errors, Field};
use crate::kernel::json_schema::{optional, reference};
use crate::kernel::span::Span;

/// Permitted lifetime of a generated coupon, from its creation to its expiry.
const LIFETIMES: std::ops::RangeInclusive<TimeDelta> = TimeDelta::minutes(1)..=TimeDelta::days(3660);

/// Maximum number of characters of the prefix of a code.
const MAX_PREFIX: usize = 20;

/// Terms that a `generate_coupon` step must leave out, because a generated coupon has its own code
/// and expiry and can be redeemed once.
pub const PER_COUPON_TERMS: [&str; 10] = [
    "code",
    "code_type",
    "max_redemptions",
    "max_redemptions_per_customer",
    "starts_at",
    "expires_at",
    "thresholds",
    "backup_coupon_id",
    "offer_backup",
    "only_for",
];

/// Creates a coupon with an unguessable code that can be redeemed once.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateCoupon {
    /// Terms, except the code, the limit of one redemption, the expiry and the permitted customer.
    pub terms: Box<Terms>,
    /// Prefix of the code.
    pub prefix: String,
    /// Time from the creation to the expiry.
    pub expires_in: Option<Span>,
    /// Whether only this contact can use the coupon.
    pub only_for_contact: bool,
}

impl GenerateCoupon {
    /// Returns when the generated coupon expires. `since` is the time at which the execution reached the step.
    pub fn expires_at(&self, since: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.expires_in.map(|life| since + life.delta())
    }
}

impl ShowInput for GenerateCoupon {
    fn input(&self) -> Map<String, Value> {
        members([
            ("name", json!(self.terms.name)),
            ("discount", json!(self.terms.discount)),
            ("prefix", json!(self.prefix)),
            ("expires_in", json!(self.expires_in)),
            ("only_for_contact", json!(self.only_for_contact)),
        ])
    }
}

const OUTPUTS: &[StepOutput] = &[
    output("coupon_id", Kind::Code, false, "Id of the new coupon"),
    output("code", Kind::Code, false, "Code of the new coupon"),
    output("expires_at", Kind::Instant, true, "When the new coupon expires; missing without `expires_in`"),
];

impl DocumentStep for GenerateCoupon {
    const CONTENTS: StepContents = StepContents::NONE;

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.members(&["coupon", "prefix", "expires_in", "only_for_contact"], errors)?;
        let prefix = step.get("prefix").optional(errors, |field, errors| field.parse(parse_prefix, errors));
        let expires_in = step.get("expires_in").optional(errors, |field, errors| Span::read(field, LIFETIMES, errors));
        let only_for_contact = step.get("only_for_contact").optional(errors, Field::boolean);
        if only_for_contact == Some(Some(true)) {
            step.needs_contact();
        }
        let terms = read_terms(&step.get("coupon"), errors);
        Some(Self {
            terms: Box::new(terms?),
            prefix: prefix?.unwrap_or_default(),
            expires_in: expires_in?,
            only_for_contact: only_for_contact?.unwrap_or(false),
        })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let prefix = json!({"type": "string", "pattern": format!("^[A-Za-z0-9]{{1,{MAX_PREFIX}}}$")});
        let members = [
            ("coupon", reference("GeneratedCouponInput")),
            ("prefix", optional(prefix)),
            ("expires_in", optional(Span::schema("Lifetime of the generated coupon.", &LIFETIMES))),
            ("only_for_contact", optional(json!({"type": "boolean", "default": false}))),
        ];
        let description = "Generates a coupon with its own code. The coupon can be redeemed once.";
        vec![step("GenerateCouponStep", kind, description, &["coupon"], &members)]
    }
}

impl StepAction for GenerateCoupon {
    const PROPERTIES: KindProperties =
        KindProperties { is_repeatable: true, listens: false, retries: RetrySchedule::Backoff, outputs: OUTPUTS };

    type Effect = Self;

    fn gates_later_steps(&self) -> bool {
        false
    }

    fn awaited(&self) -> Option<Awaited<'_>> {
        None
    }

    fn outputs(&self) -> Vec<StepOutput> {
        let always_expires = self.expires_in.is_some();
        let of_step = |output: &StepOutput| StepOutput {
            may_be_missing: output.may_be_missing && !(always_expires && output.name == "expires_at"),
            ..*output
        };
        OUTPUTS.iter().map(of_step).collect()
    }

    fn sample_values(&self, _: &CouponSnapshot, now: DateTime<Utc>) -> SampleValues {
        SampleValues { instant: self.expires_at(now), ..SampleValues::at(now) }
    }

    fn reference(&self) -> Option<Reference<'_>> {
        None
    }

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<Self, Outcome> {
        if self.only_for_contact {
            preparation.contact()?;
        }
        Ok(self.clone())
    }
}

/// Reads the terms of a coupon to generate. Rejects [`PER_COUPON_TERMS`].
fn read_terms(field: &Field<'_>, errors: &mut Errors) -> Option<Terms> {
    field.any_object(errors)?;
    let mut document = field.value().cloned().unwrap_or_default();
    for member in PER_COUPON_TERMS.iter().filter(|member| document.get(member).is_some()) {
        field.get(member).reject::<()>(
            "must be absent; a generated coupon has its own code and expiry and can be redeemed once",
            errors,
        );
    }
    if let Value::Object(map) = &mut document {
        map.insert("code".to_owned(), json!("GENERATED"));
        map.insert("max_redemptions".to_owned(), json!(1));
    }
    match input::read(&document, Terms::read) {
        Ok(terms) => Some(terms),
        Err(faults) => {
            for fault in faults {
                field.at(&fault.pointer).reject::<()>(fault.detail, errors);
            }
            None
        }
    }
}

fn parse_prefix(text: &str) -> Result<String, String> {
    match text.len() {
        1..=MAX_PREFIX if text.bytes().all(|b| b.is_ascii_alphanumeric()) => Ok(text.to_ascii_uppercase()),
        _ => Err(format!("must be 1 to {MAX_PREFIX} letters and digits")),
    }
}
