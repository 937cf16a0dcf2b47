//! Values as people enter them: amounts, durations and numbers.

use couponflow_domain::kernel::money::{Currency, Money};
use couponflow_domain::kernel::span::Span;
use serde_json::{Number, Value, json};

/// Reads an amount in major units with its currency, such as `50.00 USD`.
pub(crate) fn money(text: &str) -> Option<Money> {
    let (amount, code) = text.split_once(char::is_whitespace)?;
    let currency = Currency::parse(&code.trim().to_ascii_uppercase()).ok()?;
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let is_number = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(part) || part.len() > currency.exponent() {
        return None;
    }
    let digits = format!("{whole}{part:0<width$}", width = currency.exponent());
    Some(Money::new(digits.parse().ok()?, currency))
}

/// Reads a number. An empty text is null. The API rejects a text that is not a number and explains the fault.
pub(crate) fn number(text: &str) -> Value {
    match serde_json::from_str::<Number>(text) {
        Ok(number) => Value::Number(number),
        Err(_) if text.is_empty() => Value::Null,
        Err(_) => json!(text),
    }
}

/// Converts `2 days` to an ISO 8601 duration. The API explains the fault of another text.
pub(crate) fn span(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [count, unit] = words[..] else { return text.to_owned() };
    let unit = unit.to_ascii_lowercase();
    let iso = match unit.trim_end_matches('s') {
        "minute" | "min" => format!("PT{count}M"),
        "hour" => format!("PT{count}H"),
        "day" => format!("P{count}D"),
        "week" => format!("P{count}W"),
        _ => return text.to_owned(),
    };
    if Span::parse(&iso).is_ok() { iso } else { text.to_owned() }
}

/// Duration in words, such as `2 days`. A duration without a simple word stays in its ISO 8601 form.
pub(crate) fn words(iso: &str) -> String {
    let Ok(span) = Span::parse(iso) else { return iso.to_owned() };
    let (minutes, is_whole) = (span.delta().num_minutes(), span.delta().subsec_nanos() == 0);
    let in_unit = |count: i64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    match minutes {
        _ if !is_whole || span.delta().num_seconds() != minutes * 60 || minutes == 0 => iso.to_owned(),
        _ if minutes % 1440 == 0 => in_unit(minutes / 1440, "day"),
        _ if minutes % 60 == 0 => in_unit(minutes / 60, "hour"),
        _ => in_unit(minutes, "minute"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_major_units_of_their_currency() {
        let amount = |text: &str| money(text).map(|money| money.amount);
        assert_eq!((amount("50 USD"), amount("50.5 usd"), amount("500 JPY")), (Some(5000), Some(5050), Some(500)));
        for wrong in ["50", "USD 50", "50,00 USD", "50.001 USD", "5.0 JPY", "-5 USD", ".5 USD", "5 XAU", ""] {
            assert_eq!(amount(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn text_that_is_not_a_number_is_left_to_the_api() {
        assert_eq!((number("20"), number("12.5"), number("abc")), (json!(20), json!(12.5), json!("abc")));
        assert_eq!((number(""), number("1 000")), (Value::Null, json!("1 000")));
    }

    #[test]
    fn durations_are_read_from_words() {
        let spans = ["1 hour", "30 minutes", "2 Days", "1 week", "PT5S", "soon", "x days"].map(span);
        assert_eq!(spans, ["PT1H", "PT30M", "P2D", "P1W", "PT5S", "soon", "x days"]);
    }

    #[test]
    fn durations_are_written_in_words() {
        let written = ["PT1H", "PT24H", "PT90M", "PT90S", "P1D", "PT0S"].map(words);
        assert_eq!(written, ["1 hour", "1 day", "90 minutes", "PT90S", "1 day", "PT0S"]);
    }
}
