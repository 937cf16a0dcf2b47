#![allow(missing_docs, reason = "stand-in")]
use super::*;
use couponflow_domain::audience::Audience;
use couponflow_domain::contact::{Contact, SetChange};
use couponflow_domain::customer::Email;
use couponflow_domain::event::Event;
use couponflow_domain::ids::ContactId;
use couponflow_domain::timer::Timer;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Done,
    Nothing,
    ListeningChanged,
    TooMany,
}
pub trait Audiences {
    async fn change_set(&self, contact: &Contact, change: &SetChange, heard: Option<&Timer>) -> Stored<Changed>;
    async fn note_event(&self, event: &Event, contact: &ContactId) -> Stored<()>;
    async fn audience(&self, audience: &Audience, cursor: Option<&str>, limit: usize) -> Stored<Page<ContactId>>;
}
pub trait Suppressions {
    async fn suppression(&self, email: &Email) -> Stored<Option<()>>;
}
pub trait Settings {
    async fn sender(&self) -> Stored<Option<()>>;
}
pub trait MailSlots {
    async fn reserve(&self, now: DateTime<Utc>) -> Stored<DateTime<Utc>>;
}
pub trait SigningSecrets {
    async fn signing_secrets(&self, now: DateTime<Utc>) -> Stored<Vec<()>>;
}
pub trait Webhooks {}
pub trait Topics {}
