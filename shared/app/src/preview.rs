//! Previews of templates, with what is known of the customer of an event.

use couponflow_domain::event::Event;
use couponflow_domain::input::Errors;
use couponflow_domain::template::{Preview, Rendered};

use crate::error::StoreError;
use crate::execute::EventWithContact;
use crate::ports::Automation;

/// Renders templates as a workflow would for the event of the request, with the names that its contact has. Without an
/// event they are rendered for `sample`, whose customer is no contact.
///
/// # Errors
/// Where the store fails. The inner result names each template that can't be rendered.
pub async fn preview(
    store: &impl Automation,
    preview: &Preview,
    sample: &Event,
) -> Result<Result<Rendered, Errors>, StoreError> {
    let Some(event) = preview.event() else { return Ok(preview.render(sample, None)) };
    let known = EventWithContact::look_up(store, &event).await?;
    Ok(preview.render(known.subject().event, known.contact.as_ref()))
}
