//! Finds the page for a method and a path.

use crate::api::Api;
use crate::context::Context;
use crate::failure::{self, Failure, PageResult};
use crate::pages::{audit, contacts, coupons, events, executions, home, keys, redemptions, workflows};
use crate::request::{PageRequest, SignedIn};
use crate::response::PageResponse;

/// Answers a request of a person who signed in. A form without the person's token changes nothing.
pub async fn answer(api: &impl Api, request: &PageRequest, person: &SignedIn) -> PageResponse {
    let context = Context { api, request, person };
    route(&context).await.unwrap_or_else(|failure| failure::page(request, person, failure))
}

async fn route<A: Api>(context: &Context<'_, A>) -> PageResult {
    let path: Vec<&str> = context.request.path.iter().map(String::as_str).collect();
    match context.request.method.as_str() {
        "GET" => show(context, &path).await,
        "POST" if context.request.field("form_token") == context.person.form_token => change(context, &path).await,
        "POST" => Err(Failure {
            status: 403,
            detail: "The form is from another session. Go back, reload the page and send the form again.".to_owned(),
            faults: Vec::new(),
        }),
        _ => Err(Failure::not_found()),
    }
}

async fn show<A: Api>(context: &Context<'_, A>, path: &[&str]) -> PageResult {
    match path {
        ["home"] => home::show(context).await,
        ["coupons"] => coupons::list::show(context).await,
        ["coupons", "new"] => coupons::create::show(context),
        ["coupons", "test"] => coupons::test::show(context).await,
        ["coupons", id] => coupons::detail::show(context, id).await,
        ["coupons", id, "edit"] => coupons::edit::show(context, id).await,
        ["coupons", id, "delete"] => coupons::delete::show(context, id).await,
        ["coupons", id, "codes"] => coupons::codes::show(context, id).await,
        ["coupons", _, "jobs", job] => coupons::job::show(context, job).await,
        ["redemptions"] => redemptions::list::show(context).await,
        ["redemptions", id] => redemptions::detail::show(context, id).await,
        ["redemptions", id, "rollback"] => redemptions::detail::confirm_rollback(context, id).await,
        ["workflows"] => workflows::list::show(context).await,
        ["workflows", "new"] => workflows::editor::show_new(context).await,
        ["workflows", id] => workflows::detail::show(context, id).await,
        ["workflows", id, "edit"] => workflows::editor::show_edit(context, id).await,
        ["workflows", id, "delete"] => workflows::detail::confirm_deletion(context, id).await,
        ["workflows", id, "try"] => workflows::dry_run::show(context, id).await,
        ["executions"] => executions::list::show(context).await,
        ["executions", id] => executions::detail::show(context, id).await,
        ["events"] => events::list::show(context).await,
        ["contacts"] => contacts::list::show(context).await,
        ["contacts", id] => contacts::detail::show(context, id).await,
        ["contacts", id, "erase"] => contacts::detail::confirm_erasure(context, id).await,
        ["keys"] => keys::show(context).await,
        ["keys", id, "revoke"] => keys::confirm_revocation(context, id),
        ["audit"] => audit::show(context).await,
        _ => Err(Failure::not_found()),
    }
}

async fn change<A: Api>(context: &Context<'_, A>, path: &[&str]) -> PageResult {
    match path {
        ["coupons", "new"] => coupons::create::submit(context).await,
        ["coupons", id, "edit"] => coupons::edit::submit(context, id).await,
        ["coupons", id, "delete"] => coupons::delete::submit(context, id).await,
        ["coupons", id, "pause"] => coupons::detail::pause(context, id).await,
        ["coupons", id, "activate"] => coupons::detail::activate(context, id).await,
        ["coupons", id, "codes"] => coupons::codes::submit(context, id).await,
        ["redemptions", id, "rollback"] => redemptions::detail::roll_back(context, id).await,
        ["workflows", "new"] => workflows::editor::submit(context, "").await,
        ["workflows", id, "edit"] => workflows::editor::submit(context, id).await,
        ["workflows", id, "delete"] => workflows::detail::delete(context, id).await,
        ["workflows", id, "publish"] => workflows::detail::publish(context, id).await,
        ["workflows", id, "pause"] => workflows::detail::pause(context, id).await,
        ["workflows", id, "restore"] => workflows::detail::restore(context, id).await,
        ["executions", id, "retry"] => executions::detail::retry(context, id).await,
        ["executions", id, "cancel"] => executions::detail::cancel(context, id).await,
        ["contacts", id, "erase"] => contacts::detail::erase(context, id).await,
        ["keys"] => keys::create(context).await,
        ["keys", id, "revoke"] => keys::revoke(context, id).await,
        _ => Err(Failure::not_found()),
    }
}
