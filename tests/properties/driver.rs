//! Executes the commands of the sequential property test on a real coupon in a table.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use couponflow_app::coupons::cache::CouponCache;
use couponflow_app::coupons::edit::CouponEditOutcome;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::coupons::switch::SwitchOutcome;
use couponflow_app::coupons::{edit, switch};
use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_app::purchases::redeem::{Redeemed, Results, redeem};
use couponflow_app::purchases::roll_back::roll_back;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::coupons::coupon::{Coupon, RollbackReason, State, Terms};
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::ids::{ApplicationId, RedemptionId};
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::{Application, Checkout, RedeemRequest, Redemption};
use couponflow_tests::fixtures::{apply_codes, remove};
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::relayed::{RelayOutput, Stream};
use couponflow_tests::table::Dynamo;
use couponflow_tests::{due, fixtures};
use serde_json::{Value, json};

use crate::command::{Answer, Cart, Command, LEAD_SECONDS, Setup};
use crate::model::{PRICE, VisibleState};

pub(crate) const CODE: &str = "ONE5";

/// The coupon, the coupon caches of two instances, and the ids that a shop stores from responses.
pub(crate) struct Driver {
    pub(crate) dynamo: Dynamo,
    pub(crate) table: Table,
    pub(crate) store: TenantStore,
    pub(crate) coupon: Coupon,
    setup: Setup,
    caches: [CouponCache; 2],
    stream: Stream,
    pub(crate) output: RelayOutput,
    now: i64,
    applications: BTreeMap<u8, ApplicationId>,
    redemptions: BTreeMap<u8, Vec<RedemptionId>>,
}

fn millisecond(instant: DateTime<Utc>) -> i64 {
    (instant - at(0)).num_milliseconds()
}

/// Builds the request body of a purchase.
pub(crate) fn body(cart: Cart) -> Value {
    let Cart { order, customer, quantity } = cart;
    let lines = json!([{"product_id": "prod_1", "quantity": quantity, "unit_amount": PRICE}]);
    let order = json!({"id": format!("ord_{order}"), "currency": "USD", "lines": lines});
    match customer {
        0 => json!({"code": CODE, "order": order}),
        // The same customer, with another spelling of the address.
        1 if quantity == 1 => json!({"code": CODE, "customer": {"email": "Ana@Example.com"}, "order": order}),
        1 => json!({"code": CODE, "customer": {"email": "ana@example.com"}, "order": order}),
        _ => json!({"code": CODE, "customer": {"email": "bo@example.com"}, "order": order}),
    }
}

impl From<CodeRejection> for Answer {
    fn from(rejection: CodeRejection) -> Self {
        Self::Rejected { reason: rejection.rejection, hold_may_free_up: rejection.hold_may_free_up }
    }
}

impl From<CouponEditOutcome> for Answer {
    fn from(edited: CouponEditOutcome) -> Self {
        match edited {
            CouponEditOutcome::Done(_) => Self::Changed,
            CouponEditOutcome::NotFound => Self::NotFound,
            CouponEditOutcome::Invalid(errors) if errors[0].pointer == "/expires_at" => Self::Invalid("/expires_at"),
            CouponEditOutcome::Invalid(errors) if errors[0].pointer == "/max_redemptions" => {
                Self::Invalid("/max_redemptions")
            }
            other => panic!("{other:?}"),
        }
    }
}

impl Driver {
    pub(crate) async fn open(setup: &Setup) -> Self {
        let dynamo = Dynamo::start().await;
        let table = dynamo.instance();
        let store = table.of(&fixtures::tenant("demo"));
        let instant = |seconds: i64| at(seconds * 1000);
        let terms = json!({
            "max_redemptions": setup.limit,
            "max_redemptions_per_customer": setup.customer_limit,
            "expires_at": setup.expires_in.map(instant),
            "expiry_lead_times": [format!("PT{LEAD_SECONDS}S")],
            "abandonment_window": setup.abandonment_window.map(|seconds| format!("PT{seconds}S")),
            "release_on": setup.release_on,
            "thresholds": setup.thresholds_of(setup.limit),
        });
        let coupon = stored_coupon(&store, CODE, terms).await;
        Self {
            stream: Stream::of(&dynamo),
            dynamo,
            table,
            store,
            coupon,
            setup: setup.clone(),
            caches: Default::default(),
            output: RelayOutput::default(),
            now: 0,
            applications: BTreeMap::new(),
            redemptions: BTreeMap::new(),
        }
    }

