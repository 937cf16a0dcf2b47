//! The port of the room. Each method is implemented in the file of the items that it reads or writes.

use chrono::{DateTime, Utc};
use couponflow_app::delivery::ports::DeliveryStore;
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::delivery::mail_pause::{CountedReport, MailCounts, MailPause};
use couponflow_domain::delivery::recipient::{ConfirmationToken, Recipient};
use couponflow_domain::delivery::webhook::SigningSecret;

use crate::dynamo::engine::tenant_store::TenantStore;

impl DeliveryStore for TenantStore {
    async fn mail_pause(&self) -> Result<Option<MailPause>, StoreError> {
        self.mail_pause().await
    }

    async fn count_report(&self, report: CountedReport) -> Result<MailCounts, StoreError> {
        self.count_report(report).await
    }

    async fn pause_mail(&self, pause: &MailPause) -> Result<bool, StoreError> {
        self.pause_mail(pause).await
    }

    async fn resume_mail(&self) -> Result<bool, StoreError> {
        self.resume_mail().await
    }

    async fn recipient(&self, key: &str) -> Result<Option<Recipient>, StoreError> {
        self.recipient(key).await
    }

    async fn ask_recipient(
        &self,
        key: &str,
        token: &ConfirmationToken,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.ask_recipient(key, token, now).await
    }

    async fn forget_request(&self, key: &str, token: &ConfirmationToken) -> Result<(), StoreError> {
        self.forget_request(key, token).await
    }

    async fn is_confirmation_token(&self, key: &str, token: &ConfirmationToken) -> Result<bool, StoreError> {
        self.is_confirmation_token(key, token).await
    }

    async fn confirm_recipient(
        &self,
        key: &str,
        token: &ConfirmationToken,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.confirm_recipient(key, token, now).await
    }

    async fn signing_secrets(&self, now: DateTime<Utc>) -> Result<Vec<SigningSecret>, StoreError> {
        self.signing_secrets(now).await
    }

    async fn rotate_signing_secret(&self, new: SigningSecret, now: DateTime<Utc>) -> Result<SigningSecret, StoreError> {
        self.rotate_signing_secret(new, now).await
    }
}
