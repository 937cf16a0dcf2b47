//! Texts for people: times, amounts and states.

use chrono::{DateTime, Utc};
use couponflow_domain::kernel::money::Money;
use serde::Deserialize as _;
use serde_json::Value;

/// Instant in the form that `<time datetime>` and the script of the pages read.
pub(crate) fn machine_time(instant: &DateTime<Utc>) -> String {
    instant.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Instant in UTC for people. The script of the pages replaces it by the local time of the viewer.
pub(crate) fn time(instant: &DateTime<Utc>) -> String {
    instant.format("%-d %b %Y, %H:%M UTC").to_string()
}

/// List of amounts, such as `50.00 USD, 45.00 EUR`. Accepts a single amount, too.
pub(crate) fn amounts(value: &Value) -> String {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let amounts = list.iter().filter_map(|amount| Money::deserialize(amount).ok());
    amounts.map(|amount| amount.to_string()).collect::<Vec<_>>().join(", ")
}

/// Discount in words, such as `20 % off` or `30.00 USD off`.
pub(crate) fn discount(discount: &Value) -> String {
    match discount["type"].as_str() {
        Some("percentage") => format!("{} % off", discount["percent_off"]),
        _ => {
            let amount = serde_json::json!({"amount": discount["amount_off"], "currency": discount["currency"]});
            format!("{} off", amounts(&amount))
        }
    }
}

/// Name of a state for people, such as `rolled back` for `rolled_back`.
pub(crate) fn state(state: &str) -> String {
    state.replace('_', " ")
}

/// Name of a type for headings, such as `Send email` for `send_email`.
pub(crate) fn title(name: &str) -> String {
    let words = state(name);
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Class of the badge of a state: `good`, `busy`, `bad` or `off`.
pub(crate) fn tone(state: &str) -> &'static str {
    match state {
        "active" | "completed" | "redeemed" | "published" | "granted" | "succeeded" | "available" => "good",
        "scheduled" | "running" | "waiting" | "draft" | "pending" | "queued" => "busy",
        "failed" | "exhausted" | "expired" | "unknown" | "bounced" | "denied" | "rolled_back" => "bad",
        _ => "off",
    }
}

/// JSON on several lines.
pub(crate) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Part of a whole in percent, from 0 to 100.
pub(crate) fn percent(part: i64, whole: i64) -> i64 {
    if whole <= 0 { 0 } else { (part.saturating_mul(100) / whole).clamp(0, 100) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_have_the_decimal_places_of_their_currency() {
        let list = json!([{"amount": 5000, "currency": "USD"}, {"amount": 500, "currency": "JPY"}]);
        assert_eq!(amounts(&list), "50.00 USD, 500 JPY");
        assert_eq!(amounts(&list[0]), "50.00 USD");
        assert_eq!(amounts(&Value::Null), "");
    }

    #[test]
    fn discount_is_written_in_words() {
        assert_eq!(discount(&json!({"type": "percentage", "percent_off": 12.5})), "12.5 % off");
        let fixed = json!({"type": "fixed_amount", "amount_off": 3000, "currency": "USD"});
        assert_eq!(discount(&fixed), "30.00 USD off");
    }

    #[test]
    fn percent_stays_between_0_and_100() {
        assert_eq!((percent(42, 100), percent(120, 100), percent(1, 0), percent(-1, 10)), (42, 100, 0, 0));
    }
}
