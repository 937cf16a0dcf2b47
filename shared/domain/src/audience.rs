//! Audiences: the contacts that an event without a contact addresses.

mod settling;

pub use settling::{PurchaseNote, Settlement, settlements};

use serde::{Deserialize, Serialize};

use crate::ids::CouponId;
use crate::input::{Errors, Field};
use crate::label::Label;

/// Which contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Audience {
    /// Those who applied a coupon and have no redemption of it that stands.
    AppliedNotRedeemed {
        /// The coupon; none is that of the event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coupon_id: Option<CouponId>,
    },
    /// Those with a redemption of a coupon that stands.
    Redeemed {
        /// The coupon; none is that of the event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coupon_id: Option<CouponId>,
    },
    /// Those on a list.
    List {
        /// The list.
        list: Label,
    },
    /// Those with a tag.
    Tag {
        /// The tag.
        tag: Label,
    },
}

impl Audience {
    /// Reads and checks an audience.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        if field.value().is_some_and(|value| value.is_string()) {
            return field.refuse("must be an object, such as {\"type\": \"redeemed\"}", errors);
        }
        field.object_of_any(errors)?;
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
                return field.get("type").refuse("must be applied_not_redeemed, redeemed, list or tag", errors);
            }
        };
        let own = match kind {
            "list" | "tag" => kind,
            _ => "coupon_id",
        };
        field.object(&["type", own], errors).map(|()| audience)
    }

    /// The same, where the coupon is that of the event unless it is named.
    #[must_use]
    pub fn of_event(&self, coupon: &CouponId) -> Self {
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
    use crate::input;
    use serde_json::{Value, json};

    fn read(document: Value) -> Result<Audience, Vec<String>> {
        let faults = |errors: Errors| errors.into_iter().map(|error| error.pointer).collect();
        input::read(&document, Audience::read).map_err(faults)
    }

    #[test]
    fn an_audience_is_written_as_it_is_read() {
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
    fn faults_are_named() {
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
    fn a_coupon_that_is_not_named_is_that_of_the_event() {
        let [named, of_event] = [1, 2].map(|bits| CouponId::new(Default::default(), [bits; 10]));
        let redeemed = |coupon_id: Option<&CouponId>| Audience::Redeemed { coupon_id: coupon_id.cloned() };
        assert_eq!(redeemed(None).of_event(&of_event), redeemed(Some(&of_event)));
        assert_eq!(redeemed(Some(&named)).of_event(&of_event), redeemed(Some(&named)));
    }
}
