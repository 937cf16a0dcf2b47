//! Previews of templates.

use couponflow_domain::automation::template::{Preview, Rendered};
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::input::Errors;

use crate::automation::context::AutomationStore;
use crate::automation::execute::EventWithContact;
use crate::kernel::error::StoreError;

/// Renders templates like a workflow would for the event in the request, with the data of its contact. Without an
/// event, renders for `sample`, whose customer has no contact.
///
/// # Errors
/// If the store fails. The inner result names each template that can't be rendered.
pub async fn preview(
    store: &impl AutomationStore,
    preview: &Preview,
    sample: &Event,
) -> Result<Result<Rendered, Errors>, StoreError> {
    let Some(event) = preview.event() else { return Ok(preview.render(sample, None)) };
    let known = EventWithContact::look_up(store, &event).await?;
    Ok(preview.render(known.subject().event, known.contact.as_ref()))
}
