//! The filters that write amounts and instants.

use chrono::{DateTime, Utc};
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind};

use super::context::Worth;
use super::format::{Format, Length};
use crate::coupon::{CouponValue, ZoneName};
use crate::locale::Locale;

/// A filter used on something that it is not for, or with an argument that there is not: wrong whatever the values.
#[derive(Debug, thiserror::Error)]
#[error("a filter is misused")]
pub(super) struct Misuse;

fn misuse(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into()).with_source(Misuse)
}

/// Adds the filters, which follow `format` where a template does not say otherwise.
pub(super) fn install(environment: &mut Environment<'static>, format: &Format) {
    let usual = format.clone();
    environment.add_filter("money", move |value: Value, options: Kwargs| {
        let format = chosen(&usual, &options)?;
        match value.downcast_object_ref::<Worth>() {
            Some(Worth(CouponValue::Amount(money))) => Ok(format.money(*money)),
            Some(percent) => Ok(percent.to_string()),
            None if value.is_undefined() => Ok(String::new()),
            None => Err(misuse("money is for amounts, such as order.total")),
        }
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
                Some(instant) => Ok(write(&format, instant.to_utc(), length.unwrap_or_default())),
                None if value.is_undefined() => Ok(String::new()),
                None => Err(misuse(format!("{name} is for instants, such as coupon.expires_at"))),
            }
        });
    }
}

/// The format that the arguments `locale` and `zone` choose.
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
