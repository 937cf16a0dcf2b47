//! Outputs of steps: values that later steps can use.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::action::Action;
use super::step::Step;
use crate::automation::template::{Kind, StepOutput};
use crate::events::event::CouponSnapshot;

const fn output(name: &'static str, kind: Kind, may_be_missing: bool, description: &'static str) -> StepOutput {
    StepOutput { name, kind, may_be_missing, description }
}

const MADE: &[StepOutput] = &[
    output("coupon_id", Kind::Code, false, "Id of the new coupon"),
    output("code", Kind::Code, false, "Code of the new coupon"),
    output("expires_at", Kind::Instant, true, "When the new coupon expires; missing without `expires_in`"),
];
const SWITCHED: &[StepOutput] = &[
    output("coupon_id", Kind::Code, true, "Id of the coupon; missing if the step was skipped"),
    output("code", Kind::Code, true, "Code of the coupon; missing if the step was skipped"),
];
const EXTENDED: &[StepOutput] = &[
    output("coupon_id", Kind::Code, true, "Id of the coupon; missing if the step was skipped"),
    output("code", Kind::Code, true, "Code of the coupon; missing if the step was skipped"),
    output("expires_at", Kind::Instant, true, "New expiry of the coupon; missing if the step was skipped"),
];
const RAISED: &[StepOutput] = &[
    output("coupon_id", Kind::Code, true, "Id of the coupon; missing if the step was skipped"),
    output("code", Kind::Code, true, "Code of the coupon; missing if the step was skipped"),
    output("limit", Kind::Number, true, "New limit of the coupon; missing if the step was skipped"),
];
const STARTED: &[StepOutput] =
    &[output("execution_id", Kind::Code, true, "Id of the execution; missing if none was started")];
const ANSWERED: &[StepOutput] = &[output("status", Kind::Number, false, "HTTP status of the response")];

/// Returns the outputs of a step of this type. Later steps use an output as
/// `{{steps.<id>.<name>}}`.
pub fn outputs_of(step_type: &str) -> &'static [StepOutput] {
    match step_type {
        "generate_coupon" => MADE,
        "pause_coupon" | "replace_with_backup_coupon" => SWITCHED,
        "extend_coupon" => EXTENDED,
        "raise_limit" => RAISED,
        "start_workflow" => STARTED,
        "webhook" => ANSWERED,
        _ => &[],
    }
}

impl Action {
    /// Returns the outputs of the step. Later steps use an output as `{{steps.<id>.<output>}}`.
    pub fn outputs(&self) -> Vec<StepOutput> {
        let always_expires = matches!(self, Self::GenerateCoupon(new) if new.expires_in.is_some());
        let known = |output: &StepOutput| StepOutput {
            may_be_missing: output.may_be_missing && !(always_expires && output.name == "expires_at"),
            ..*output
        };
        outputs_of(self.name()).iter().map(known).collect()
    }
}

impl Step {
    /// Returns sample outputs of the step at `now`, for an event about this coupon, without
    /// performing the step. Each value has the kind of its output. A text consists of the step's id
    /// and the output's name. A generated coupon without `expires_in` has no expiry.
    pub fn placeholders(&self, coupon: &CouponSnapshot, now: DateTime<Utc>) -> Map<String, Value> {
        let expires_at = match &self.action {
            Action::GenerateCoupon(new) => new.expires_in.map(|life| now + life.delta()),
            Action::ExtendCoupon { coupon_id, by } => {
                let own = coupon.expires_at.filter(|_| coupon_id.as_ref().is_none_or(|id| *id == coupon.id));
                Some(own.unwrap_or(now).max(now) + by.delta())
            }
            _ => Some(now),
        };
        let number = match &self.action {
            Action::RaiseLimit { coupon_id, by } => {
                let own = coupon.limit.filter(|_| coupon_id.as_ref().is_none_or(|id| *id == coupon.id));
                own.unwrap_or(0).saturating_add(*by)
            }
            _ => 200,
        };
        let value = |output: &StepOutput| match output.kind {
            Kind::Instant => json!(expires_at),
            Kind::Number => json!(number),
            Kind::Text | Kind::Code | Kind::Money => json!(format!("({}.{})", self.id, output.name)),
        };
        self.action.outputs().iter().map(|output| (output.name.to_owned(), value(output))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automation::workflow::{Definition, STEP_TYPES};

    #[test]
    fn placeholder_has_the_kind_of_its_output() {
        let sample = include_str!("../../../../../events/samples/workflow-of-all-steps.json");
        let definition = Definition::read(&serde_json::from_str(sample).unwrap()).unwrap();
        let event: Value =
            serde_json::from_str(include_str!("../../../../../events/samples/CouponApplied.json")).unwrap();
        let coupon: CouponSnapshot = serde_json::from_value(event["detail"]["data"]["coupon"].clone()).unwrap();
        let now: DateTime<Utc> = "2026-11-27T09:00:00Z".parse().unwrap();
        let mut outputs = 0;
        for step in &definition.steps {
            let placeholders = step.placeholders(&coupon, now);
            for output in step.action.outputs() {
                let value = &placeholders[output.name];
                let is_instant = value.as_str().is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok());
                let fits = match output.kind {
                    Kind::Instant => is_instant,
                    Kind::Number => value.is_i64(),
                    Kind::Text | Kind::Code | Kind::Money => value.is_string() && !is_instant,
                };
                assert!(fits, "{}.{}: {value}", step.id, output.name);
                outputs += 1;
            }
        }
        assert!(outputs > 10, "{outputs}");
        let bonus = definition.steps.iter().find(|step| step.id == "bonus").unwrap();
        assert_eq!(bonus.placeholders(&coupon, now)["expires_at"], "2026-11-28T09:00:00Z");
    }

    #[test]
    fn unknown_step_type_has_no_outputs() {
        assert!(STEP_TYPES.iter().any(|kind| !outputs_of(kind).is_empty()));
        assert!(outputs_of("dance").is_empty());
    }
}
