//! Reads and changes the profile of a tenant, which is stored in the tenant's item.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::system::{Clock as _, Rng as _};
use couponflow_domain::tenants::audit::Change;
use couponflow_domain::tenants::profile::{TenantProfile, TenantState};
use couponflow_domain::tenants::secret::TenantSecret;
use couponflow_domain::tenants::settings::SettingsChange;
use serde::Serialize;

use super::stored_quotas::StoredQuotas;
use super::stored_rate_limits::StoredRateLimits;
use super::stored_retention::StoredRetention;
use super::stored_tenant::{StoredSender, StoredState, StoredTenant};
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Stored as _, from_item, s};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;
use crate::failure::failed;
use crate::system::System;

impl TenantStore {
    pub(crate) async fn profile(&self) -> Result<Arc<TenantProfile>, StoreError> {
        match self.table.profiles.get(&self.keys.tenant, System.now()) {
            Some(profile) => Ok(profile),
            None => self.current_profile().await,
        }
    }

    pub(crate) async fn current_profile(&self) -> Result<Arc<TenantProfile>, StoreError> {
        let doing = "reading a tenant's profile";
        let now = System.now();
        let stored: Option<StoredTenant> = self.table.get(self.keys.tenant_item(), doing).await?;
        let profile = match stored.map(|stored| stored.profile(doing)).transpose()?.flatten() {
            Some(profile) => profile,
            None => self.add_secret().await?,
        };
        let profile = Arc::new(profile);
        self.table.profiles.put(self.keys.tenant.clone(), Arc::clone(&profile), now);
        Ok(profile)
    }

    pub(crate) async fn tenant_exists(&self) -> Result<bool, StoreError> {
        let stored: Option<StoredTenant> = self.table.get(self.keys.tenant_item(), "looking up a tenant").await?;
        Ok(stored.is_some())
    }

    pub(crate) async fn configure(&self, change: &SettingsChange) -> Result<bool, StoreError> {
        let SettingsChange { sender, rate_limits, quotas, retention } = change;
        let mut attributes = BTreeMap::new();
        if let Some(sender) = sender.value() {
            attributes.insert("sender", sender.cloned().map(StoredSender::from).map(attribute).transpose()?);
        }
        if let Some(limits) = rate_limits.value() {
            let limits = limits.copied().map(StoredRateLimits::from).map(attribute).transpose()?;
            attributes.insert("rate_limits", limits);
        }
        if let Some(quotas) = quotas.value() {
            attributes.insert("quotas", quotas.copied().map(StoredQuotas::from).map(attribute).transpose()?);
        }
        if let Some(retention) = retention.value() {
            let retention = retention.copied().map(StoredRetention::from).map(attribute).transpose()?;
            attributes.insert("retention", retention);
        }
        self.set_attributes(attributes, "changing a tenant's settings").await
    }

    pub(crate) async fn set_tenant_state(&self, state: TenantState) -> Result<bool, StoreError> {
        let state = attribute(StoredState::from(state))?;
        self.set_attributes(BTreeMap::from([("state", Some(state))]), "changing a tenant's state").await
    }

    /// Stores a new secret, unless the tenant has one. Returns the profile with the stored secret.
    async fn add_secret(&self) -> Result<TenantProfile, StoreError> {
        let doing = "storing a tenant's secret";
        let secret = TenantSecret::new(std::array::from_fn(|_| System.bits()));
        let update = self
            .table
            .update_item(self.keys.tenant_item())
            .update_expression("SET secret = if_not_exists(secret, :secret), #kind = :kind")
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_values(":secret", s(secret.reveal()))
            .expression_attribute_values(":kind", s(StoredTenant::KIND))
            .return_values(ReturnValue::AllNew);
        let updated = update.send().await.map_err(|error| failed(doing)(error.into()))?;
        let stored: StoredTenant = from_item(updated.attributes.unwrap_or_default(), doing)?;
        stored.profile(doing)?.ok_or_else(|| StoreError::damaged(doing, "the item has no secret".to_owned()))
    }

    /// Sets attributes of the tenant's item, and removes the attributes without a value. Returns false if the tenant
    /// does not exist or is deleted.
    async fn set_attributes(
        &self,
        attributes: BTreeMap<&'static str, Option<AttributeValue>>,
        doing: &'static str,
    ) -> Result<bool, StoreError> {
        let (mut set, mut removed) = (Vec::new(), Vec::new());
        let mut update = self
            .table
            .update(self.keys.tenant_item())
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(deletion)");
        for (name, value) in attributes {
            update = update.expression_attribute_names(format!("#{name}"), name);
            match value {
                Some(value) => {
                    set.push(format!("#{name} = :{name}"));
                    update = update.expression_attribute_values(format!(":{name}"), value);
                }
                None => removed.push(format!("#{name}")),
            }
        }
        let clause = |word: &str, parts: &[String]| match parts {
            [] => String::new(),
            parts => format!("{word} {} ", parts.join(", ")),
        };
        let update = update.update_expression(clause("SET", &set) + &clause("REMOVE", &removed)).element(doing)?;
        match self.commit(vec![update], Change::of(&self.keys.tenant), doing).await? {
            Transacted::Committed => Ok(true),
            Transacted::Cancelled(_) => Ok(false),
        }
    }
}

fn attribute(value: impl Serialize) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(|error| failed("writing a tenant's item")(Box::new(error)))
}
