//! Request bodies of apply and redeem.

mod schema;

pub use schema::request_schemas;

use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::coupons::code::CouponCode;
use crate::kernel::ids::ApplicationId;
use crate::kernel::input::{Errors, Field};
use crate::purchases::ApplicationToken;
use crate::purchases::customer::Customer;
use crate::purchases::order::Order;

/// Permitted numbers of codes on one order.
const CODES: RangeInclusive<usize> = 1..=10;

/// Permitted lengths of a hold in seconds. The longest is one day.
const HOLD_SECONDS: RangeInclusive<i64> = 1..=86_400;

/// Permitted lengths of the origin of an order, in characters.
const SOURCE_LENGTH: RangeInclusive<usize> = 1..=50;

/// Codes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Codes {
    /// `"code": "A"`. The response is one application or redemption.
    One(CouponCode),
    /// `"codes": ["A", "B"]`. The codes are priced in this order, and the response is a list.
    Several(Vec<CouponCode>),
}

/// Body of `POST /v1/apply`: codes, an order and optionally a customer. The purchases, applications and redemptions
/// of the request share the order, because an order can have hundreds of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    pub codes: Codes,
    /// Absent for an anonymous cart.
    pub customer: Option<Customer>,
    pub order: Arc<Order>,
    /// Origin of the order, such as `funnel`.
    pub source: Option<String>,
    /// How long apply reserves a redemption of each coupon. Redeem ignores this value.
    pub hold: Option<TimeDelta>,
    /// Token of the applications of the order. Redeem ignores this value.
    pub application_token: Option<ApplicationToken>,
}

/// One code of a checkout, with its customer and order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    pub code: CouponCode,
    /// Absent for an anonymous cart.
    pub customer: Option<Customer>,
    pub order: Arc<Order>,
    /// Origin of the order, such as `funnel`.
    pub source: Option<String>,
    /// How long apply reserves a redemption.
    pub hold: Option<TimeDelta>,
}

/// Body of `POST /v1/redeem`: a checkout, or an application with the final order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedeemRequest {
    /// Redeems by code or codes.
    Checkout(Checkout),
    /// Redeems an application. Code, customer and source are taken from the application.
    Application {
        application_id: ApplicationId,
        /// Final order. The code is priced again for this order.
        order: Arc<Order>,
    },
}

impl Codes {
    /// Returns all codes in order.
    pub fn all(&self) -> &[CouponCode] {
        match self {
            Self::One(code) => std::slice::from_ref(code),
            Self::Several(codes) => codes,
        }
    }

    /// Reads `code` or `codes` of a body. If both are missing, the error lists the `accepted` members.
    fn read(body: &Field<'_>, accepted: &str, errors: &mut Errors) -> Option<Self> {
        let (code, codes) = (body.get("code"), body.get("codes"));
        if code.is_absent() && codes.is_absent() {
            return code.reject(format_args!("is required: send {accepted}"), errors);
        }
        if codes.is_absent() {
            return code.parse(CouponCode::parse, errors).map(Self::One);
        }
        if !code.is_absent() {
            return codes.reject("cannot be combined with code; send only one of them", errors);
        }
        let each = |field: &Field<'_>, errors: &mut Errors| field.parse(CouponCode::parse, errors);
        let read: Vec<CouponCode> = codes.list(CODES, errors, each)?;
        for (i, code) in read.iter().enumerate() {
            if read[..i].contains(code) {
                return codes.reject(format_args!("must not repeat a code: {} occurs twice", code.as_str()), errors);
            }
        }
        Some(Self::Several(read))
    }
}

