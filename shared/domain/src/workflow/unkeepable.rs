//! Waits that can never be kept, which is known when the workflow is saved.
//!
//! Reading a document does not refuse them, since documents of before are read, too; saving does.

use super::action::{Action, Wait};
use super::{Definition, Step};
use crate::coupon::parse_instant;
use crate::input::{Errors, FieldError};
use crate::template::samples;

impl Definition {
    /// The waits until something that is never an instant, whatever the event.
    ///
    /// # Errors
    /// Each of them, with its pointer.
    pub fn refuse_unkeepable_waits(&self) -> Result<(), Errors> {
        let faults: Errors = self.steps.iter().filter_map(fault).collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

fn fault(step: &Step) -> Option<FieldError> {
    let Action::Wait(Wait::Until { instant, zone, .. }) = &step.action else { return None };
    let never = |text: &str| !text.is_empty() && parse_instant(text, zone.as_ref()).is_err();
    let text = samples(instant).into_iter().find(|text| never(text.trim()))?;
    let detail = format!(
        "must be an instant, or a merge field that is one, such as {{{{coupon.expires_at}}}}; this renders to {:?}",
        text.trim()
    );
    Some(FieldError { pointer: format!("{}/until", step.pointer), detail })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(until: &str) -> Option<String> {
        let gift = json!({"id": "gift", "type": "generate_coupon", "expires_in": "P3D",
            "coupon": {"name": "Gift", "discount": {"type": "percentage", "percent_off": 5}}});
        let wait = json!({"id": "wait", "type": "wait", "until": until, "time_zone": "Europe/Berlin"});
        let document = json!({"name": "w", "trigger": {"type": "coupon_redeemed"}, "steps": [gift, wait]});
        let definition = Definition::read(&document).expect("it can be read, as one that was saved before");
        definition.refuse_unkeepable_waits().err().map(|faults| faults[0].pointer.clone())
    }

    #[test]
    fn a_wait_until_what_is_never_an_instant_is_refused_where_it_stands() {
        for never in [
            "{{coupon.code}}",
            "{{order.total}}",
            "{{coupon.remaining}}",
            "on {{coupon.expires_at}}",
            "{{coupon.expires_at|default('soon')}}",
        ] {
            assert_eq!(refused(never).as_deref(), Some("/steps/1/until"), "{never}");
        }
        for instant in [
            "{{coupon.expires_at}}",
            " {{steps.gift.expires_at}} ",
            "2030-12-24T09:00:00",
            "{{event.occurred_at}}",
            "{{coupon.expires_at|default('2030-01-01T00:00:00Z')}}",
            "{% if coupon.limit %}{{coupon.expires_at}}{% endif %}",
        ] {
            assert_eq!(refused(instant), None, "{instant}");
        }
    }
}
