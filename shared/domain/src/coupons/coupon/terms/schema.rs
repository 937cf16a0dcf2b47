//! Request schemas of coupons.

use serde_json::{Value, json};

use super::{
    ABANDONMENT_WINDOWS, LEAD_TIMES, METADATA_KEY_LENGTH, METADATA_PAIRS, METADATA_VALUE_LENGTH, NAME_LENGTH, NOTICES,
    RELEASE_REASONS,
};
use crate::automation::actions::PER_COUPON_TERMS;
use crate::coupons::code::CouponCode;
use crate::coupons::coupon::discount::{AMOUNT_LIST, AMOUNTS_OFF, MAX_CURRENCIES, PRODUCT_IDS, PRODUCT_TYPES};
use crate::coupons::coupon::duration::MONTHS;
use crate::coupons::coupon::notices::{LIMITS, PERCENTS_USED};
use crate::kernel::input::STRING_LENGTH;
use crate::kernel::instants::ZoneName;
use crate::kernel::json_schema::{email, integer, lines, list, object, optional, reference, text};
use crate::kernel::percentage::Percentage;
use crate::kernel::span::Span;
use crate::purchases::customer::Customer;

/// Schema of an instant: RFC 3339 with an offset, or a local date-time in the coupon's `time_zone`.
fn instant(description: &str) -> Value {
    let local =
        "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?$";
    json!({"description": description, "anyOf": [
        {"type": "string", "format": "date-time"},
        {"type": "string", "pattern": local},
    ]})
}

fn amounts() -> Value {
    json!({"anyOf": [reference("MoneyInput"), list(AMOUNT_LIST, reference("MoneyInput"))]})
}

fn threshold() -> Value {
    let percent = ("percent_used", integer(PERCENTS_USED, "Percentage of the limit that has been redeemed."));
    let remaining = ("remaining", integer(LIMITS, "Number of redemptions left."));
    json!({"oneOf": [object("PercentUsedThresholdInput", "Reached when this percentage of the limit is redeemed.", &["percent_used"], &[percent]),
        object("RemainingThresholdInput", "Reached when only this number of redemptions is left.", &["remaining"], &[remaining])]})
}

fn limit(description: &str) -> Value {
    optional(integer(LIMITS, description))
}

