//! `DELETE /v1/applications/{id}`

use couponflow_app::purchases::apply;
use couponflow_domain::kernel::ids::ApplicationId;
use couponflow_domain::purchases::{ApplicationOwner, ApplicationToken};
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, NoContent, Problem, Reply};

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<NoContent> {
    OperationDoc::no_content(tags::PURCHASES, "Remove a code from an order")
        .description(
            "Removes the application. If the application has a hold, releases the hold. With a storefront key, the \
             header `Application-Token` must have the token of the application. Otherwise the response is the same as \
             for an application that does not exist.",
        )
        .path_id("ApplicationId")
        .takes_application_token()
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<NoContent> {
    let id = call.id(ApplicationId::parse, "application")?;
    // A malformed token is the token of no application.
    let token = call.request.header("application-token").and_then(|token| ApplicationToken::parse(token).ok());
    let caller = ApplicationOwner { maker: call.caller.key.scope.maker(), token: token.map(|token| token.digest()) };
    match apply::remove(call.store, &id, &caller).await.map_err(failure)? {
        true => Ok(Reply::no_content()),
        false => Err(Problem::not_found("application")),
    }
}
