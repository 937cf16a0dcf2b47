//! Generation of coupons.

use couponflow_domain::automation::actions::GenerateCoupon;
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::coupons::code::single_code_generator;
use couponflow_domain::coupons::coupon::{Coupon, OnlyFor, Terms};
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::CouponId;
use serde_json::json;

use super::change_coupon::output_with_terms;
use super::prediction::PlannedEffect;
use super::step_run::StepRun;
use crate::automation::ports::AutomationStore;
use crate::coupons::ports::CreateOutcome;
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Maximum number of generated codes to try until one is free. About 1 in 10^16 codes is taken.
const MAX_CODE_ATTEMPTS: u32 = 4;

/// Generates a coupon. The coupon's id derives from the step. The coupon's code derives from
/// random bits in the saved claim. Therefore a retry finds the existing coupon or creates the
/// same coupon.
pub(super) async fn perform<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    generate: &GenerateCoupon,
) -> Result<Outcome, StoreError> {
    let Some(record) = run.execution.current() else {
        return Ok(Outcome::Retry("the step was not claimed".to_owned()));
    };
    let (since, seed) = (record.started_at, record.memory.seed);
    let id = CouponId::new(since, bits80(&[run.execution.id.as_str(), &run.step.id]));
    let generator = single_code_generator(&generate.prefix, seed);
    for tried in 0..MAX_CODE_ATTEMPTS {
        let only_for = run.contact.filter(|_| generate.only_for_contact).map(OnlyFor::from);
        let terms = Terms {
            code: generator.code(0, tried),
            max_redemptions: Some(1),
            expires_at: generate.expires_at(since),
            only_for,
            ..(*generate.terms).clone()
        };
        let coupon = Coupon::new(id.clone(), terms, since).caused_by(&run.execution.id);
        match run.store.create_coupon(&coupon).await? {
            CreateOutcome::New => return Ok(Outcome::Completed(output_with_terms(&coupon))),
            CreateOutcome::Taken => {
                if let Some(existing) = run.store.coupon(&id).await? {
                    return Ok(Outcome::Completed(output_with_terms(&existing)));
                }
            }
        }
    }
    Ok(Outcome::Failed("every generated code was taken; use another prefix".to_owned()))
}

/// Predicts the expiry, and placeholders for other values such as the code.
pub(super) fn predict(planned: &PlannedEffect<'_>, generate: &GenerateCoupon) -> Outcome {
    let since = planned.claim.current().map_or(planned.now, |record| record.started_at);
    let mut output = planned.placeholders();
    output.insert("expires_at".to_owned(), json!(generate.expires_at(since)));
    Outcome::Completed(output)
}
