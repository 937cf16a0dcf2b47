//! Concurrent clients of one coupon, and the history of their requests and responses. A round is
//! one coupon with its clients and their history.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use couponflow_app::coupons::cache::CouponCache;
use couponflow_app::coupons::edit;
use couponflow_app::coupons::edit::CouponEditOutcome;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::purchases::ports::PurchaseStore as _;
use couponflow_app::purchases::redeem::{Redeemed, redeem};
use couponflow_app::purchases::roll_back::roll_back;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_app::timers::fire::FireOutcome;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::coupons::coupon::{RollbackReason, Terms};
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::ids::{ApplicationId, CouponId, RedemptionId};
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{Checkout, RedeemRequest};
use couponflow_domain::tenants::tenant::TenantId;
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures::{apply_codes, remove};
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::table::Dynamo;
use couponflow_tests::{due, fixtures};
use serde_json::{Value, json};
use todc_utils::linearizability::WGLChecker;
use todc_utils::linearizability::history::{Action, History};

use crate::command::Cart;
use crate::driver::{CODE, body};
use crate::spec::{Answer, ClientCall, OneCoupon, Operation};

/// Client number of the operator who creates the coupon.
const OPERATOR: usize = 9;

/// The coupon of one round, the state that its clients share, and their recorded history.
pub(crate) struct Round {
    pub(crate) dynamo: Arc<Dynamo>,
    tenant: TenantId,
    pub(crate) coupon_id: CouponId,
    /// Source of a distinct instant for each request, in milliseconds.
    clock: AtomicI64,
    history: Mutex<Vec<(usize, Action<Operation>)>>,
    /// Redemptions in the responses so far, by the instant of the request that committed them.
    redemptions: Mutex<BTreeMap<i64, RedemptionId>>,
}

/// A client with its own function instance and coupon cache.
pub(crate) struct Client {
    pub(crate) round: Arc<Round>,
    number: usize,
    store: TenantStore,
    cache: CouponCache,
}

impl Round {
    /// Creates a coupon for a new tenant.
    pub(crate) async fn open(dynamo: Arc<Dynamo>, tenant: &str, limit: Option<i64>) -> Arc<Self> {
        let tenant = fixtures::tenant(tenant);
        let terms = json!({"max_redemptions": limit, "thresholds": thresholds(limit)});
        let coupon = stored_coupon(&dynamo.instance().of(&tenant), CODE, terms).await;
        let (history, redemptions) = (Mutex::default(), Mutex::default());
        let round = Self { dynamo, tenant, coupon_id: coupon.id, clock: AtomicI64::new(1), history, redemptions };
        let open = Operation { call: ClientCall::Open { limit }, answer: Some(Answer::Done) };
        round.record(OPERATOR, Action::Call(open.clone()));
        round.record(OPERATOR, Action::Response(open));
        Arc::new(round)
    }

    /// Creates a client with its own function instance.
    pub(crate) fn client(self: &Arc<Self>, number: usize) -> Client {
        self.client_of(number, &self.dynamo.instance())
    }

    /// Creates a client that uses the given function instance.
    pub(crate) fn client_of(self: &Arc<Self>, number: usize, table: &Table) -> Client {
        Client { round: Arc::clone(self), number, store: table.of(&self.tenant), cache: CouponCache::default() }
    }

    /// Returns an instant that no other request has.
    pub(crate) fn next_instant(&self) -> i64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// Returns the redemptions in the responses so far, as the instants of their requests.
    pub(crate) fn known_redemptions(&self) -> Vec<i64> {
        self.redemptions.lock().unwrap().keys().copied().collect()
    }

    /// Returns the requests with their responses, in the order of the responses.
    pub(crate) fn answers(&self) -> Vec<(ClientCall, Answer)> {
        let history = self.history.lock().unwrap();
        let answer = |(_, action): &(usize, Action<Operation>)| match action {
            Action::Response(Operation { call, answer }) => Some((*call, (*answer)?)),
            Action::Call(_) => None,
        };
        history.iter().filter_map(answer).collect()
    }

    /// Asserts that the history is linearizable. `what` names the round in the panic message.
    pub(crate) fn check_history(&self, what: &str) {
        let history = self.history.lock().unwrap().clone();
        let story: String = history.iter().map(line).collect();
        assert!(WGLChecker::<OneCoupon>::is_linearizable(History::from_actions(history)), "{what}:\n{story}");
    }

    fn record(&self, client: usize, action: Action<Operation>) {
        self.history.lock().unwrap().push((client, action));
    }
}

fn line((client, action): &(usize, Action<Operation>)) -> String {
    match action {
        Action::Call(Operation { call, .. }) => format!("{client}: {call:?}\n"),
        Action::Response(Operation { call, answer }) => format!("{client}: {call:?} -> {answer:?}\n"),
    }
}

/// Returns a threshold for a limited coupon, and no threshold for an unlimited coupon.
fn thresholds(limit: Option<i64>) -> Value {
    limit.map_or(json!([]), |_| json!([{"percent_used": 50}]))
}

impl Client {
    /// Sends a request, and records request and response.
    pub(crate) async fn send(&self, call: ClientCall) {
        self.round.record(self.number, Action::Call(Operation { call, answer: None }));
        let answer = match self.answer(call).await {
            Ok(answer) => answer,
            Err(StoreError::Busy { .. }) => Answer::Busy,
            Err(error) => panic!("{call:?}: {error:?}"),
        };
        self.round.record(self.number, Action::Response(Operation { call, answer: Some(answer) }));
    }

