#![allow(missing_docs, reason = "stand-in")]
use super::*;

#[derive(Debug, Clone)]
pub struct Outbound {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}
#[derive(Debug, Clone)]
pub struct Answered {
    pub status: u16,
    pub body_start: String,
    pub milliseconds: u64,
}
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error("{0}")]
    Retry(String),
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Unknown(String),
}
pub trait SigningSecrets {
    async fn signing_secrets(&self, now: DateTime<Utc>) -> Stored<Vec<()>>;
}
pub trait Webhooks {
    async fn post(&self, request: &Outbound) -> Result<Answered, PostError>;
}
pub trait Topics {
    async fn publish(&self, topic_arn: &str, subject: Option<&str>, text: &str) -> Result<(), PostError>;
}
