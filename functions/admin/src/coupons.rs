//! Coupons.

use couponflow_app::ports::{Created, Environment as _, ReadCoupons as _, WriteCoupons as _};
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::environment::SystemEnvironment;
use couponflow_domain::coupon::{Coupon, State, Status, Switch, Terms};
use couponflow_domain::ids::CouponId;
use couponflow_domain::input::{self, FieldError};
use couponflow_domain::rejection::Rejection;
use couponflow_http::{Answer, Problem, Request, view};

use crate::handler::{Answered, failure, id};

pub(crate) async fn create(store: &TenantStore, request: &Request) -> Answered {
    let now = SystemEnvironment.now();
    let terms = request.body(|body| input::read(body, Terms::read))?;
    let fault = |pointer: &str, detail: &str| {
        Problem::invalid(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    };
    if terms.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(fault("/expires_at", "must lie ahead"));
    }
    if let Some(backup) = &terms.backup_coupon_id
        && store.coupon(backup).await.map_err(failure)?.is_none()
    {
        return Err(fault("/backup_coupon_id", "is not the id of a coupon; create the backup coupon first"));
    }
    let coupon = Coupon::new(CouponId::new(now, SystemEnvironment.bits()), terms, now);
    match store.create_coupon(&coupon).await.map_err(failure)? {
        Created::New => Ok(Answer::json(201, view::coupon(&coupon, now))),
        Created::Taken => {
            let code = &coupon.terms.code;
            Err(Problem::conflict("code_taken", format!("There is a coupon with the code {code} already.")))
        }
    }
}

pub(crate) async fn list(store: &TenantStore, request: &Request) -> Answered {
    let now = SystemEnvironment.now();
    let page = store.coupons(&request.page(CouponId::PREFIX, &[])?).await.map_err(failure)?;
    Ok(Answer::page(page.data.iter().map(|coupon| view::coupon(coupon, now)).collect(), page.next_cursor))
}

pub(crate) async fn read(store: &TenantStore, coupon_id: &str) -> Answered {
    let coupon = find(store, coupon_id).await?;
    Ok(Answer::json(200, view::coupon(&coupon, SystemEnvironment.now())))
}

pub(crate) async fn pause(store: &TenantStore, coupon_id: &str) -> Answered {
    switch(store, coupon_id, State::Paused).await
}

pub(crate) async fn activate(store: &TenantStore, coupon_id: &str) -> Answered {
    switch(store, coupon_id, State::Active).await
}

pub(crate) async fn find(store: &TenantStore, coupon_id: &str) -> Result<Coupon, Problem> {
    let id = id(CouponId::parse, coupon_id, "coupon")?;
    store.coupon(&id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("coupon"))
}

/// Switches a coupon on or off. One that is so already is answered as it is.
async fn switch(store: &TenantStore, coupon_id: &str, to: State) -> Answered {
    let now = SystemEnvironment.now();
    let coupon = find(store, coupon_id).await?;
    match coupon.switch(to, now) {
        Switch::None => Ok(Answer::json(200, view::coupon(&coupon, now))),
        Switch::Refused(Status::Deleted) => Err(Problem::not_found("coupon")),
        Switch::Refused(_) => Err(Rejection::CouponExpired.into()),
        Switch::Needed if store.set_state(&coupon, to, now).await.map_err(failure)? => read(store, coupon_id).await,
        Switch::Needed => Err(Problem::conflict("conflict", "The coupon was changed at the same time. Try again.")),
    }
}
