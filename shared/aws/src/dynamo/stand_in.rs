use couponflow_app::error::StoreError;
use couponflow_app::ports::SigningSecrets;
impl SigningSecrets for super::TenantStore {
    async fn signing_secrets(&self, _: chrono::DateTime<chrono::Utc>) -> Result<Vec<()>, StoreError> {
        Ok(vec![])
    }
}
