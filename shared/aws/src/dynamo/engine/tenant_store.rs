//! Store handle of one tenant.

use couponflow_app::tenants::ports::TenantStores;
use couponflow_domain::tenants::tenant::TenantId;

use super::table::Table;
use super::tenant_keys::TenantKeys;

/// Store handle of one tenant. It builds every key from the tenant's id and cannot address another tenant's items.
#[derive(Debug, Clone)]
pub struct TenantStore {
    pub(crate) table: Table,
    pub(crate) keys: TenantKeys,
}

impl TenantStores for Table {
    type Store = TenantStore;

    fn of(&self, tenant: &TenantId) -> TenantStore {
        TenantStore { table: self.clone(), keys: TenantKeys::new(tenant.clone()) }
    }
}
