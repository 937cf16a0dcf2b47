//! Converts the values of the form to the terms of a coupon, as the API reads them.

use couponflow_domain::coupons::coupon::Threshold;
use couponflow_domain::kernel::money::Money;
use serde_json::{Map, Value, json};

use crate::entry;
use crate::failure::Fault;
use crate::form::Values;

/// Returns the terms with all members; a member without a value is null. A value that the API would reject is passed
/// on, so that the API explains the fault. Returns faults only for values whose form differs from the form in the API, such
/// as `50.00 USD`.
pub(super) fn read_terms(values: &Values) -> (Value, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut terms = json!({
        "name": values.get("name"),
        "discount": discount(values, &mut faults),
        "maximum_discount": amounts(values, "maximum_discount", &mut faults),
        "duration": values.get("duration"),
        "duration_in_months": entry::number(values.get("duration_in_months")),
        "max_redemptions": entry::number(values.get("max_redemptions")),
        "max_redemptions_per_customer": entry::number(values.get("max_redemptions_per_customer")),
        "starts_at": instant(values, "starts_at"),
        "expires_at": instant(values, "expires_at"),
        "time_zone": text(values.get("time_zone")),
        "minimum_order_value": amounts(values, "minimum_order_value", &mut faults),
        "applies_to": applies_to(values),
        "combinable": !values.get("combinable").is_empty(),
        "release_on": values.all("release_on"),
        "abandonment_window": text(values.get("abandonment_window")).as_str().map(entry::span),
        "thresholds": values.parts("thresholds").into_iter().map(threshold).collect::<Vec<_>>(),
        "expiry_lead_times": values.parts("expiry_lead_times").into_iter().map(entry::span).collect::<Vec<_>>(),
        "backup_coupon_id": text(values.get("backup_coupon_id")),
        "offer_backup": !values.get("offer_backup").is_empty(),
        "only_for": only_for(values),
        "metadata": metadata(values, &mut faults),
    });
    // The form of an existing coupon has neither a code nor a type.
    for name in ["code", "code_type"] {
        if !values.all(name).is_empty() {
            terms[name] = json!(values.get(name));
        }
    }
    (terms, faults)
}

fn text(value: &str) -> Value {
    if value.is_empty() { Value::Null } else { json!(value) }
}

fn discount(values: &Values, faults: &mut Vec<Fault>) -> Value {
    if values.get("discount_type") == "percentage" {
        return json!({"type": "percentage", "percent_off": entry::number(values.get("percent_off"))});
    }
    let mut discount = json!({"type": "fixed_amount"});
    let listed = values.parts("amount_off").into_iter().map(|part| money(part, "/discount/amount_off", faults));
    for (i, amount) in listed.collect::<Vec<_>>().into_iter().flatten().enumerate() {
        let code = amount.currency.code();
        if i == 0 {
            (discount["amount_off"], discount["currency"]) = (json!(amount.amount), json!(code));
        } else {
            discount["currency_options"][code] = json!({"amount_off": amount.amount});
        }
    }
    discount
}

fn amounts(values: &Values, name: &str, faults: &mut Vec<Fault>) -> Value {
    let parts = values.parts(name);
    if parts.is_empty() {
        return Value::Null;
    }
    let pointer = format!("/{name}");
    json!(parts.into_iter().filter_map(|part| money(part, &pointer, faults)).collect::<Vec<_>>())
}

/// Reads an amount in major units with its currency, such as `50.00 USD`.
fn money(text: &str, pointer: &str, faults: &mut Vec<Fault>) -> Option<Money> {
    let read = entry::money(text);
    if read.is_none() {
        let detail = format!("“{text}” must be an amount with its currency, such as 50.00 USD");
        faults.push(Fault { pointer: pointer.to_owned(), detail });
    }
    read
}

/// Reads a local date-time. Without a time zone, the date-time is in UTC.
fn instant(values: &Values, name: &str) -> Value {
    match values.get(name) {
        "" => Value::Null,
        local if values.get("time_zone").is_empty() => {
            let seconds = if local.len() == "2036-12-01T00:00".len() { ":00" } else { "" };
            json!(format!("{local}{seconds}Z"))
        }
        local => json!(local),
    }
}

fn applies_to(values: &Values) -> Value {
    let (products, collections) = (values.parts("products"), values.parts("collections"));
    let types = values.all("product_types");
    if products.is_empty() && collections.is_empty() && types.is_empty() {
        return Value::Null;
    }
    json!({"products": products, "collections": collections, "product_types": types})
}

fn only_for(values: &Values) -> Value {
    match (values.get("only_for_email"), values.get("only_for_customer_id")) {
        ("", "") => Value::Null,
        (email, id) => json!({"email": text(email), "customer_id": text(id)}),
    }
}

/// Converts `80%` and `10 left`. Other texts are passed on, so that the API explains the fault.
fn threshold(text: &str) -> Value {
    let short: String = text.split_whitespace().collect::<Vec<_>>().join(" ").replace(" %", "%");
    match Threshold::parse(&short).or_else(|| Threshold::parse(&format!("{short} left"))) {
        Some(Threshold::PercentUsed(percent)) => json!({"percent_used": percent}),
        Some(Threshold::Remaining(left)) => json!({"remaining": left}),
        None => json!(text),
    }
}

fn metadata(values: &Values, faults: &mut Vec<Fault>) -> Value {
    let mut pairs = Map::new();
    for line in values.get("metadata").lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.split_once('=') {
            Some((name, value)) => _ = pairs.insert(name.trim().to_owned(), json!(value.trim())),
            None => {
                let detail = format!("“{line}” must be a name and a value, such as team=growth");
                faults.push(Fault { pointer: "/metadata".to_owned(), detail });
            }
        }
    }
    Value::Object(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        let mut values = Values::default();
        pairs.iter().for_each(|(name, value)| values.add(name, *value));
        values
    }

    #[test]
    fn thresholds_are_read_from_words() {
        assert_eq!(threshold("80 %"), json!({"percent_used": 80}));
        assert_eq!((threshold("10 left"), threshold("10")), (json!({"remaining": 10}), json!({"remaining": 10})));
        assert_eq!(threshold("many"), json!("many"));
    }

    #[test]
    fn local_time_without_a_time_zone_is_utc() {
        let of = |zone| {
            read_terms(&values(&[("starts_at", "2036-12-01T08:00"), ("time_zone", zone)])).0["starts_at"].clone()
        };
        assert_eq!((of(""), of("Europe/Berlin")), (json!("2036-12-01T08:00:00Z"), json!("2036-12-01T08:00")));
    }

    #[test]
    fn text_that_is_no_amount_is_a_fault_of_its_field() {
        let (_, faults) = read_terms(&values(&[("minimum_order_value", "20 USD, 20"), ("metadata", "team")]));
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/minimum_order_value", "/metadata"]);
    }
}
