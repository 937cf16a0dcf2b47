//! Store handle of one tenant.

use std::sync::Arc;

use couponflow_app::tenants::ports::TenantStores;
use couponflow_domain::tenants::audit::Author;
use couponflow_domain::tenants::tenant::TenantId;

use super::table::Table;
use super::tenant_keys::TenantKeys;

/// Store handle of one tenant. It builds every key from the tenant's id and cannot address another tenant's items.
#[derive(Debug, Clone)]
pub struct TenantStore {
    pub(crate) table: Table,
    pub(crate) keys: TenantKeys,
    /// Author of the changes that this handle makes. `None` if the changes are not audited.
    pub(crate) author: Option<Arc<Author>>,
}

impl TenantStores for Table {
    type Store = TenantStore;

    fn of(&self, tenant: &TenantId) -> TenantStore {
        TenantStore { table: self.clone(), keys: TenantKeys::new(tenant.clone()), author: None }
    }
}