impl Checkout {
    /// Reads and validates the body of `POST /v1/apply`.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        Self::read_by(field, "code, or codes for several", errors)
    }

    fn read_by(field: &Field<'_>, accepted: &str, errors: &mut Errors) -> Option<Self> {
        field.object(&["code", "codes", "customer", "order", "source", "hold", "application_token"], errors)?;
        let codes = Codes::read(field, accepted, errors);
        let customer = field.get("customer").optional(errors, Customer::read);
        let order = Order::read(&field.get("order"), errors);
        let source = field.get("source").optional(errors, |field, errors| field.text(SOURCE_LENGTH, errors));
        let hold = field.get("hold").optional(errors, read_hold);
        let token = field.get("application_token");
        let token = token.optional(errors, |field, errors| field.parse(ApplicationToken::parse, errors));
        let (source, order) = (source?.map(str::to_owned), Arc::new(order?));
        Some(Self { codes: codes?, customer: customer?, order, source, hold: hold?, application_token: token? })
    }

    /// Returns the checkout of a request with a `storefront` key, whose customer data is only a claim.
    #[must_use]
    pub fn with_unverified_customer(self) -> Self {
        Self { customer: self.customer.map(Customer::unverified), ..self }
    }

    /// Returns the purchase for one of the codes.
    pub fn purchase(&self, code: &CouponCode) -> Purchase {
        let Self { codes: _, customer, order, source, hold, application_token: _ } = self;
        Purchase {
            code: code.clone(),
            customer: customer.clone(),
            order: Arc::clone(order),
            source: source.clone(),
            hold: *hold,
        }
    }
}

fn read_hold(field: &Field<'_>, errors: &mut Errors) -> Option<TimeDelta> {
    field.object(&["ttl_seconds"], errors)?;
    field.get("ttl_seconds").integer(HOLD_SECONDS, errors).map(TimeDelta::seconds)
}

impl RedeemRequest {
    /// Reads and validates the body of `POST /v1/redeem`.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        if field.get("application_id").is_absent() {
            let accepted = "code, codes for several, or application_id";
            return Checkout::read_by(field, accepted, errors).map(Self::Checkout);
        }
        field.object(&["application_id", "order"], errors)?;
        let application_id = field.get("application_id").parse(ApplicationId::parse, errors);
        let order = Order::read(&field.get("order"), errors);
        Some(Self::Application { application_id: application_id?, order: Arc::new(order?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::input;
    use chrono::DateTime;
    use serde_json::{Value, json};

    fn order() -> Value {
        json!({"id": "o1", "currency": "USD", "lines": [{"product_id": "p", "quantity": 1, "unit_amount": 5}]})
    }

    #[test]
    fn redeem_request_has_codes_or_application() {
        let by_code = json!({"code": "flash20", "order": order()});
        assert!(matches!(input::read(&by_code, RedeemRequest::read), Ok(RedeemRequest::Checkout(_))));
        let id = ApplicationId::new(DateTime::UNIX_EPOCH, [3; 10]);
        let by_application = json!({"application_id": id, "order": order()});
        let read = input::read(&by_application, RedeemRequest::read);
        assert!(matches!(read, Ok(RedeemRequest::Application { .. })));
        let both = json!({"application_id": id, "order": order(), "code": "flash20"});
        assert_eq!(input::read(&both, RedeemRequest::read).unwrap_err()[0].pointer, "/code");
    }

    #[test]
    fn missing_code_error_lists_accepted_members() {
        let nothing = json!({"order": order()});
        let mut faults = input::read(&nothing, Checkout::read).unwrap_err();
        faults.extend(input::read(&nothing, RedeemRequest::read).unwrap_err());
        let listed: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.detail.as_str())).collect();
        let either = "is required: send code, or codes for several";
        let any = "is required: send code, codes for several, or application_id";
        assert_eq!(listed, [("/code", either), ("/code", any)]);
    }

    #[test]
    fn codes_are_a_list_without_repetition() {
        let read = |codes: Value| input::read(&json!({"codes": codes, "order": order()}), Checkout::read);
        let codes = read(json!(["b20", "a10"])).unwrap().codes;
        assert_eq!(codes.all().iter().map(CouponCode::as_str).collect::<Vec<_>>(), ["B20", "A10"]);
        let pointer = |codes: Value| read(codes).unwrap_err().remove(0).pointer;
        assert_eq!(pointer(json!(["a10", "A10"])), "/codes");
        assert_eq!(pointer(json!([])), "/codes");
        assert_eq!(pointer(json!(["ok1", "!"])), "/codes/1");
        let both = json!({"code": "a10", "codes": ["b20"], "order": order()});
        assert_eq!(input::read(&both, Checkout::read).unwrap_err()[0].pointer, "/codes");
    }
}
