//! Previews of templates.

use couponflow_domain::automation::template::{Preview, Rendered};
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::input::Errors;

use crate::automation::execute::EventWithContact;
use crate::automation::ports::AutomationStore;
use crate::kernel::error::StoreError;

/// Renders the templates of a request as a step of a workflow would. Uses the event in the request
/// and the contact of the event's customer. If the request has no event, uses `sample` and no
/// contact.
///
/// # Errors
/// Returns an error if the store fails. The inner result lists one fault for each template that
/// cannot be rendered.
pub async fn preview(
    store: &impl AutomationStore,
    preview: &Preview,
    sample: &Event,
) -> Result<Result<Rendered, Errors>, StoreError> {
    let Some(event) = preview.event() else { return Ok(preview.render(sample, None)) };
    let known = EventWithContact::look_up(store, &event).await?;
    Ok(preview.render(known.subject().event, known.contact.as_ref()))
}
