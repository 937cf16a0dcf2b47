//! Applications.

use crate::operation_doc::OperationDoc;
use crate::{samples, tags};

pub(crate) fn remove() -> OperationDoc {
    OperationDoc::without_body(tags::PURCHASES, "Remove a code from an order", 204)
        .description("Removes the application and releases its hold.")
        .path_id("ApplicationId")
}

pub(crate) fn read() -> OperationDoc {
    OperationDoc::new(tags::PURCHASES, "Read an application", 200, "Application", samples::application())
        .path_id("ApplicationId")
}
