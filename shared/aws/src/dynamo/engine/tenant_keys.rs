//! Builds the primary keys of the items of one tenant.

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::automation::workflow::Trigger;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::Threshold;
use couponflow_domain::events::event::CorrelationKey;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::counters::{LimitEpoch, WorkflowVersion};
use couponflow_domain::kernel::digest::{bits80, key80};
use couponflow_domain::kernel::ids::{
    AuditId, ContactId, CouponId, EventId, ExecutionId, JobId, KeyId, RedemptionId, WorkflowId,
};
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::purchases::{AttemptedOperation, RejectedAttempt};
use couponflow_domain::tenants::rate_limit::RateLimitKind;
use couponflow_domain::tenants::tenant::TenantId;

use super::key::Key;

/// Partitions per day of the event log.
const EVENT_SHARDS: u8 = 4;

/// Partitions per audience.
pub(crate) const AUDIENCE_SHARDS: u8 = 8;

/// Builds the keys of one tenant. Every key begins with the tenant's id.
#[derive(Debug, Clone)]
pub(crate) struct TenantKeys {
    pub(crate) tenant: TenantId,
}

impl TenantKeys {
    pub(crate) fn new(tenant: TenantId) -> Self {
        Self { tenant }
    }

    fn pk(&self, rest: &str) -> String {
        format!("t#{}#{rest}", self.tenant)
    }

    pub(crate) fn tenant_item(&self) -> Key {
        Key::new(format!("t#{}", self.tenant), "tenant")
    }

    /// Key of the counts that the quotas limit.
    pub(crate) fn usage(&self) -> Key {
        Key::new(self.pk("usage"), "usage")
    }

    /// Key of the entry of an API key in the list of the tenant's keys.
    pub(crate) fn key_entry(&self, id: &KeyId) -> Key {
        Key::new(self.pk(&format!("api_key#{id}")), "entry")
    }

    pub(crate) fn coupon(&self, id: &CouponId) -> String {
        self.pk(&format!("coupon#{id}"))
    }

    pub(crate) fn counter(&self, id: &CouponId) -> Key {
        Key::new(self.coupon(id), "counter")
    }

    pub(crate) fn terms(&self, id: &CouponId) -> Key {
        Key::new(self.coupon(id), "terms")
    }

    pub(crate) fn stats(&self, id: &CouponId) -> Key {
        Key::new(self.coupon(id), "stats")
    }

    pub(crate) fn stats_without_coupon(&self) -> Key {
        Key::new(self.pk("stats"), "stats")
    }

    /// Partition of a coupon's statistics per day. Without a coupon, the partition of the
    /// statistics of codes that belong to no coupon.
    pub(crate) fn stats_by_day(&self, coupon: Option<&CouponId>) -> String {
        match coupon {
            Some(id) => self.pk(&format!("stats#{id}")),
            None => self.pk("stats#none"),
        }
    }

    pub(crate) fn stats_of_day(&self, coupon: Option<&CouponId>, day: NaiveDate) -> Key {
        Key::new(self.stats_by_day(coupon), day.to_string())
    }

    pub(crate) fn threshold(&self, coupon: &CouponId, limit_epoch: LimitEpoch, threshold: Threshold) -> Key {
        Key::new(self.pk(&format!("threshold#{coupon}")), format!("{:08}#{threshold}", limit_epoch.get()))
    }

    pub(crate) fn rejection(&self, attempt: &RejectedAttempt) -> Key {
        self.rejected(&attempt.correlation_id, &attempt.code, attempt.operation)
    }

    /// Key of the rejected attempt of a request to apply or redeem a code.
    pub(crate) fn rejected(
        &self,
        correlation_id: &CorrelationId,
        code: &CouponCode,
        attempted: AttemptedOperation,
    ) -> Key {
        let identity_parts = [correlation_id.as_str(), code.as_str(), operation(attempted)];
        Key::new(self.pk(&format!("rejection#{}", key80(&identity_parts))), "rejection")
    }

    pub(crate) fn code_item(&self, key: &str) -> Key {
        Key::new(self.pk(&format!("code#{key}")), "code")
    }

