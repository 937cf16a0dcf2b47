//! Settings of a tenant. Operators change the settings with the command `configure_tenant`.

use serde::Serialize;

use crate::delivery::mail::Sender;
use crate::kernel::input::{Errors, Field};
use crate::tenants::quota::Quotas;
use crate::tenants::rate_limit::RateLimits;
use crate::tenants::retention::Retention;

/// Settings of a tenant. A setting that is `None` has its default. Serialized in the results of operator commands.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct TenantSettings {
    /// Sender of the tenant's e-mail. By default, e-mail comes from the stack's default sender.
    pub sender: Option<Sender>,
    /// Rate limits. By default, the limits of [`RateLimitKind`](crate::tenants::rate_limit::RateLimitKind).
    pub rate_limits: Option<RateLimits>,
    /// Quotas. By default, the quotas of [`QuotaKind`](crate::tenants::quota::QuotaKind).
    pub quotas: Option<Quotas>,
    /// How long records are kept. By default, as [`Retention`] states.
    pub retention: Option<Retention>,
}

/// Change of one setting.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SettingChange<T> {
    #[default]
    Keep,
    /// Restores the default.
    Reset,
    Set(T),
}

impl<T> SettingChange<T> {
    /// Reads a change: a missing member keeps the setting, and null restores the default.
    fn read(
        field: &Field<'_>,
        errors: &mut Errors,
        read: impl FnOnce(&Field<'_>, &mut Errors) -> Option<T>,
    ) -> Option<Self> {
        if field.value().is_none() {
            return Some(Self::Keep);
        }
        field.optional(errors, read).map(|value| value.map_or(Self::Reset, Self::Set))
    }

    /// Returns the new value: `None` to keep the setting, and `Some(None)` to restore the default.
    pub fn value(&self) -> Option<Option<&T>> {
        match self {
            Self::Keep => None,
            Self::Reset => Some(None),
            Self::Set(value) => Some(Some(value)),
        }
    }
}

/// Change of a tenant's settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsChange {
    pub sender: SettingChange<Sender>,
    pub rate_limits: SettingChange<RateLimits>,
    pub quotas: SettingChange<Quotas>,
    pub retention: SettingChange<Retention>,
}

impl SettingsChange {
    /// Names of the members of [`SettingsChange::read`].
    pub const MEMBERS: &'static [&'static str] = &["sender", "rate_limits", "quotas", "retention"];

    /// Reads and checks a change. A missing member keeps its setting, and null restores the default.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        let sender = SettingChange::read(&field.get("sender"), errors, Sender::read);
        let rate_limits = SettingChange::read(&field.get("rate_limits"), errors, RateLimits::read);
        let quotas = SettingChange::read(&field.get("quotas"), errors, Quotas::read);
        let retention = SettingChange::read(&field.get("retention"), errors, Retention::read);
        Some(Self { sender: sender?, rate_limits: rate_limits?, quotas: quotas?, retention: retention? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::input;
    use serde_json::{Value, json};

    fn sender(change: Value) -> Option<Option<String>> {
        let change = input::read(&change, SettingsChange::read).unwrap();
        change.sender.value().map(|sender| sender.map(|sender| sender.email.as_str().to_owned()))
    }

    #[test]
    fn a_missing_setting_is_kept_and_null_restores_the_default() {
        assert_eq!(sender(json!({})), None);
        assert_eq!(sender(json!({"sender": null})), Some(None));
        assert_eq!(sender(json!({"sender": {"email": "a@b.de"}})), Some(Some("a@b.de".to_owned())));
        assert!(input::read(&json!({"sender": {"email": "x"}}), SettingsChange::read).is_err());
    }
}
