//! The story: a sequence of operations that stores an item of every kind and publishes an event of
//! every type.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::coupons::cache::CouponCache;
use couponflow_app::coupons::jobs::start_import;
use couponflow_app::delivery::ports::{DeliveryStore as _, MailSchedule};
use couponflow_app::purchases::redeem::{Redeemed, redeem};
use couponflow_app::purchases::roll_back::roll_back;
use couponflow_app::tenants::idempotency::{ClaimOutcome, KeyedRequest, Seed};
use couponflow_app::tenants::ports::{AccessStore as _, Key, KeyScope, Keys as _};
use couponflow_app::timers::expiry_scan::scan;
use couponflow_app::timers::ports::TimerStore as _;
use couponflow_aws::dynamo::MailRate;
use couponflow_domain::coupons::code::{CouponCode, ListedCode};
use couponflow_domain::coupons::coupon::{Coupon, RollbackReason};
use couponflow_domain::coupons::job::{Job, JobKind};
use couponflow_domain::delivery::mail::{Sender, SuppressionReason};
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::digest::{bits80, sha256_hex};
use couponflow_domain::kernel::ids::{JobId, KeyId, SigningSecretId};
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::purchases::{Checkout, RedeemRequest, Redemption};
use couponflow_domain::tenants::api_key::SecretHash;
use couponflow_domain::tenants::settings::{SettingChange, SettingsChange};
use couponflow_domain::timers::timer::{Purpose, Timer};
use serde_json::{Value, json};

use crate::fixtures::{self, apply_codes, at, purchase_body, stored_contact, stored_coupon, tenant_secret};
use crate::harness::ExecutorHarness;
use crate::relayed::{RecordingBus, RelayOutput, Stream};

/// One day in milliseconds.
pub const DAY: i64 = 86_400_000;

/// End of the story, in milliseconds after `fixtures::at(0)`.
pub const END: i64 = 40 * DAY;

/// The secret of the tenant's server key.
pub const SECRET: &str = "cf_server_golden";

/// The idempotent request whose recorded response is `{"golden":true}`.
pub fn request() -> KeyedRequest {
    KeyedRequest { key: "golden-key".to_owned(), fingerprint: "golden-fingerprint".to_owned() }
}

/// The address with a reported bounce.
pub fn suppressed() -> Email {
    Email::parse("bounced@example.com").expect("an address")
}

/// The address of the erased contact.
pub fn erased() -> Email {
    Email::parse("erased@example.com").expect("an address")
}

struct Story {
    harness: ExecutorHarness,
    stream: Stream,
    cache: CouponCache,
    events: Vec<Event>,
}

/// Plays the story on an empty table. Returns the harness, and every event in the order in which it
/// was published.
pub async fn play() -> (ExecutorHarness, Vec<Event>) {
    let harness = ExecutorHarness::new().await;
    let stream = Stream::of(&harness.dynamo);
    let mut story = Story { harness, stream, cache: CouponCache::default(), events: Vec::new() };
    story.set_up().await;
    let coupon = story.coupons().await;
    story.workflows().await;
    story.purchases(&coupon).await;
    story.codes().await;
    story.time_passes().await;
    story.ends_in_the_middle().await;
    (story.harness, story.events)
}

impl Story {
    /// Creates a tenant with a key, a sender, a signing secret, contacts and a recorded response.
    async fn set_up(&self) {
        let ExecutorHarness { table, store, tenant, .. } = &self.harness;
        let key = Key {
            id: KeyId::new(at(0), [1; 10]),
            name: None,
            last_four: None,
            ..fixtures::key(tenant.as_str(), KeyScope::Server)
        };
        let keys = [(key, SecretHash::new(sha256_hex(SECRET)))];
        table.create_tenant(tenant, &tenant_secret(), &keys, at(0)).await.expect("a tenant");
        let sender = json!({"email": "shop@example.com", "name": "The shop"});
        let sender = input::read(&sender, Sender::read).expect("a sender");
        let change = SettingsChange { sender: SettingChange::Set(sender), ..SettingsChange::default() };
        assert!(store.configure(&change).await.expect("set"));
        store
            .rotate_signing_secret(SigningSecret::new(SigningSecretId::new(at(0), [1; 10]), [[1; 10]; 3], at(0)), at(0))
            .await
            .expect("a secret");
        let contact = json!({"email": "ana@example.com", "customer_id": "cust_91", "first_name": "Ana",
            "tags": ["VIP"], "lists": ["retargeting"], "time_zone": "Europe/Berlin", "locale": "de-DE",
            "consent": {"email": "granted", "source": "checkout"}});
        stored_contact(store, contact).await;
        let gone = stored_contact(store, json!({"email": erased().as_str(), "tags": ["VIP"]})).await;
        assert!(store.erase_contact(&gone, at(0)).await.expect("erased"));
        store.suppress(&suppressed(), SuppressionReason::Bounced, at(0)).await.expect("suppressed");
        let ClaimOutcome::Claimed(claim) =
            store.claim_request(&request(), Seed { at: at(0), bits: [1; 10] }).await.expect("claimed")
        else {
            panic!("the first request with the key was not claimed")
        };
        assert!(store.record_answer(&claim, "{\"golden\":true}", None).await.expect("recorded"));
        let rate = MailRate::new(table.clone(), 10);
        let slot = rate.reserve(MailSchedule::Account, 1, at(0), TimeDelta::zero()).await.expect("reserved");
        assert!(slot.is_some());
    }