    pub(crate) fn code(&self, code: &CouponCode) -> Key {
        Key::new(self.pk(&format!("code#{}", code.key())), "code")
    }

    /// `gsi1` partition that lists the unique codes of a coupon.
    pub(crate) fn codes(&self, coupon: &CouponId) -> String {
        self.pk(&format!("codes#{coupon}"))
    }

    pub(crate) fn job(&self, id: &JobId) -> Key {
        Key::new(self.pk(&format!("job#{id}")), "job")
    }

    pub(crate) fn job_list(&self, id: &JobId, run: i64) -> Key {
        Key::new(self.pk(&format!("job#{id}")), format!("list#{run:08}"))
    }

    pub(crate) fn customer(&self, coupon: &CouponId, identity: &str) -> Key {
        Key::new(self.pk(&format!("customer#{coupon}#{identity}")), "counter")
    }

    pub(crate) fn application(&self, key: &str) -> Key {
        Key::new(self.pk(&format!("application#{key}")), "application")
    }

    pub(crate) fn redemptions(&self, key: &str) -> String {
        self.pk(&format!("redemption#{key}"))
    }

    pub(crate) fn redemption(&self, key: &str) -> Key {
        Key::new(self.redemptions(key), "redemption")
    }

    pub(crate) fn rolled_back(&self, id: &RedemptionId) -> Key {
        Key::new(self.redemptions(id.key()), format!("rolled_back#{id}"))
    }

    pub(crate) fn contact(&self, key: &str) -> Key {
        Key::new(self.pk(&format!("contact#{key}")), "contact")
    }

    /// Key of the record that the erasure of a contact is complete.
    pub(crate) fn erasure(&self, contact: &ContactId) -> Key {
        Key::new(self.pk(&format!("erasure#{contact}")), "erasure")
    }

    /// Keys under which the suppression of an address can be stored. The current key comes first.
    /// The key that earlier versions of couponflow used follows, if this key differs.
    pub(crate) fn suppressions(&self, email: &Email) -> Vec<Key> {
        let key = |form: String| Key::new(self.pk(&format!("suppression#{}", key80(&["email", &form]))), "suppression");
        email.stored_forms().into_iter().map(key).collect()
    }

    /// One of the partitions that store the members of an audience.
    pub(crate) fn audience(&self, (kind, of): (&str, &str), shard: u8) -> String {
        self.pk(&format!("audience#{}#{shard}", key80(&[kind, of])))
    }

    pub(crate) fn member(&self, audience: (&str, &str), contact_key: &str) -> Key {
        let shard = bits80(&[contact_key])[0] % AUDIENCE_SHARDS;
        Key::new(self.audience(audience, shard), contact_key)
    }

    /// `gsi1` partition that lists the coupons whose audiences a contact belongs to.
    pub(crate) fn memberships(&self, contact_key: &str) -> String {
        self.pk(&format!("memberships#{contact_key}"))
    }

    /// `gsi1` partition that lists the items with data of a person: applications, rejected attempts, coupons that only
    /// the person may use, and recorded answers.
    pub(crate) fn person(&self, contact_key: &str) -> String {
        self.pk(&format!("person#{contact_key}"))
    }

    /// Partition that lists the executions that wait for events with a correlation key.
    pub(crate) fn listeners(&self, key: &CorrelationKey) -> String {
        self.pk(&format!("listeners#{}", key.as_str()))
    }

    pub(crate) fn listener(&self, key: &CorrelationKey, execution: &ExecutionId) -> Key {
        Key::new(self.listeners(key), execution.as_str())
    }

    /// Partition that lists the events with a correlation key.
    pub(crate) fn correlated(&self, key: &CorrelationKey) -> String {
        self.pk(&format!("correlated#{}", key.as_str()))
    }

    pub(crate) fn correlated_event(&self, key: &CorrelationKey, event: &EventId) -> Key {
        Key::new(self.correlated(key), event.as_str())
    }

    pub(crate) fn workflow(&self, id: &WorkflowId) -> Key {
        Key::new(self.pk(&format!("workflow#{id}")), "workflow")
    }