    /// Executes a command at `now`, in milliseconds, and returns the response.
    pub(crate) async fn execute(&mut self, command: &Command, now: i64) -> Answer {
        self.now = now;
        match command.clone() {
            Command::Apply(cart) => self.apply(cart, body(cart)).await,
            Command::Hold { cart, seconds } => {
                let mut body = body(cart);
                body["hold"] = json!({"ttl_seconds": seconds});
                self.apply(cart, body).await
            }
            Command::Redeem(cart) => self.redeem(cart.order, body(cart)).await,
            Command::RedeemApplication { order, quantity } => {
                let paid = body(Cart { order, customer: 0, quantity })["order"].take();
                let by_application = json!({"application_id": self.applications[&order], "order": paid});
                self.redeem(order, by_application).await
            }
            Command::Remove { order } => {
                Answer::Removed(remove(&self.store, &self.applications[&order]).await.unwrap())
            }
            Command::RollBack { order, before, reason } => self.roll_back(order, before, reason).await,
            Command::EditLimit(limit) => {
                self.edit(json!({"max_redemptions": limit, "thresholds": self.setup.thresholds_of(limit)})).await
            }
            Command::EditCustomerLimit(limit) => self.edit(json!({"max_redemptions_per_customer": limit})).await,
            Command::EditExpiry(seconds) => {
                self.edit(json!({"expires_at": seconds.map(|seconds| at(now + seconds * 1000))})).await
            }
            Command::Pause => self.switch(State::Paused).await,
            Command::Activate => self.switch(State::Active).await,
            Command::Delete => edit::delete(&self.store, &self.coupon.id, |_| true, at(now)).await.unwrap().into(),
            Command::Wait { .. } | Command::WaitUntilDue { .. } => Answer::Silence,
            Command::FireDue => {
                // If an abandonment window has restarted, its timer only sets a new timer. The new
                // timer may be due, too.
                loop {
                    self.relay().await;
                    if due::fire_due(&self.dynamo, at(now)).await.is_empty() {
                        return Answer::Silence;
                    }
                }
            }
        }
    }

    async fn apply(&mut self, cart: Cart, body: Value) -> Answer {
        let checkout = input::read(&body, Checkout::read).unwrap();
        let applied = apply_codes(&self.store, &checkout, at(self.now), &self.request()).await.unwrap().remove(0);
        match applied.outcome {
            Err(rejection) => rejection.into(),
            Ok(Application { id, discount, created_at, hold, .. }) => {
                self.applications.insert(cart.order, id);
                let held_until = hold.map(|hold| millisecond(hold.expires_at));
                Answer::Applied { discount: discount.amount, priced_at: millisecond(created_at), held_until }
            }
        }
    }

    async fn redeem(&mut self, order: u8, body: Value) -> Answer {
        let request = input::read(&body, RedeemRequest::read).unwrap();
        let (tenant, cache) = (fixtures::tenant("demo"), &self.caches[usize::from(order) % 2]);
        match redeem(&self.store, cache, &tenant, request, at(self.now), &CorrelationId::new(self.request()))
            .await
            .unwrap()
        {
            Redeemed::Redemptions(redemptions) => {
                let Results::One(Redemption { id, discount, created_at, .. }) = &*redemptions else {
                    panic!("{redemptions:?}")
                };
                let of_order = self.redemptions.entry(order).or_default();
                if !of_order.contains(id) {
                    of_order.push(id.clone());
                }
                Answer::Redeemed { discount: discount.amount, at: millisecond(*created_at) }
            }
            Redeemed::Rejected(rejections) => rejections.first().1.into(),
            Redeemed::Invalid(fault) if fault.pointer == "/application_id" => Answer::Invalid("/application_id"),
            Redeemed::Invalid(fault) => panic!("{fault:?}"),
        }
    }

    async fn roll_back(&self, order: u8, before: usize, reason: RollbackReason) -> Answer {
        let of_order = &self.redemptions[&order];
        let id = &of_order[of_order.len() - 1 - before.min(of_order.len() - 1)];
        let redemption = roll_back(&self.store, id, reason, at(self.now), &CorrelationId::new(self.request()))
            .await
            .unwrap()
            .unwrap();
        let rollback = redemption.rollback.unwrap();
        let redeemed_at = millisecond(redemption.created_at);
        Answer::RolledBack { redeemed_at, at: millisecond(rollback.at), released: rollback.released }
    }

    async fn edit(&self, members: Value) -> Answer {
        let change = |terms: &Terms| {
            let mut document = json!(terms);
            document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            input::read(&document, Terms::read)
        };
        edit::edit(&self.store, &self.coupon.id, |_| true, change, at(self.now)).await.unwrap().into()
    }

    async fn switch(&self, to: State) -> Answer {
        match switch::switch(&self.store, &self.coupon.id, to, at(self.now)).await.unwrap() {
            SwitchOutcome::Done(_) => Answer::Changed,
            SwitchOutcome::NotFound => Answer::NotFound,
            SwitchOutcome::Expired => Answer::Expired,
            SwitchOutcome::Conflict => panic!("a switch conflicts, but only this driver writes"),
        }
    }

    /// Relays everything that was written since the last relay.
    pub(crate) async fn relay(&mut self) {
        let output = self.stream.relay(&self.table, at(self.now)).await;
        self.output.events.extend(output.events);
    }

    /// Reads the visible state of the coupon.
    pub(crate) async fn seen(&self) -> VisibleState {
        let coupon = self.read().await;
        VisibleState {
            status: coupon.status(at(self.now)),
            limit: coupon.terms.max_redemptions,
            redeemed: coupon.times_redeemed,
            held: coupon.held,
            remaining: coupon.remaining,
            last_number: coupon.redemption_seq,
            limit_epoch: coupon.limit_epoch.get(),
        }
    }

    async fn read(&self) -> Coupon {
        self.store.coupon(&self.coupon.id).await.unwrap().unwrap()
    }

    fn request(&self) -> String {
        format!("request-{}", self.now)
    }
}
