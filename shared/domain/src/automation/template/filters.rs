//! Filters added to those of the template engine: for amounts, instants, JSON and URLs.

use chrono::{DateTime, Utc};
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind};

use super::context::TemplateMoney;
use super::format::{Format, Length};
use crate::coupons::coupon::CouponValue;
use crate::kernel::instants::ZoneName;
use crate::kernel::locale::Locale;

/// Marks an error as a misuse of a filter: the filter is applied to a value of the wrong kind, or
/// has an unknown argument. The template then fails for all values of its fields.
#[derive(Debug, thiserror::Error)]
#[error("a filter has a value of the wrong kind or an unknown argument")]
pub(super) struct Misuse;

fn misuse(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into()).with_source(Misuse)
}

/// Adds the filters. `format` is the default for amounts and instants. A template can override
/// `format` with arguments. A missing value stays missing, except with `tojson`, which writes
/// `null`.
pub(super) fn install(environment: &mut Environment<'static>, format: &Format) {
    let usual = format.clone();
    environment.add_filter("money", move |value: Value, options: Kwargs| {
        let format = chosen(&usual, &options)?;
        match value.downcast_object_ref::<TemplateMoney>() {
            Some(TemplateMoney(CouponValue::Amount(money))) => Ok(Value::from(format.money(*money))),
            Some(percent) => Ok(Value::from(percent.to_string())),
            None if value.is_undefined() => Ok(value),
            None => Err(misuse("money takes an amount, such as order.total")),
        }
    });
    // The output is escaped like any other text in HTML, so it is also safe in an attribute.
    environment.add_filter("tojson", |value: Value| to_json(&value).map(|json| json.to_string()));
    environment.add_filter("urlencode", |value: Value| match value.is_undefined() {
        true => value,
        false => Value::from(url_encoded(&value.to_string())),
    });
    type Write = fn(&Format, DateTime<Utc>, Length) -> String;
    let kinds: [(&str, Write); 3] =
        [("date", Format::date), ("datetime", Format::date_time), ("time", |format, instant, _| format.time(instant))];
    for (name, write) in kinds {
        let usual = format.clone();
        environment.add_filter(name, move |value: Value, length: Option<String>, options: Kwargs| {
            let format = chosen(&usual, &options)?;
            let length = length.as_deref().map(Length::parse).transpose().map_err(misuse)?;
            let instant = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
            match instant {
                Some(instant) => Ok(Value::from(write(&format, instant.to_utc(), length.unwrap_or_default()))),
                None if value.is_undefined() => Ok(value),
                None => Err(misuse(format!(
                    "{name} takes an instant, such as coupon.expires_at; if a |default is not an instant, write it after |{name}"
                ))),
            }
        });
    }
}

/// Converts a value to JSON: an amount to `{"amount": 3920, "currency": "USD"}`, a missing value to `null`.
pub(super) fn to_json(value: &Value) -> Result<serde_json::Value, Error> {
    if value.is_undefined() {
        return Ok(serde_json::Value::Null);
    }
    let json = match value.downcast_object_ref::<TemplateMoney>() {
        Some(TemplateMoney(worth)) => serde_json::to_value(worth),
        None => serde_json::to_value(value),
    };
    json.map_err(|error| Error::new(ErrorKind::BadSerialization, "the value is not valid JSON").with_source(error))
}

/// Percent-encodes every character that RFC 3986 does not list as unreserved, so that the text is safe as one part of a
/// URL.
fn url_encoded(text: &str) -> String {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        match is_unreserved(byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

/// Returns `usual`, changed by the `locale` and `zone` arguments of a filter.
fn chosen(usual: &Format, options: &Kwargs) -> Result<Format, Error> {
    let locale = options.get::<Option<String>>("locale")?;
    let zone = options.get::<Option<String>>("zone")?;
    options.assert_all_used()?;
    let locale = locale.map(|text| Locale::parse(&text).map_err(|error| misuse(format!("locale {error}"))));
    let zone = zone.map(|text| ZoneName::parse(&text).map_err(|error| misuse(format!("zone {error}"))));
    Ok(Format {
        locale: locale.transpose()?.unwrap_or_else(|| usual.locale.clone()),
        zone: zone.transpose()?.unwrap_or_else(|| usual.zone.clone()),
    })
}
