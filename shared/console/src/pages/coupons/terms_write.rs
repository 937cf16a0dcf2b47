//! Converts the terms of a coupon to the values of the form, and the difference of two forms to a merge patch.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::coupon::Threshold;
use couponflow_domain::kernel::instants::ZoneName;
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use crate::entry;
use crate::form::Values;
use crate::format;

/// Returns the values of the form for the terms of a coupon.
pub(super) fn values_of(terms: &Value) -> Values {
    let mut values = Values::default();
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            values.add(name, value);
        }
    };
    for name in ["name", "duration", "time_zone", "backup_coupon_id"] {
        add(name, scalar(&terms[name]));
    }
    for name in ["duration_in_months", "max_redemptions", "max_redemptions_per_customer"] {
        add(name, scalar(&terms[name]));
    }
    for name in ["maximum_discount", "minimum_order_value"] {
        add(name, format::amounts(&terms[name]));
    }
    add("discount_type", scalar(&terms["discount"]["type"]));
    add("percent_off", scalar(&terms["discount"]["percent_off"]));
    add("amount_off", amounts_off(&terms["discount"]));
    for name in ["starts_at", "expires_at"] {
        add(name, local(&terms[name], &terms["time_zone"]));
    }
    for name in ["combinable", "offer_backup"] {
        add(name, if terms[name] == true { "on".to_owned() } else { String::new() });
    }
    for name in ["products", "collections"] {
        add(name, texts(&terms["applies_to"][name]).join("\n"));
    }
    texts(&terms["applies_to"]["product_types"]).into_iter().for_each(|kind| add("product_types", kind));
    texts(&terms["release_on"]).into_iter().for_each(|reason| add("release_on", reason));
    add("abandonment_window", entry::words(&scalar(&terms["abandonment_window"])));
    add(
        "thresholds",
        terms["thresholds"].as_array().into_iter().flatten().map(threshold).collect::<Vec<_>>().join(", "),
    );
    let lead_times = texts(&terms["expiry_lead_times"]);
    add("expiry_lead_times", lead_times.iter().map(|span| entry::words(span)).collect::<Vec<_>>().join(", "));
    add("only_for_email", scalar(&terms["only_for"]["email"]));
    add("only_for_customer_id", scalar(&terms["only_for"]["customer_id"]));
    let pairs = terms["metadata"].as_object().into_iter().flatten();
    add("metadata", pairs.map(|(name, value)| format!("{name}={}", scalar(value))).collect::<Vec<_>>().join("\n"));
    values
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(scalar).collect()
}

fn amounts_off(discount: &Value) -> String {
    if discount["type"] != "fixed_amount" {
        return String::new();
    }
    let first = json!({"amount": discount["amount_off"], "currency": discount["currency"]});
    let options = discount["currency_options"].as_object().into_iter().flatten();
    let others = options.map(|(code, option)| json!({"amount": option["amount_off"], "currency": code}));
    format::amounts(&std::iter::once(first).chain(others).collect())
}

/// Local date-time of an instant in the coupon's time zone, or in UTC.
fn local(instant: &Value, zone: &Value) -> String {
    let zone = zone.as_str().and_then(|zone| ZoneName::parse(zone).ok()).unwrap_or_default();
    let instant = DateTime::<Utc>::deserialize(instant).ok();
    instant.and_then(|instant| zone.local_text(instant)).unwrap_or_default()
}

fn threshold(value: &Value) -> String {
    let percent = value["percent_used"].as_i64().map(Threshold::PercentUsed);
    let threshold = percent.or_else(|| value["remaining"].as_i64().map(Threshold::Remaining));
    threshold.map(|threshold| threshold.to_string()).unwrap_or_default()
}

/// Removes the members that are null, because a new coupon has no value to remove.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        other => other,
    }
}

/// Returns the merge patch (RFC 7396) that changes the terms `before` to `after`. Contains only members that differ.
pub(super) fn patch(before: &Value, after: &Value) -> Value {
    let mut patch = Map::new();
    for (name, value) in after.as_object().into_iter().flatten() {
        let old = &before[name];
        if old == value {
            continue;
        }
        let mut value = value.clone();
        if name == "metadata"
            && let (Some(old), Some(new)) = (old.as_object(), value.as_object_mut())
        {
            for removed in old.keys() {
                new.entry(removed).or_insert(Value::Null);
            }
        }
        patch.insert(name.clone(), value);
    }
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::coupons::terms_read::read_terms;
    use couponflow_domain::coupons::coupon::Terms;
    use couponflow_domain::kernel::input;

    fn stored(terms: &Value) -> Value {
        json!(input::read(terms, Terms::read).unwrap())
    }

    fn all_terms() -> Value {
        let text = include_str!("../../../../../events/samples/coupon-of-all-terms.json");
        stored(&serde_json::from_str(text).unwrap())
    }

    /// Terms that the API would store after the form was sent unchanged.
    fn after_form(terms: &Value) -> Value {
        let mut values = values_of(terms);
        values.add("code", scalar(&terms["code"]));
        values.add("code_type", scalar(&terms["code_type"]));
        let (sent, faults) = read_terms(&values);
        assert_eq!(faults, []);
        stored(&without_nulls(sent))
    }

    #[test]
    fn form_holds_every_term() {
        let fixed = json!({
            "code": "FIVE", "name": "Five off", "time_zone": null, "expires_at": "2037-01-01T12:30:15Z",
            "discount": {"type": "fixed_amount", "amount_off": 500, "currency": "USD",
                "currency_options": {"JPY": {"amount_off": 700}, "KWD": {"amount_off": 1500}}},
            "minimum_order_value": [{"amount": 1000, "currency": "USD"}, {"amount": 1400, "currency": "JPY"},
                {"amount": 3000, "currency": "KWD"}],
            "abandonment_window": "PT90S", "expiry_lead_times": ["PT90M", "P2D"], "release_on": [], "combinable": true
        });
        for terms in [all_terms(), stored(&fixed)] {
            assert_eq!(after_form(&terms), terms);
        }
    }

    #[test]
    fn unchanged_form_yields_an_empty_patch() {
        let (terms, _) = read_terms(&values_of(&all_terms()));
        assert_eq!(patch(&terms, &terms), json!({}));
    }

    #[test]
    fn patch_has_the_changed_members_and_removes_metadata() {
        let (before, _) = read_terms(&values_of(&all_terms()));
        let mut after = before.clone();
        after["name"] = json!("Other");
        after["max_redemptions"] = Value::Null;
        after["metadata"] = json!({"season": "winter"});
        let expected =
            json!({"name": "Other", "max_redemptions": null, "metadata": {"season": "winter", "team": null}});
        assert_eq!(patch(&before, &after), expected);
    }
}
