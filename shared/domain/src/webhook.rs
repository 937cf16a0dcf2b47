//! Webhooks.
/// Why.
#[derive(Debug, thiserror::Error)]
#[error("bad")]
pub struct BadUrl;
/// Checks.
/// # Errors
/// never
pub fn check_url(_: &str) -> Result<(), BadUrl> {
    Ok(())
}

/// Next.
pub fn next_attempt(
    tries: usize,
    first: chrono::DateTime<chrono::Utc>,
    jitter: crate::digest::Bits80,
    now: chrono::DateTime<chrono::Utc>,
) -> Option<chrono::DateTime<chrono::Utc>> {
    let _ = (first, jitter);
    (tries < 8).then_some(now)
}
