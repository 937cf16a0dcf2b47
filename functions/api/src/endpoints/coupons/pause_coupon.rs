//! `POST /v1/coupons/{id}/pause`

use couponflow_domain::coupons::coupon::State;
use couponflow_http::doc::OperationDoc;
use couponflow_http::{EndpointResult, view};

use super::shared::{switch, switch_doc};
use crate::call::Call;

pub(crate) fn doc() -> OperationDoc<view::Coupon> {
    switch_doc("Pause a coupon")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Coupon> {
    switch(call, State::Paused).await
}
