//! The step `webhook`.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::awaited::Awaited;
use super::effect::{ShowInput, members, shorten};
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction, output};
use super::step_contents::StepContents;
use super::step_schema::{step, url};
use super::webhook_body;
use super::webhook_body::Body;
use crate::automation::execution::Outcome;
use crate::automation::template::{Kind, StepOutput};
use crate::events::event::CouponSnapshot;
use crate::kernel::input::Errors;
use crate::kernel::json_schema::optional;
use crate::kernel::personal::PersonalText;

/// Posts to a URL, with a signature.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    pub url: String,
    pub body: Body,
}

/// Rendered POST request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    pub url: String,
    pub content_type: &'static str,
    pub body: PersonalText,
}

impl ShowInput for Post {
    fn input(&self) -> Map<String, Value> {
        members([
            ("url", json!(self.url)),
            ("content_type", json!(self.content_type)),
            ("body", json!(shorten(&self.body))),
        ])
    }
}

impl DocumentStep for Webhook {
    const CONTENTS: StepContents = StepContents::NONE;

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.members(&["url", "body"], errors)?;
        let url = step.url(errors);
        let body = step.get("body").optional(errors, |field, errors| webhook_body::read(step, field, errors));
        Some(Self { url: url?, body: body?.unwrap_or(Body::Event) })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let description = "Sends a signed POST request. The request contains `body`, or by default the event as \
                           published on the bus. The request is sent again while the receiver is unreachable or \
                           returns 408, 425, 429 or 5xx. A webhook has up to nine attempts over three days. Retries \
                           respect the receiver's `Retry-After`, up to 24 hours.";
        let members = [("url", url()), ("body", optional(webhook_body::schema()))];
        vec![step("WebhookStep", kind, description, &["url"], &members)]
    }
}

impl StepAction for Webhook {
    const PROPERTIES: KindProperties = KindProperties {
        is_repeatable: true,
        listens: false,
        retries: RetrySchedule::Webhook,
        outputs: &[output("status", Kind::Number, false, "HTTP status of the response")],
    };

    type Effect = Post;

    fn gates_later_steps(&self) -> bool {
        false
    }

    fn awaited(&self) -> Option<Awaited<'_>> {
        None
    }

    fn outputs(&self) -> Vec<StepOutput> {
        Self::PROPERTIES.outputs.to_vec()
    }

    fn sample_values(&self, _: &CouponSnapshot, now: DateTime<Utc>) -> SampleValues {
        SampleValues::at(now)
    }

    fn reference(&self) -> Option<Reference<'_>> {
        None
    }

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<Post, Outcome> {
        let body = self.body.render(preparation)?;
        Ok(Post { url: self.url.clone(), content_type: self.body.content_type(), body })
    }
}
