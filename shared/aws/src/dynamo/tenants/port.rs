//! The port of the room. Each method is implemented in the file of the items that it reads or writes.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_app::tenants::idempotency::{Claim, ClaimOutcome, KeyedRequest, Seed};
use couponflow_app::tenants::ports::{AccessStore, BeginOutcome, KeyChange};
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::tenants::api_key::{Key, KeyRing};
use couponflow_domain::tenants::audit::{AuditEntry, AuditQuery};
use couponflow_domain::tenants::deletion::Deletion;
use couponflow_domain::tenants::profile::{TenantProfile, TenantState};
use couponflow_domain::tenants::settings::SettingsChange;

use crate::dynamo::engine::tenant_store::TenantStore;

impl AccessStore for TenantStore {
    async fn profile(&self) -> Result<Arc<TenantProfile>, StoreError> {
        self.profile().await
    }

    async fn current_profile(&self) -> Result<Arc<TenantProfile>, StoreError> {
        self.current_profile().await
    }

    async fn tenant_exists(&self) -> Result<bool, StoreError> {
        self.tenant_exists().await
    }

    async fn configure(&self, change: &SettingsChange) -> Result<bool, StoreError> {
        self.configure(change).await
    }

    async fn set_tenant_state(&self, state: TenantState) -> Result<bool, StoreError> {
        self.set_tenant_state(state).await
    }

    async fn api_keys(&self, page: &PageRequest) -> Result<Page<Key>, StoreError> {
        self.api_keys(page).await
    }

    async fn key_ring(&self) -> Result<Option<KeyRing>, StoreError> {
        self.key_ring().await
    }

    async fn change_keys(&self, revision: Revision, change: &KeyChange<'_>) -> Result<bool, StoreError> {
        self.change_keys(revision, change).await
    }

    async fn claim_request(&self, request: &KeyedRequest, fresh: Seed) -> Result<ClaimOutcome, StoreError> {
        self.claim_request(request, fresh).await
    }

    async fn record_answer(&self, claim: &Claim, answer: &str, contact_key: Option<&str>) -> Result<bool, StoreError> {
        self.record_answer(claim, answer, contact_key).await
    }

    async fn release_request(&self, claim: &Claim) -> Result<bool, StoreError> {
        self.release_request(claim).await
    }

    async fn audit_entries(&self, query: &AuditQuery, page: &PageRequest) -> Result<Page<AuditEntry>, StoreError> {
        self.audit_entries(query, page).await
    }

    async fn begin_deletion(&self, now: DateTime<Utc>) -> Result<BeginOutcome, StoreError> {
        self.begin_deletion(now).await
    }

    async fn delete_part(&self, cursor: Option<&Cursor>) -> Result<(i64, Option<Cursor>), StoreError> {
        self.delete_part(cursor).await
    }

    async fn save_deletion(&self, deletion: &Deletion) -> Result<(), StoreError> {
        self.save_deletion(deletion).await
    }
}