    /// Creates a coupon with limits, notices and a backup coupon.
    async fn coupons(&self) -> Coupon {
        let store = &self.harness.store;
        let backup = stored_coupon(store, "BACKUP", json!({})).await;
        let terms = json!({"max_redemptions": 3, "max_redemptions_per_customer": 2, "thresholds": [{"percent_used": 60}],
            "expires_at": at(30 * DAY), "expiry_lead_times": ["P1D"], "abandonment_window": "PT1H",
            "release_on": ["refunded"], "duration": "repeating", "duration_in_months": 3,
            "backup_coupon_id": backup.id, "offer_backup": true, "metadata": {"team": "growth"}});
        stored_coupon(store, "FLASH20", terms).await
    }

    async fn workflows(&self) {
        let welcome = json!([
            {"id": "tag", "type": "add_tag", "tag": "Member"},
            {"id": "mail", "type": "send_email", "subject": "Welcome", "text": "You saved {{order.discount|money}}."},
            {"id": "extend", "type": "extend_coupon", "by": "PT1H"},
            {"id": "gift", "type": "generate_coupon", "prefix": "GIFT", "expires_in": "P10D",
             "coupon": {"name": "Gift", "discount": {"type": "percentage", "percent_off": 5}}},
            {"id": "pause", "type": "wait", "for": "P60D"},
            {"id": "hook", "type": "webhook", "url": "https://hooks.example.com/couponflow"}
        ]);
        let settings = json!({"max_executions_per_contact_and_hour": 5, "re_entry": true});
        self.harness.publish("Welcome", "coupon_redeemed", welcome, settings).await;
        let remind = json!([
            {"id": "back", "type": "wait_for_event", "event": "coupon_redeemed", "timeout": "P2D",
             "then": [{"id": "thanks", "type": "add_tag", "tag": "Came back"}],
             "on_timeout": [{"id": "remind", "type": "send_email", "subject": "Still here?", "text": "{{coupon.code}}"}]}
        ]);
        self.harness.publish("Remind", "coupon_applied", remind, json!({})).await;
    }

    /// Applies, holds, redeems up to the limit, gets rejected, and rolls one redemption back.
    async fn purchases(&mut self, coupon: &Coupon) {
        self.apply("FLASH20", "ord_left", "zoe@example.com", None, 10).await;
        self.apply("FLASH20", "ord_held", "bo@example.com", Some(60), 20).await;
        let first = self.redeem("FLASH20", "ord_1", "ana@example.com", 30).await;
        self.redeem("FLASH20", "ord_2", "cy@example.com", 40).await;
        self.advance(50).await;
        self.advance(120_000).await;
        self.redeem("FLASH20", "ord_3", "bo@example.com", 120_010).await;
        let body = purchase_body("FLASH20", "ord_4", "dee@example.com");
        let refused = self.try_redeem(&body, 120_020).await;
        assert!(matches!(refused, Redeemed::Rejected(_)), "{refused:?}");
        let unknown = self.try_redeem(&purchase_body("NOSUCH", "ord_4", "dee@example.com"), 120_030).await;
        assert!(matches!(unknown, Redeemed::Rejected(_)), "{unknown:?}");
        self.advance(120_040).await;
        let store = &self.harness.store;
        roll_back(store, &first.id, RollbackReason::Refunded, at(120_050), &CorrelationId::new("refund"))
            .await
            .expect("stored")
            .expect("found");
        self.advance(120_060).await;
        assert_eq!(first.coupon_id, coupon.id);
    }

