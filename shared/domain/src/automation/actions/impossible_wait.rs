//! Checks, when a workflow is saved, whether `until` of a `wait` step can render to an instant.

use crate::automation::template::{Scope, sample_renderings};
use crate::kernel::instants::{ZoneName, parse_instant};

/// Returns an error message if the template for `until` renders to a text that is not an instant.
/// Renders the template twice: with a sample value for every field, and without any values. Accepts
/// an empty text, because the template can be empty without values.
pub(super) fn fault(until: &str, zone: Option<&ZoneName>, scope: &Scope) -> Option<String> {
    let never = |text: &str| !text.is_empty() && parse_instant(text, zone).is_err();
    let text = sample_renderings(until, scope).into_iter().find(|text| never(text.trim()))?;
    Some(format!(
        "must be an instant, or a merge field that holds one, such as {{{{coupon.expires_at}}}}; renders to {:?}",
        text.trim()
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::automation::workflow::Definition;
    use crate::delivery::webhook::UrlPolicy;

    fn refused(until: &str) -> Option<String> {
        let gift = json!({"id": "gift", "type": "generate_coupon", "expires_in": "P3D",
            "coupon": {"name": "Gift", "discount": {"type": "percentage", "percent_off": 5}}});
        let wait = json!({"id": "wait", "type": "wait", "until": until, "time_zone": "Europe/Berlin"});
        let document = json!({"name": "w", "trigger": {"type": "coupon_redeemed"}, "steps": [gift, wait]});
        Definition::read_saved(&document).expect("a stored document is still readable");
        Definition::review(&document, UrlPolicy::Public).err().map(|faults| faults[0].pointer.clone())
    }

    #[test]
    fn wait_until_a_text_that_is_never_an_instant_is_rejected() {
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
