//! Audiences: contacts that an event without a contact addresses.

use crate::ids::CouponId;
use crate::input::{Errors, Field};

/// Whom a step is for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "type", content = "of", rename_all = "snake_case")]
pub enum Audience {
    /// Who has applied a coupon and not redeemed it.
    AppliedNotRedeemed {
        /// Which; the event's own where absent.
        coupon_id: Option<CouponId>,
    },
    /// Who has redeemed a coupon.
    Redeemed {
        /// Which; the event's own where absent.
        coupon_id: Option<CouponId>,
    },
    /// Who is on a list.
    List(String),
    /// Who has a tag.
    Tag(String),
}

impl Audience {
    /// The same, of this coupon where it names none.
    #[must_use]
    pub fn of(self, coupon: &CouponId) -> Self {
        let named = |coupon_id: Option<CouponId>| coupon_id.or_else(|| Some(coupon.clone()));
        match self {
            Self::AppliedNotRedeemed { coupon_id } => Self::AppliedNotRedeemed { coupon_id: named(coupon_id) },
            Self::Redeemed { coupon_id } => Self::Redeemed { coupon_id: named(coupon_id) },
            other => other,
        }
    }

    /// Reads `{"type": "applied_not_redeemed"}`, `{"type": "list", "list": "retargeting"}` and so on.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["type", "coupon_id", "list", "tag"], errors)?;
        let kind = field.get("type").parse(|kind| Ok::<_, String>(kind.to_owned()), errors)?;
        let coupon_id = |errors: &mut Errors| {
            field.get("coupon_id").optional(errors, |field, errors| field.parse(CouponId::parse, errors))
        };
        match kind.as_str() {
            "applied_not_redeemed" => Some(Self::AppliedNotRedeemed { coupon_id: coupon_id(errors)? }),
            "redeemed" => Some(Self::Redeemed { coupon_id: coupon_id(errors)? }),
            "list" => field.get("list").text(1..=100, errors).map(|list| Self::List(list.to_owned())),
            "tag" => field.get("tag").text(1..=100, errors).map(|tag| Self::Tag(tag.to_owned())),
            _ => field.get("type").refuse("must be one of applied_not_redeemed, redeemed, list, tag", errors),
        }
    }
}