    async fn answer(&self, call: ClientCall) -> Result<Answer, StoreError> {
        let now = match call {
            ClientCall::Redeem { at, .. } | ClientCall::RedeemApplication { at, .. } => at,
            _ => self.round.next_instant(),
        };
        let request = format!("request-{now}");
        Ok(match call {
            ClientCall::Redeem { order, .. } => self.redeem(cart(order), now).await?,
            ClientCall::RedeemApplication { order, .. } => match self.application_id(order).await? {
                Some(id) => self.redeem(json!({"application_id": id, "order": cart(order)["order"]}), now).await?,
                None => Answer::Nothing,
            },
            ClientCall::Hold { order } => {
                let mut holding = cart(order);
                holding["hold"] = json!({"ttl_seconds": 86_400});
                let checkout = input::read(&holding, Checkout::read).unwrap();
                match apply_codes(&self.store, &checkout, at(now), &request).await?.remove(0).outcome {
                    Ok(_) => Answer::Done,
                    Err(rejection) => limit_reached(rejection.rejection),
                }
            }
            ClientCall::Release { order } => match self.application_id(order).await? {
                Some(id) if remove(&self.store, &id).await? => Answer::Done,
                _ => Answer::Nothing,
            },
            ClientCall::ExpireHold { order } => self.expire_hold(order).await?,
            ClientCall::RollBack { redemption } => {
                let id = self.round.redemptions.lock().unwrap()[&redemption].clone();
                let reason = RollbackReason::OrderCancelled;
                let rolled_back =
                    roll_back(&self.store, &id, reason, at(now), &CorrelationId::new(request)).await?.unwrap();
                assert!(rolled_back.rollback.unwrap().released);
                Answer::Done
            }
            ClientCall::EditLimit { limit } => self.edit(limit, now).await?,
            ClientCall::Read => {
                let coupon = self.store.coupon(&self.round.coupon_id).await?.unwrap();
                let (redeemed, held, remaining) = (coupon.times_redeemed, coupon.held, coupon.remaining);
                Answer::Seen { limit: coupon.terms.max_redemptions, redeemed, held, remaining }
            }
            ClientCall::Open { .. } => unreachable!("the coupon is opened before any client starts"),
        })
    }

    async fn application_id(&self, order: usize) -> Result<Option<ApplicationId>, StoreError> {
        let application = self.store.application_for_order(&self.round.coupon_id, &format!("ord_{order}")).await?;
        Ok(application.map(|application| application.id))
    }

    async fn redeem(&self, body: Value, now: i64) -> Result<Answer, StoreError> {
        let request = input::read(&body, RedeemRequest::read).unwrap();
        let (tenant, correlation_id) = (&self.round.tenant, CorrelationId::new(format!("request-{now}")));
        Ok(match redeem(&self.store, &self.cache, tenant, request, at(now), &correlation_id).await? {
            Redeemed::Redemptions(redemptions) => {
                let redemption = redemptions.into_vec().remove(0);
                let redeemed_at = (redemption.created_at - at(0)).num_milliseconds();
                self.round.redemptions.lock().unwrap().insert(redeemed_at, redemption.id);
                Answer::Redeemed(redeemed_at)
            }
            Redeemed::Rejected(rejections) => limit_reached(rejections.first().1.rejection),
            Redeemed::Invalid(fault) => {
                assert_eq!(fault.pointer, "/application_id");
                Answer::Nothing
            }
        })
    }

    async fn expire_hold(&self, order: usize) -> Result<Answer, StoreError> {
        let application = self.store.application_for_order(&self.round.coupon_id, &format!("ord_{order}")).await;
        let Some((id, hold)) = application?.and_then(|application| Some((application.id, application.hold?))) else {
            return Ok(Answer::Nothing);
        };
        let purpose = Purpose::HoldExpiry { coupon_id: self.round.coupon_id.clone(), application_id: id };
        let timer = Timer { tenant_id: self.round.tenant.clone(), due_at: hold.expires_at, purpose };
        Ok(match due::fire_at(&self.round.dynamo, &timer, hold.expires_at).await {
            FireOutcome::Done => Answer::Done,
            FireOutcome::Void => Answer::Nothing,
            FireOutcome::Postponed => panic!("the tenant is not suspended"),
            FireOutcome::NotYet => panic!("a hold timer that fires at its due instant is not early"),
        })
    }

    async fn edit(&self, limit: Option<i64>, now: i64) -> Result<Answer, StoreError> {
        let change = |terms: &Terms| {
            let mut document = json!(terms);
            document["max_redemptions"] = json!(limit);
            document["thresholds"] = thresholds(limit);
            input::read(&document, Terms::read)
        };
        Ok(match edit::edit(&self.store, &self.round.coupon_id, |_| true, change, at(now)).await? {
            CouponEditOutcome::Done(_) => Answer::Done,
            CouponEditOutcome::Invalid(errors) => {
                assert_eq!(errors[0].pointer, "/max_redemptions");
                Answer::Invalid
            }
            other => panic!("{other:?}"),
        })
    }
}

fn cart(order: usize) -> Value {
    body(Cart { order: order as u8, customer: 1, quantity: 1 })
}

fn limit_reached(rejection: Rejection) -> Answer {
    assert_eq!(rejection, Rejection::LimitReached);
    Answer::LimitReached
}
