//! Profile of a tenant: what requests and workflows need to know about the tenant.

use crate::tenants::retention::Retention;
use crate::tenants::secret::TenantSecret;
use crate::tenants::settings::TenantSettings;

/// State of a tenant. Operators change the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum TenantState {
    #[default]
    Active,
    /// The API rejects every request with a key of the tenant, and no workflow of the tenant runs.
    /// Unsubscribe links work.
    Suspended,
    /// An operator deletes all data of the tenant, or has deleted it. The API rejects every request, and events and
    /// timers of the tenant are dropped. This state is final.
    Deleted,
}

/// Profile of a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantProfile {
    pub state: TenantState,
    /// Key of the digests that only this tenant can compute.
    pub secret: TenantSecret,
    pub settings: TenantSettings,
}

impl TenantProfile {
    /// How long the records of the tenant are kept.
    pub fn retention(&self) -> Retention {
        self.settings.retention.unwrap_or_default()
    }

    /// Whether the tenant may use the API, and whether its workflows run.
    pub fn is_active(&self) -> bool {
        match self.state {
            TenantState::Active => true,
            TenantState::Suspended | TenantState::Deleted => false,
        }
    }
}
