//! Logs: one JSON object a line on standard output, where Lambda collects it.

use tracing::level_filters::LevelFilter;

/// Sends `tracing` to standard output at the level that `LOG_LEVEL` names, `info` if it names none.
pub fn init() {
    let level = crate::config::optional("LOG_LEVEL").and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    tracing_subscriber::fmt().json().flatten_event(true).with_max_level(level).with_target(false).init();
}
