//! Logging: one JSON object per line on standard output, where Lambda collects it.

use tracing::level_filters::LevelFilter;

/// Installs the `tracing` subscriber. `LOG_LEVEL` sets the level. The default, and the most verbose level allowed, is
/// `info`.
pub fn init() {
    let level = level(crate::config::optional("LOG_LEVEL").as_deref());
    tracing_subscriber::fmt().json().flatten_event(true).with_max_level(level).with_target(false).init();
}

/// Parses the log level and caps it at `info`: at `debug` and `trace` the AWS SDK and the Lambda runtime log whole
/// requests, including names and addresses.
fn level(wanted: Option<&str>) -> LevelFilter {
    wanted.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO).min(LevelFilter::INFO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_level_is_never_more_verbose_than_info() {
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