fn percentage() -> [(&'static str, Value); 1] {
    let mut share = Percentage::schema();
    share["description"] = json!("Discount in percent, with at most two decimal places.");
    [("percent_off", share)]
}

/// Members of a fixed-amount discount. `options` is the title of the schema of the amounts in other
/// currencies. `option` is the schema of one of these amounts.
fn fixed_amount(options: &str, option: Value) -> [(&'static str, Value); 3] {
    let options = json!({
        "type": "object",
        "title": options,
        "description": "Amounts for orders in other currencies, by currency code.",
        "maxProperties": MAX_CURRENCIES - 1,
        "propertyNames": reference("Currency"),
        "additionalProperties": option,
    });
    [
        ("amount_off", integer(AMOUNTS_OFF, "Amount of the discount in minor units.")),
        ("currency", reference("Currency")),
        ("currency_options", optional(options)),
    ]
}

fn amount_in_another_currency() -> Value {
    object(
        "AmountOffInput",
        "An amount in another currency.",
        &["amount_off"],
        &[("amount_off", integer(AMOUNTS_OFF, "Amount of the discount in minor units."))],
    )
}

fn discount() -> Value {
    let of_type =
        |name: &str, members: &[(&'static str, Value)]| [&[("type", json!({"const": name}))], members].concat();
    let percentage = of_type("percentage", &percentage());
    let fixed_amount = of_type("fixed_amount", &fixed_amount("CurrencyOptionsInput", amount_in_another_currency()));
    json!({"oneOf": [
        object("PercentageDiscountInput", "A percentage of the eligible lines.", &["type", "percent_off"], &percentage),
        object(
            "FixedAmountDiscountInput",
            "A fixed amount, limited to the price of the lines that the coupon applies to.",
            &["type", "amount_off", "currency"],
            &fixed_amount,
        ),
    ]})
}

/// Schema of a discount in a patch: a complete new discount, or changes to the existing one.
fn discount_patch() -> Value {
    json!({"anyOf": [
        reference("DiscountInput"),
        object("PercentageDiscountPatch", "Changes to a percentage discount.", &[], &percentage()),
        object(
            "FixedAmountDiscountPatch",
            "Changes to a fixed-amount discount.",
            &[],
            &fixed_amount("CurrencyOptionsPatch", optional(amount_in_another_currency())),
        ),
    ]})
}

fn applies_to() -> Value {
    let ids = |description: &str| optional(list(PRODUCT_IDS, text(STRING_LENGTH, description)));
    let types = optional(list(PRODUCT_TYPES, reference("ProductType")));
    let members =
        [("products", ids("A product id.")), ("collections", ids("A collection id.")), ("product_types", types)];
    object(
        "AppliesToInput",
        "The order lines that the coupon applies to. With `products` or `collections`, a line must have one of these \
         products or be in one of these collections. With `product_types`, a line must also have one of these types. \
         If all three are empty or null, the coupon applies to all lines.",
        &[],
        &members,
    )
}

fn only_for() -> Value {
    let members = [
        ("email", optional(email("E-mail address of the customer."))),
        ("customer_id", optional(Customer::id_schema("The shop's id of the customer."))),
    ];
    let description = "The only customer who may use the coupon. Requests for another customer, or without a customer, \
                       get `coupon_not_found`.";
    object("OnlyForInput", description, &[], &members)
}

fn metadata(title: &str, note: Value) -> Value {
    let (shortest, longest) = METADATA_KEY_LENGTH.into_inner();
    json!({
        "type": "object",
        "title": title,
        "description": "Key-value pairs of the operator, such as `{\"team\": \"growth\"}`.",
        "maxProperties": METADATA_PAIRS,
        "propertyNames": {"minLength": shortest, "maxLength": longest, "pattern": r"^[^\u0000-\u001F\u007F-\u009F]*$"},
        "additionalProperties": note,
    })
}

/// The members of a coupon's terms.
fn members() -> Vec<(&'static str, Value)> {
    let release_on = list(RELEASE_REASONS, reference("RollbackReason"));
    vec![
        ("code", CouponCode::schema()),
        ("code_type", optional(reference("CodeType"))),
        ("name", text(NAME_LENGTH, "Name of the coupon, for operators.")),
        ("discount", reference("DiscountInput")),
        ("maximum_discount", optional(amounts())),
        ("duration", optional(reference("DiscountDuration"))),
        ("duration_in_months", optional(integer(MONTHS, "Number of calendar months. Only with `repeating`."))),
        ("max_redemptions", limit("Maximum number of redemptions. Null: unlimited.")),
        ("max_redemptions_per_customer", limit("Maximum number of redemptions per customer. Null: unlimited.")),
        ("starts_at", optional(instant("Instant from which the coupon is valid. Null: valid at once."))),
        ("expires_at", optional(instant("Instant from which the coupon is no longer valid. Null: never expires."))),
        ("time_zone", optional(ZoneName::schema("Time zone of local date-times."))),
        ("minimum_order_value", optional(amounts())),
        ("applies_to", optional(reference("AppliesToInput"))),
        ("combinable", optional(json!({"type": "boolean", "default": true}))),
        ("release_on", optional(release_on)),
        (
            "abandonment_window",
            optional(Span::schema(
                "Time after which an application counts as abandoned if it was not redeemed. Applying the coupon to \
                 the order again restarts this time, unless the application has already been abandoned.",
                &ABANDONMENT_WINDOWS,
            )),
        ),
        ("thresholds", optional(list(NOTICES, threshold()))),
        (
            "expiry_lead_times",
            optional(list(
                NOTICES,
                Span::schema("How long before `expires_at` the event `CouponExpiring` is published.", &LEAD_TIMES),
            )),
        ),
        ("backup_coupon_id", optional(reference("CouponId"))),
        ("only_for", optional(only_for())),
        ("offer_backup", optional(json!({"type": "boolean", "default": false}))),
        ("metadata", optional(metadata("MetadataInput", lines(METADATA_VALUE_LENGTH, "Value of the pair.")))),
    ]
}

/// Schema of the terms of coupons that a workflow generates. Omits the terms that a workflow cannot
/// set ([`PER_COUPON_TERMS`]), such as `code` and `max_redemptions`.
fn generated_coupon() -> Value {
    let members: Vec<_> = members().into_iter().filter(|(name, _)| !PER_COUPON_TERMS.contains(name)).collect();
    object(
        "GeneratedCouponInput",
        "Terms of the generated coupons. Each coupon has its own code and expiry and can be redeemed once. Therefore, \
         terms such as `code`, `expires_at` and `max_redemptions` are not permitted.",
        &["name", "discount"],
        &members,
    )
}

/// Returns the request schemas of coupons and of their parts, by component name.
pub fn request_schemas() -> [(&'static str, Value); 5] {
    let members = members();
    let coupon = object("CouponInput", "The terms of a coupon.", &["code", "name", "discount"], &members);
    let patch = members.clone().into_iter().map(|(name, member)| match name {
        "discount" => (name, discount_patch()),
        "metadata" => {
            (name, optional(metadata("MetadataPatch", optional(lines(METADATA_VALUE_LENGTH, "Value of the pair.")))))
        }
        _ => (name, member),
    });
    let patch: Vec<_> = patch.collect();
    let patch = object("CouponPatch", "The members to change.", &[], &patch);
    [
        ("CouponInput", coupon),
        ("CouponPatch", patch),
        ("DiscountInput", discount()),
        ("AppliesToInput", applies_to()),
        ("GeneratedCouponInput", generated_coupon()),
    ]
}
