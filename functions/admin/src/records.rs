//! Contacts, applications, redemptions and the event log.

use std::time::Duration;

use chrono::{DateTime, Utc};
use couponflow_app::ports::{
    Applications as _, Contacts as _, Environment as _, EventLog as _, EventQuery, Redemptions as _,
};
use couponflow_app::{apply, roll_back};
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::environment::SystemEnvironment;
use couponflow_domain::customer::Email;
use couponflow_domain::event::EventType;
use couponflow_domain::ids::{ApplicationId, ContactId, CouponId, EventId, RedemptionId};
use couponflow_domain::input;
use couponflow_domain::purchase::{Redemption, RollbackReason};
use couponflow_http::{Answer, Problem, Request, view};

use crate::handler::{Answered, failure, id};

pub(crate) async fn list_contacts(store: &TenantStore, request: &Request) -> Answered {
    let page = request.page(ContactId::PREFIX, &["email"])?;
    if let Some(email) = request.query_as("email", Email::parse)? {
        let found = store.contact_by_email(&email).await.map_err(failure)?;
        return Ok(Answer::page(found.iter().map(view::contact).collect(), None));
    }
    let page = store.contacts(&page).await.map_err(failure)?;
    Ok(Answer::page(page.data.iter().map(view::contact).collect(), page.next_cursor))
}

pub(crate) async fn read_contact(store: &TenantStore, contact_id: &str) -> Answered {
    let id = id(ContactId::parse, contact_id, "contact")?;
    let contact = store.contact(&id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("contact"))?;
    Ok(Answer::json(200, view::contact(&contact)))
}

pub(crate) async fn read_application(store: &TenantStore, application_id: &str) -> Answered {
    let id = id(ApplicationId::parse, application_id, "application")?;
    let application = store.application(&id).await.map_err(failure)?;
    let application = application.ok_or_else(|| Problem::not_found("application"))?;
    Ok(Answer::json(200, view::application(&application)))
}

pub(crate) async fn remove_application(store: &TenantStore, application_id: &str) -> Answered {
    let id = id(ApplicationId::parse, application_id, "application")?;
    match apply::remove(store, &id).await.map_err(failure)? {
        true => Ok(Answer::no_content()),
        false => Err(Problem::not_found("application")),
    }
}

/// How long a read waits for the relay to number a redemption that has just been committed.
const NUMBERED_WITHIN: Duration = Duration::from_secs(3);

pub(crate) async fn read_redemption(store: &TenantStore, redemption_id: &str) -> Answered {
    let id = id(RedemptionId::parse, redemption_id, "redemption")?;
    let redemption = tokio::time::timeout(NUMBERED_WITHIN, numbered(store, &id)).await;
    let redemption = match redemption {
        Ok(numbered) => numbered?,
        Err(_) => store.redemption(&id).await.map_err(failure)?,
    };
    let redemption = redemption.ok_or_else(|| Problem::not_found("redemption"))?;
    Ok(Answer::json(200, view::redemption_record(&redemption)))
}

async fn numbered(store: &TenantStore, id: &RedemptionId) -> Result<Option<Redemption>, Problem> {
    loop {
        match store.redemption(id).await.map_err(failure)? {
            Some(redemption) if redemption.redemption_number.is_none() => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            found => return Ok(found),
        }
    }
}

pub(crate) async fn roll_back(store: &TenantStore, request: &Request, redemption_id: &str) -> Answered {
    let id = id(RedemptionId::parse, redemption_id, "redemption")?;
    let reason = match request.is_empty() {
        true => RollbackReason::OrderCancelled,
        false => request.body(|body| input::read(body, RollbackReason::read))?,
    };
    let rolled_back = roll_back::roll_back(store, &id, reason, SystemEnvironment.now(), &request.id).await;
    let redemption = rolled_back.map_err(failure)?.ok_or_else(|| Problem::not_found("redemption"))?;
    Ok(Answer::json(200, view::redemption_record(&redemption)))
}

pub(crate) async fn list_events(store: &TenantStore, request: &Request) -> Answered {
    let instant = |text: &str| {
        DateTime::parse_from_rfc3339(text)
            .map(|instant| instant.with_timezone(&Utc))
            .map_err(|_| "must be an RFC 3339 instant with an offset")
    };
    let kind = |name: &str| {
        let found = EventType::ALL.iter().copied().find(|kind| kind.detail_type() == name);
        found.ok_or("must be a detail-type, such as CouponRedeemed")
    };
    let query = EventQuery {
        coupon_id: request.query_as("coupon_id", CouponId::parse)?,
        kind: request.query_as("type", kind)?,
        from: request.query_as("from", instant)?,
        to: request.query_as("to", instant)?,
    };
    let page = request.page(EventId::PREFIX, &["coupon_id", "type", "from", "to"])?;
    if page.cursor.as_deref().is_some_and(|cursor| EventId::parse(cursor).is_err()) {
        return Err(Problem::invalid_cursor());
    }
    let page = store.events(&query, &page, SystemEnvironment.now()).await.map_err(failure)?;
    Ok(Answer::page(page.data, page.next_cursor))
}