    /// Imports unique codes, redeems one and holds another.
    async fn codes(&mut self) {
        let vip = stored_coupon(&self.harness.store, "VIP50", json!({"code_type": "unique"})).await;
        self.import(&vip, "first", &["VIPONE", "VIPTWO", "VIPSIX"]).await;
        self.advance(200_000).await;
        self.redeem("VIPONE", "ord_5", "eve@example.com", 200_010).await;
        self.apply("VIPTWO", "ord_6", "fay@example.com", Some(80_000), 200_020).await;
        self.advance(200_030).await;
    }

    /// Advances the clock, so that the expiry notice and the expiry of the coupon are published,
    /// and waiting executions continue.
    async fn time_passes(&mut self) {
        for day in [1, 3, 28, 29, 31, 32] {
            self.advance(day * DAY + 300_000).await;
        }
    }

    /// Leaves work in progress at the end: an import, applications with timers, an overdue timer
    /// and a scan.
    async fn ends_in_the_middle(&mut self) {
        stored_coupon(&self.harness.store, "OPEN10", json!({"abandonment_window": "P9D", "max_redemptions": 9})).await;
        self.apply("OPEN10", "ord_7", "gus@example.com", Some(80_000), END).await;
        self.redeem("OPEN10", "ord_8", "gus@example.com", END).await;
        self.apply("OPEN10", "ord_9", "hal@example.com", None, END).await;
        self.relay(END).await;
        let vip = stored_coupon(&self.harness.store, "VIP60", json!({"code_type": "unique"})).await;
        self.import(&vip, "second", &["VIPTEN", "VIPELF"]).await;
        let table = &self.harness.table;
        let purpose = Purpose::CouponExpiry { coupon_id: vip.id };
        let stuck = Timer { tenant_id: self.harness.tenant.clone(), due_at: at(END), purpose };
        table.set_timer(&stuck).await.expect("set");
        table.list_overdue(&stuck, at(END)).await.expect("listed");
        scan(table, &RecordingBus::default(), &self.harness.clock, DateTime::<Utc>::MAX_UTC).await;
    }

    async fn import(&self, coupon: &Coupon, name: &str, codes: &[&str]) {
        let codes = codes.iter().map(|code| CouponCode::parse(code).expect("a code"));
        let listed: Vec<ListedCode> = (2..).zip(codes).map(|(line, code)| ListedCode { line, code }).collect();
        let (id, count) = (JobId::new(at(0), bits80(&[name])), listed.len() as i64);
        let job = Job::new(id, coupon.id.clone(), JobKind::ImportCodes, count, at(200_000));
        start_import(&self.harness.store, &job, &listed).await.expect("stored").expect("started");
    }

    async fn apply(&self, code: &str, order: &str, email: &str, hold_seconds: Option<i64>, now_ms: i64) {
        let mut body = purchase_body(code, order, email);
        body["source"] = json!("funnel");
        if let Some(ttl) = hold_seconds {
            body["hold"] = json!({"ttl_seconds": ttl});
        }
        let checkout = input::read(&body, Checkout::read).expect("a checkout");
        let applied = apply_codes(&self.harness.store, &checkout, at(now_ms), &format!("apply-{order}")).await;
        applied.expect("stored").remove(0).outcome.expect("applied");
    }

    async fn redeem(&self, code: &str, order: &str, email: &str, now_ms: i64) -> Redemption {
        let mut body = purchase_body(code, order, email);
        body["order"]["lines"][0]["product_type"] = json!("recurring");
        match self.try_redeem(&body, now_ms).await {
            Redeemed::Redemptions(redemptions) => redemptions.into_vec().remove(0),
            other => panic!("{other:?}"),
        }
    }

    async fn try_redeem(&self, body: &Value, now_ms: i64) -> Redeemed {
        let request = input::read(body, RedeemRequest::read).expect("a request");
        let ExecutorHarness { store, tenant, .. } = &self.harness;
        let order = body["order"]["id"].as_str().expect("an id");
        redeem(store, &self.cache, tenant, request, at(now_ms), &CorrelationId::new(format!("redeem-{order}")))
            .await
            .expect("stored")
    }

    /// Relays all changes, handles the events, fires due timers, and relays again.
    async fn advance(&mut self, now_ms: i64) {
        self.relay(now_ms).await;
        self.harness.advance_to(now_ms).await;
        self.relay(now_ms).await;
    }

    async fn relay(&mut self, now_ms: i64) {
        let RelayOutput { events, .. } = self.stream.relay(&self.harness.table, at(now_ms)).await;
        for event in events {
            self.harness.handle_with(&self.harness.table, &event).await.expect("handled");
            self.events.push(event);
        }
    }
}
