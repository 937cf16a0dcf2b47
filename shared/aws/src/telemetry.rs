//! Logs: one JSON object a line on standard output, where Lambda collects it.

use tracing::level_filters::LevelFilter;

/// Sends `tracing` to standard output at the level that `LOG_LEVEL` names, `info` if it names none or a finer one.
pub fn init() {
    let level = level(crate::config::optional("LOG_LEVEL").as_deref());
    tracing_subscriber::fmt().json().flatten_event(true).with_max_level(level).with_target(false).init();
}

/// Never finer than `info`: at `debug` and `trace` the AWS SDK and the Lambda runtime print requests whole, with the
/// names and addresses in them.
fn level(wanted: Option<&str>) -> LevelFilter {
    wanted.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO).min(LevelFilter::INFO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_level_prints_requests() {
        for (wanted, got) in [
            (None, LevelFilter::INFO),
            (Some("loud"), LevelFilter::INFO),
            (Some("error"), LevelFilter::ERROR),
            (Some("warn"), LevelFilter::WARN),
            (Some("debug"), LevelFilter::INFO),
            (Some("trace"), LevelFilter::INFO),
        ] {
            assert_eq!(level(wanted), got, "{wanted:?}");
        }
    }
}
