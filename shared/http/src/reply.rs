//! Typed answers of endpoints.

use std::marker::PhantomData;

use couponflow_app::kernel::page;
use couponflow_domain::contacts::contact::contact_key;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::purchases::customer::Customer;
use serde::Serialize;
use serde_json::json;

use crate::answer::Answer;
use crate::body::{Html, NoContent, Page};
use crate::doc::OperationDoc;
use crate::problem::Problem;

/// Result of an endpoint whose successful answer has the body `T`.
pub type EndpointResult<T> = Result<Reply<T>, Problem>;

/// Successful answer with a body of the type `T`. The schema in the OpenAPI document is generated
/// from the same type, so the answer and its schema cannot differ.
#[derive(Debug)]
pub struct Reply<T> {
    answer: Answer,
    of: PhantomData<T>,
}

impl<T> Reply<T> {
    fn of(answer: Answer) -> Self {
        Self { answer, of: PhantomData }
    }

    /// Creates an answer whose body is the text of a CSV file instead of `T`. See [`Answer::csv`].
    pub fn csv(text: String, next: Option<String>) -> Self {
        Self::of(Answer::csv(text, next))
    }

    /// Creates an answer that was prepared in another form than a value of `T`.
    pub fn prepared(answer: Answer) -> Self {
        Self::of(answer)
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(self, name: &'static str, value: String) -> Self {
        Self::of(self.answer.with_header(name, value))
    }

    /// Marks a member of the JSON body as a secret. See [`Answer::secret`].
    #[must_use]
    pub fn with_secret(self, member: &'static str) -> Self {
        Self::of(Answer { secret: Some(member), ..self.answer })
    }

    /// States whose data the body contains, so that a recorded answer can be removed when the contact is erased.
    #[must_use]
    pub fn about(self, customer: Option<&Customer>) -> Self {
        Self::of(Answer { contact_key: customer.map(contact_key), ..self.answer })
    }

    /// Returns the answer. The argument has no effect at run time: the compiler uses it to check
    /// that the documentation of the endpoint states the type `T` of the answer.
    pub fn documented_by(self, _doc: fn() -> OperationDoc<T>) -> Answer {
        self.answer
    }
}

impl<T: Serialize> Reply<T> {
    /// Creates a JSON answer.
    pub fn json(status: u16, body: &T) -> Self {
        Self::of(Answer::json(status, json!(body)))
    }
}

impl<T: Serialize> Reply<Page<T>> {
    /// Creates an answer with a page of a list.
    pub fn page(data: impl IntoIterator<Item = T>, next_cursor: Option<Cursor>) -> Self {
        Self::json(200, &Page::new(data, next_cursor))
    }

    /// Creates an answer with a page that the store has read.
    pub fn stored_page<U>(page: page::Page<U>, show: impl Fn(U) -> T) -> Self {
        let page::Page { data, next_cursor, skipped } = page;
        Self::json(200, &Page::new(data.into_iter().map(show), next_cursor).skipping(skipped))
    }
}

impl Reply<NoContent> {
    /// Creates a 204 answer without a body.
    pub fn no_content() -> Self {
        Self::of(Answer::no_content())
    }
}

impl Reply<Html> {
    /// Creates an answer with an HTML page. See [`Answer::html`].
    pub fn html(text: String) -> Self {
        Self::of(Answer::html(text))
    }
}