    pub(crate) fn workflow_version(&self, id: &WorkflowId, version: WorkflowVersion) -> Key {
        Key::new(self.pk(&format!("workflow#{id}")), format!("version#{version:08}"))
    }

    /// Partition that lists the published workflows of a trigger.
    pub(crate) fn published_list(&self, trigger: Trigger) -> String {
        self.pk(&format!("published#{}", trigger.name()))
    }

    pub(crate) fn published(&self, trigger: Trigger, id: &WorkflowId) -> Key {
        Key::new(self.published_list(trigger), id.as_str())
    }

    pub(crate) fn published_generation(&self, trigger: Trigger) -> Key {
        Key::new(self.published_list(trigger), "#generation")
    }

    pub(crate) fn execution(&self, key: &str) -> Key {
        Key::new(self.pk(&format!("execution#{key}")), "execution")
    }

    /// `gsi1` partition that lists the timers of a contact's waiting executions.
    pub(crate) fn wakes(&self, contact: &ContactId) -> String {
        self.pk(&format!("wakes#{contact}"))
    }

    pub(crate) fn effect(&self, effect: &str) -> Key {
        Key::new(self.pk(&format!("effect#{effect}")), "effect")
    }

    pub(crate) fn entered(&self, workflow: &WorkflowId, contact_key: &str) -> Key {
        Key::new(self.pk(&format!("entered#{workflow}#{contact_key}")), "entered")
    }

    /// Key of the count of a contact's entries into a workflow during one clock hour.
    pub(crate) fn entries(&self, workflow: &WorkflowId, contact_key: &str, hour: DateTime<Utc>) -> Key {
        let pk = self.pk(&format!("entered#{workflow}#{contact_key}"));
        Key::new(pk, format!("hour#{}", hour.format("%Y%m%dT%H")))
    }

    pub(crate) fn mail_schedule(&self) -> Key {
        Key::new(self.pk("mail"), "schedule")
    }

    pub(crate) fn mail_state(&self) -> Key {
        Key::new(self.pk("mail"), "state")
    }

    /// Key of a recipient of messages to the shop's team.
    pub(crate) fn recipient(&self, key: &str) -> Key {
        Key::new(self.pk(&format!("recipient#{key}")), "recipient")
    }

    pub(crate) fn signing_secrets(&self) -> Key {
        Key::new(self.pk("signing_secrets"), "signing_secrets")
    }

    /// Partitions over which a day's log entries are spread, because one partition accepts only 1,000 writes per
    /// second.
    pub(crate) fn events_of_day(&self, day: NaiveDate) -> impl Iterator<Item = String> + '_ {
        (0..EVENT_SHARDS).map(move |shard| self.events(day, shard))
    }

    pub(crate) fn event(&self, id: &EventId) -> Key {
        let shard = bits80(&[id.as_str()])[0] % EVENT_SHARDS;
        Key::new(self.events(id.instant().date_naive(), shard), id.as_str())
    }

    /// `gsi1` partition that lists the events of a contact.
    pub(crate) fn events_of_contact(&self, contact_key: &str) -> String {
        self.pk(&format!("happened#{contact_key}"))
    }

    fn events(&self, day: NaiveDate, shard: u8) -> String {
        self.pk(&format!("events#{day}#{shard}"))
    }

    pub(crate) fn idempotency(&self, digest: &str) -> Key {
        Key::new(self.pk(&format!("idempotency#{digest}")), "request")
    }

    pub(crate) fn rate_limit(&self, kind: RateLimitKind, caller: &str) -> Key {
        Key::new(self.pk(&format!("rate#{}#{caller}", kind.name())), "bucket")
    }

    pub(crate) fn audit(&self, id: &AuditId) -> Key {
        Key::new(self.pk(&format!("audit#{id}")), "audit")
    }

    /// `gsi1` partition that lists a tenant's items of one kind.
    pub(crate) fn list(&self, of: &str) -> String {
        self.pk(of)
    }
}

fn operation(operation: AttemptedOperation) -> &'static str {
    match operation {
        AttemptedOperation::Apply => "apply",
        AttemptedOperation::Redeem => "redeem",
    }
}
