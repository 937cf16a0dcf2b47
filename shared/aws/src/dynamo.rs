//! Stores everything in one DynamoDB table.
//!
//! | partition key | sort key | contents |
//! |---|---|---|
//! | `t#<tenant>#coupon#<id>` | `counter` | state, version and counters; small, because redemptions rewrite it |
//! | | `terms` | terms of the coupon, as the operator set them |
//! | | `stats` | statistics of all time, counted by the relay |
//! | `t#<tenant>#stats#<coupon>` | `<day>` | statistics per day |
//! | `t#<tenant>#stats`, `t#<tenant>#stats#none` | `stats`, `<day>` | statistics of codes that belong to no coupon |
//! | `t#<tenant>#threshold#<coupon>` | `<epoch>#<threshold>` | event that announces the threshold in this limit epoch |
//! | `t#<tenant>#rejection#<key>` | `rejection` | rejected attempt to apply or redeem a code |
//! | `t#<tenant>#code#<key>` | `code` | coupon of the code; for a unique code, also hold and redemption |
//! | `t#<tenant>#job#<id>` | `job` | job and its progress |
//! | | `list#<run>` | codes of an import, one item per batch of codes |
//! | `t#<tenant>#customer#<coupon>#<identity>` | `counter` | a customer's number of redemptions and latest redemption |
//! | `t#<tenant>#application#<key>` | `application` | application, by coupon and order |
//! | `t#<tenant>#redemption#<key>` | `redemption` | active redemption, by coupon and order |
//! | | `rolled_back#<id>` | redemptions that were rolled back |
//! | `t#<tenant>#contact#<key>` | `contact` | contact, by e-mail address or customer id |
//! | `t#<tenant>#erasure#<contact id>` | `erasure` | records that the erasure of the contact is complete |
//! | `t#<tenant>#suppression#<key>` | `suppression` | reason of a suppression, by e-mail address |
//! | `t#<tenant>#audience#<digest>#<shard>` | `<contact key>` | members of an audience, by tag, list or coupon |
//! | `t#<tenant>#listeners#<key>` | `<execution id>` | executions that wait for events of an order or customer |
//! | `t#<tenant>#correlated#<key>` | `<event id>` | events of an order or customer |
//! | `t#<tenant>#workflow#<id>` | `workflow`, `version#<n>` | workflow and its published versions |
//! | `t#<tenant>#published#<trigger>` | `<workflow>`, `#generation` | published workflows; generation of the list |
//! | `t#<tenant>#execution#<key>` | `execution` | execution, by event, workflow and contact |
//! | `t#<tenant>#entered#<workflow>#<contact>` | `entered` | latest execution of the workflow for the contact |
//! | | `hour#<hour>` | number of executions started in that hour |
//! | `t#<tenant>#effect#<execution>_<step>` | `effect` | records that a step has edited a coupon |
//! | `t#<tenant>#mail` | `state` | counts of the last e-mails, and the pause of the tenant's e-mail |
//! | | `schedule` | instant of the tenant's next free mail slot |
//! | `t#<tenant>#recipient#<digest of the address>` | `recipient` | whether a recipient of team messages has confirmed |
//! | `t#<tenant>#signing_secrets` | `signing_secrets` | webhook signing secrets |
//! | `t#<tenant>#events#<day>#<shard>` | `<event id>` | event log |
//! | `t#<tenant>#idempotency#<digest>` | `request` | request with an idempotency key: claim, then response |
//! | `t#<tenant>#rate#<kind>#<caller>` | `bucket` | bucket of a rate limit, by key or digest of the caller |
//! | `t#<tenant>` | `tenant` | tenant and its settings |
//! | `t#<tenant>#usage` | `usage` | published workflows, bytes of their filters and running jobs, for the quotas |
//! | `t#<tenant>#api_key#<id>` | `entry` | entry of an API key in the tenant's list, with the day of its last use |
//! | `t#<tenant>#audit#<id>` | `audit` | entry of the audit log |
//! | `key#<hash>` | `key` | API key |
//! | `session#<hash>` | `session` | session of the console, by the hash of its token |
//! | `sign_in_link#<hash>` | `sign_in_link` | link that starts a session once, by the hash of its token |
//! | `timers#<minute>#<shard>` | `<instant>#<tenant>#<target>` | timers that are due in this minute |
//! | `timers#overdue#<shard>` | `<retry instant>#<instant>#<tenant>#<target>` | overdue timers, by next resend |
//! | `timers#set-aside` | `<instant>#<tenant>#<target>` | overdue timers that an earlier version no longer resent |
//! | `scan` | `progress#<shard>` | progress of the expiry scan in a shard |
//! | `sweep` | `progress` | progress of the sweep for events that were not published |
//! | `mail` | `schedule` | instant of the next free mail slot of the account |
//!
//! The index `gsi1` contains only keys. It lists a tenant's coupons, workflows, contacts,
//! executions and redemptions by id. Ids sort by time. It also lists the unique codes of a coupon,
//! the events of a contact, the timers of a contact's waiting executions, and the coupons whose
//! audiences a contact belongs to. Under the key of a contact, it also lists the other items with data
//! of the person: applications, rejected attempts, coupons that only the person can use, and recorded
//! responses.
//!
//! `<key>` and `<digest>` are digests. A shard is one of several partitions over which items are
//! spread. A limit epoch begins when an edit raises, removes or introduces the limit, and when a rollback makes a used-up
//! coupon redeemable again.
//! The generation of a list counts the changes of the list.

pub(crate) mod automation;
pub(crate) mod contacts;
pub(crate) mod coupons;
pub(crate) mod delivery;
pub(crate) mod engine;
pub(crate) mod events;
pub(crate) mod purchases;
pub(crate) mod tenants;
pub(crate) mod timers;

pub use delivery::mail_rate::MailRate;
pub use engine::table::Table;
pub use engine::tenant_store::TenantStore;

pub(crate) use crate::dynamo::timers::stored_timer::StoredTimerValue;
pub(crate) use crate::dynamo::timers::timer::TimerItem;
pub(crate) use contacts::erasure_record::ErasureItem;
pub(crate) use coupons::coupon_items::CounterItem;
pub(crate) use coupons::unique_codes::UniqueCodeItem;
pub(crate) use purchases::applications::ApplicationItem;
pub(crate) use purchases::rejections::RejectionItem;
