//! Stores the webhook signing secrets of a tenant in one item. Changes use optimistic locking.

use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::delivery::webhook::{SigningSecret, rotate, valid_secrets};
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::ids::SigningSecretId;
use couponflow_domain::tenants::audit::Change;
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Stored, n, to_item};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;

/// Maximum number of attempts to change the secrets while other callers change them concurrently.
const MAX_ROTATE_ATTEMPTS: usize = 5;

#[derive(Debug, Default, Serialize, Deserialize)]
struct SecretsItem {
    revision: i64,
    secrets: Vec<StoredSecret>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredSecret {
    id: SigningSecretId,
    secret: String,
    created_at_ms: i64,
    valid_until_ms: Option<i64>,
}

impl Stored for SecretsItem {
    const KIND: &'static str = "SIGNING_SECRETS";
}

impl From<&SigningSecret> for StoredSecret {
    fn from(secret: &SigningSecret) -> Self {
        Self {
            id: secret.id.clone(),
            secret: secret.reveal(),
            created_at_ms: secret.created_at.timestamp_millis(),
            valid_until_ms: secret.valid_until.map(|until| until.timestamp_millis()),
        }
    }
}

impl StoredSecret {
    fn read(self, doing: &'static str) -> Result<SigningSecret, StoreError> {
        let secret = SigningSecret::parse(self.id, &self.secret, instant(self.created_at_ms));
        let mut secret = secret.map_err(|error| StoreError::damaged(doing, error))?;
        secret.valid_until = self.valid_until_ms.map(instant);
        Ok(secret)
    }
}

impl TenantStore {
    pub(crate) async fn signing_secrets(&self, now: DateTime<Utc>) -> Result<Vec<SigningSecret>, StoreError> {
        let (_, secrets) = self.stored_secrets("reading the signing secrets").await?;
        Ok(valid_secrets(secrets, now))
    }

    pub(crate) async fn rotate_signing_secret(
        &self,
        new: SigningSecret,
        now: DateTime<Utc>,
    ) -> Result<SigningSecret, StoreError> {
        let doing = "changing the signing secrets";
        for _ in 0..MAX_ROTATE_ATTEMPTS {
            let (revision, secrets) = self.stored_secrets(doing).await?;
            if let Some(there) = secrets.iter().find(|secret| secret.id == new.id) {
                return Ok(there.clone());
            }
            if self.put_secrets(revision, &rotate(&secrets, new.clone(), now), doing).await? {
                return Ok(new);
            }
        }
        Err(StoreError::Busy { doing })
    }

    async fn stored_secrets(&self, doing: &'static str) -> Result<(Revision, Vec<SigningSecret>), StoreError> {
        let item: SecretsItem = self.table.get(self.keys.signing_secrets(), doing).await?.unwrap_or_default();
        let secrets = item.secrets.into_iter().map(|secret| secret.read(doing)).collect::<Result<_, _>>()?;
        Ok((Revision::new(item.revision), secrets))
    }

    /// Stores the secrets. Returns false if they were changed since `revision`.
    async fn put_secrets(
        &self,
        revision: Revision,
        secrets: &[SigningSecret],
        doing: &'static str,
    ) -> Result<bool, StoreError> {
        let next = revision.next();
        let item = SecretsItem { revision: next.get(), secrets: secrets.iter().map(StoredSecret::from).collect() };
        let put = self
            .table
            .put(to_item(self.keys.signing_secrets(), &item, doing)?)
            .condition_expression("attribute_not_exists(pk) OR revision = :revision")
            .expression_attribute_values(":revision", n(revision))
            .element(doing)?;
        let newest = secrets.first().map(|secret| secret.id.to_string()).unwrap_or_default();
        let change = Change::of(newest).versions(revision, next);
        Ok(matches!(self.commit(vec![put], change, doing).await?, Transacted::Committed))
    }
}
