//! The JSON body of a problem answer, with its schema.

use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::kernel::input::FieldError;
use couponflow_domain::purchases::rejection::Rejection;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use strum::VariantArray as _;

use crate::problem_code::ProblemCode;

/// Maximum number of faults that an answer lists. A body of 64 KB can have so many faults that the answer would be much
/// larger than the request.
pub(super) const MAX_LISTED_ERRORS: usize = 100;

/// An error response: a problem document (RFC 9457).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemBody {
    /// `urn:couponflow:problem:` followed by `code`.
    #[serde(rename = "type")]
    #[schemars(extend("format" = "uri"))]
    pub(super) kind: String,
    /// Name of the HTTP status.
    pub(super) title: &'static str,
    /// HTTP status code.
    #[schemars(schema_with = "integer")]
    pub(super) status: u16,
    /// Stable error code. Clients should distinguish errors by this code.
    #[schemars(extend("enum" = codes()))]
    pub(super) code: &'static str,
    /// Human-readable explanation. The wording may change.
    pub(super) detail: String,
    /// Faults of the request, each with a pointer to the invalid part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("minItems" = 1, "maxItems" = MAX_LISTED_ERRORS))]
    pub(super) errors: Vec<FieldError>,
    /// Number of further faults. Present if the request has more faults than `errors` can list.
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(schema_with = "integer", extend("minimum" = 1))]
    pub(super) errors_omitted: usize,
    #[serde(flatten)]
    pub(super) members: ProblemMembers,
}

/// Members that only some problems have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub(super) struct ProblemMembers {
    /// Whether the code was rejected because of a hold: some of the redemptions that count towards the limit are only
    /// held, or the unique code is only held. If true, a later attempt may succeed, because a hold may end without a
    /// redemption. Present with `limit_reached` and `code_already_used`, for keys with scope `server` or `admin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub(super) hold_may_free_up: Option<bool>,
    /// Reason for each rejected code. Present if a redeem request with `codes` was rejected. In this case, none of the
    /// codes was redeemed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("minItems" = 1))]
    pub(super) rejections: Vec<ListedRejection>,
    /// Code of the backup coupon. Present in responses of apply if the rejected coupon is used up, paused or expired, its
    /// `offer_backup` is true, and its backup coupon is available. A key with scope `storefront` does not get the backup
    /// code of a paused coupon.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "CouponCode")]
    pub(super) backup_code: Option<CouponCode>,
    /// With `contact_exists`: id of the existing contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ContactId")]
    pub(super) existing_id: Option<ContactId>,
}

/// One rejected code of a request with several codes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "CodeRejection")]
pub(super) struct ListedRejection {
    /// The rejected code.
    pub(super) coupon_code: CouponCode,
    /// Reason for the rejection.
    pub(super) code: Rejection,
    /// Human-readable explanation. The wording may change.
    pub(super) detail: &'static str,
}

fn integer(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "integer"})
}

/// Returns the codes of all problems and rejections.
fn codes() -> Vec<&'static str> {
    let problems = ProblemCode::ALL.iter().map(|code| code.name());
    problems.chain(Rejection::VARIANTS.iter().map(|rejection| rejection.code())).collect()
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}
