//! Audiences: groups of contacts. A `for_each_contact` step starts an execution for each contact of
//! an audience.

mod settlement;

pub use settlement::{PurchaseRecord, Settlement, settlements};

use serde::Serialize;
use serde_json::{Value, json};

use crate::kernel::ids::CouponId;
use crate::kernel::input::{Errors, Field};
use crate::kernel::json_schema::{object, optional, reference};
use crate::kernel::label::Label;

/// A group of contacts. Serialized in the timeline of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Audience {
    /// Contacts who applied a coupon but did not redeem the coupon. A redemption by the same
    /// customer under another e-mail address counts as a redemption by the contact (see
    /// [`Settlement`]). Rolled-back redemptions do not count.
    AppliedNotRedeemed {
        /// `None` means the coupon of the event.
        #[serde(skip_serializing_if = "Option::is_none")]
        coupon_id: Option<CouponId>,
    },
    /// Contacts who redeemed a coupon. Rolled-back redemptions do not count.
    Redeemed {
        /// `None` means the coupon of the event.
        #[serde(skip_serializing_if = "Option::is_none")]
        coupon_id: Option<CouponId>,
    },
    /// Contacts on a list.
    List { list: Label },
    /// Contacts with a tag.
    Tag { tag: Label },
}

impl Audience {
    /// Reads and validates an audience.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        if field.value().is_some_and(|value| value.is_string()) {
            return field.reject("must be an object, such as {\"type\": \"redeemed\"}", errors);
        }
        field.any_object(errors)?;
        let label = |name, errors: &mut Errors| field.get(name).parse(Label::parse, errors);
        let coupon = |errors: &mut Errors| {
            field.get("coupon_id").optional(errors, |field, errors| field.parse(CouponId::parse, errors))
        };
        let kind = field.get("type").text(1..=40, errors)?;
        let audience = match kind {
            "applied_not_redeemed" => Self::AppliedNotRedeemed { coupon_id: coupon(errors)? },
            "redeemed" => Self::Redeemed { coupon_id: coupon(errors)? },
            "list" => Self::List { list: label("list", errors)? },
            "tag" => Self::Tag { tag: label("tag", errors)? },
            _ => {
                return field.get("type").reject("must be applied_not_redeemed, redeemed, list or tag", errors);
            }
        };
        let own = match kind {
            "list" | "tag" => kind,
            _ => "coupon_id",
        };
        field.object(&["type", own], errors).map(|()| audience)
    }

    /// Returns the request schema of an audience.
    pub fn schema() -> Value {
        let of = |title: &str, kind: &str, required: &[&str], members: &[(&str, Value)]| {
            let kind = ("type", json!({"const": kind}));
            object(title, "A set of contacts.", &[&["type"], required].concat(), &[&[kind], members].concat())
        };
        let coupon = || [("coupon_id", optional(reference("CouponId")))];
        json!({"oneOf": [
            of("AppliedNotRedeemedAudience", "applied_not_redeemed", &[], &coupon()),
            of("RedeemedAudience", "redeemed", &[], &coupon()),
            of("ListAudience", "list", &["list"], &[("list", Label::schema("Name of the list."))]),
            of("TagAudience", "tag", &["tag"], &[("tag", Label::schema("Name of the tag."))]),
        ]})
    }

    /// Replaces a missing coupon id by `coupon`, the coupon of the event that started the
    /// execution.
    #[must_use]
    pub fn with_event_coupon(&self, coupon: &CouponId) -> Self {
        let named = |id: &Option<CouponId>| Some(id.clone().unwrap_or_else(|| coupon.clone()));
        match self {
            Self::AppliedNotRedeemed { coupon_id } => Self::AppliedNotRedeemed { coupon_id: named(coupon_id) },
            Self::Redeemed { coupon_id } => Self::Redeemed { coupon_id: named(coupon_id) },
            Self::List { .. } | Self::Tag { .. } => self.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::input;

    fn read(document: Value) -> Result<Audience, Vec<String>> {
        let faults = |errors: Errors| errors.into_iter().map(|error| error.pointer).collect();
        input::read(&document, Audience::read).map_err(faults)
    }

    #[test]
    fn audience_reads_back_from_its_json() {
        let coupon = "cpn_01KAP2V7E8QJ6D0Y4T3M5N9R1C";
        for document in [
            json!({"type": "applied_not_redeemed"}),
            json!({"type": "redeemed", "coupon_id": coupon}),
            json!({"type": "list", "list": "Retargeting"}),
            json!({"type": "tag", "tag": "VIP"}),
        ] {
            assert_eq!(json!(read(document.clone()).unwrap()), document);
        }
    }

    #[test]
    fn errors_have_pointers() {
        for (document, pointers) in [
            (json!("everyone"), vec![""]),
            (json!({"type": "everyone"}), vec!["/type"]),
            (json!({"type": "list"}), vec!["/list"]),
            (json!({"type": "tag", "tag": "a", "list": "b"}), vec!["/list"]),
            (json!({"type": "redeemed", "coupon_id": "cpn_1"}), vec!["/coupon_id"]),
        ] {
            assert_eq!(read(document.clone()).unwrap_err(), pointers, "{document}");
        }
    }

    #[test]
    fn missing_coupon_id_means_coupon_of_the_event() {
        let [named, of_event] = [1, 2].map(|bits| CouponId::new(Default::default(), [bits; 10]));
        let redeemed = |coupon_id: Option<&CouponId>| Audience::Redeemed { coupon_id: coupon_id.cloned() };
        assert_eq!(redeemed(None).with_event_coupon(&of_event), redeemed(Some(&of_event)));
        assert_eq!(redeemed(Some(&named)).with_event_coupon(&of_event), redeemed(Some(&named)));
    }
}
