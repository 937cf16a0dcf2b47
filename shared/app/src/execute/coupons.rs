//! Steps that change coupons.

use chrono::{DateTime, Utc};
use couponflow_domain::code::generator_of;
use couponflow_domain::coupon::{Coupon, OnlyFor, State, Switch, Terms};
use couponflow_domain::digest::bits80;
use couponflow_domain::execution::Outcome;
use couponflow_domain::ids::CouponId;
use couponflow_domain::span::Span;
use couponflow_domain::workflow::{NewCoupon, Step};
use serde_json::{Value, json};

use super::MOVED_AT_ONCE;
use super::perform::Run;
use crate::edit::{Edited, edit_once};
use crate::error::StoreError;
use crate::ports::{Automation, Created, Environment, Outside};

/// How many codes are tried before it is given up to find one that is free. One in 10^16 is taken.
const CODES_TRIED: u32 = 4;

impl<S: Automation, O: Outside, E: Environment> Run<'_, S, O, E> {
    /// Switches a coupon to active or paused; one that is so already stays so.
    pub(super) async fn switch(&self, id: &CouponId, to: State) -> Result<Outcome, StoreError> {
        for _ in 0..MOVED_AT_ONCE {
            let Some(coupon) = self.store.coupon(id).await? else {
                return Ok(Outcome::Failed(format!("there is no coupon {id}")));
            };
            let now = self.environment.now();
            match coupon.switch(to, now) {
                Switch::None => return Ok(Self::completed(named(&coupon))),
                Switch::Refused(status) => {
                    return Ok(Outcome::Skipped(format!("coupon {} is {}", coupon.terms.code, status.name())));
                }
                Switch::Needed if self.store.set_state(&coupon, to, now).await? => {
                    return Ok(Self::completed(named(&coupon)));
                }
                Switch::Needed => {}
            }
        }
        Ok(Outcome::Retry("the coupon was being edited".to_owned()))
    }

    pub(super) async fn activate_backup(&self, id: &CouponId) -> Result<Outcome, StoreError> {
        let backup = self.store.coupon(id).await?.and_then(|coupon| coupon.terms.backup_coupon_id);
        match backup {
            Some(backup) => self.switch(&backup, State::Active).await,
            None => Ok(Outcome::Skipped("the coupon has no backup coupon".to_owned())),
        }
    }

    /// Makes a coupon of its own. Its id is derived from the step, and its code from random bits that the claim saved
    /// before this, so doing it again finds it, or makes the same.
    pub(super) async fn generate(&self, step: &Step, new: &NewCoupon) -> Result<Outcome, StoreError> {
        let Some(record) = self.execution.current() else {
            return Ok(Outcome::Retry("the step was not claimed".to_owned()));
        };
        let (since, seed) = (record.started_at, record.memory.seed);
        let id = CouponId::new(since, bits80(&[self.execution.id.as_str(), &step.id]));
        let generator = generator_of(&new.prefix, seed);
        for tried in 0..CODES_TRIED {
            let only_for = self.contact.filter(|_| new.only_for_contact).map(OnlyFor::from);
            let terms = Terms {
                code: generator.code(0, tried),
                max_redemptions: Some(1),
                expires_at: new.expires_in.map(|life| since + life.delta()),
                only_for,
                ..new.terms.clone()
            };
            let coupon = Coupon::new(id.clone(), terms, since).caused_by(&self.execution.id);
            match self.store.create_coupon(&coupon).await? {
                Created::New => return Ok(Self::completed(dated(&coupon))),
                Created::Taken => {
                    if let Some(existing) = self.store.coupon(&id).await? {
                        return Ok(Self::completed(dated(&existing)));
                    }
                }
            }
        }
        Ok(Outcome::Failed("no free code was found; use a shorter prefix".to_owned()))
    }

    pub(super) async fn extend(&self, effect: &str, id: &CouponId, by: Span) -> Result<Outcome, StoreError> {
        let now = self.environment.now();
        let later = |terms: &Terms| {
            terms
                .expires_at
                .map(|expires_at| Terms { expires_at: Some(expires_at.max(now) + by.delta()), ..terms.clone() })
        };
        self.edit(effect, id, later, "the coupon never expires", now).await
    }

    pub(super) async fn raise_limit(&self, effect: &str, id: &CouponId, by: i64) -> Result<Outcome, StoreError> {
        let raised = |terms: &Terms| {
            let limit = terms.max_redemptions?.saturating_add(by);
            Some(Terms { max_redemptions: Some(limit), ..terms.clone() })
        };
        self.edit(effect, id, raised, "the coupon has no limit", self.environment.now()).await
    }

    /// Edits a coupon, once for this effect.
    async fn edit(
        &self,
        effect: &str,
        id: &CouponId,
        change: impl Fn(&Terms) -> Option<Terms>,
        nothing: &str,
        now: DateTime<Utc>,
    ) -> Result<Outcome, StoreError> {
        let changed = |terms: &Terms| Ok(change(terms).unwrap_or_else(|| terms.clone()));
        let coupon = self.store.coupon(id).await?.filter(|coupon| coupon.state != State::Deleted);
        if coupon.is_some_and(|coupon| change(&coupon.terms).is_none()) {
            return Ok(Outcome::Skipped(nothing.to_owned()));
        }
        Ok(match edit_once(self.store, id, changed, (effect, &self.execution.id), now).await? {
            Edited::Now(coupon) => Self::completed(dated(&coupon)),
            Edited::NotFound | Edited::Stale => Outcome::Failed(format!("there is no coupon {id}")),
            Edited::Invalid(faults) => {
                let faults: Vec<_> = faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.detail)).collect();
                Outcome::Failed(faults.join("; "))
            }
        })
    }
}

fn named(coupon: &Coupon) -> [(&'static str, Value); 2] {
    [("coupon_id", json!(coupon.id)), ("code", json!(coupon.terms.code))]
}

fn dated(coupon: &Coupon) -> [(&'static str, Value); 4] {
    let [id, code] = named(coupon);
    let (expires_at, limit) = (coupon.terms.expires_at, coupon.terms.max_redemptions);
    [id, code, ("expires_at", json!(expires_at)), ("limit", json!(limit))]
}
