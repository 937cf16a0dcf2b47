//! Logging: one JSON object per line on standard output, where Lambda collects it.

use std::panic::{self, PanicHookInfo};

use tracing::level_filters::LevelFilter;

/// Installs the `tracing` subscriber and the panic hook. `LOG_LEVEL` sets the level. The default, and the most verbose level allowed, is
/// `info`.
pub fn init() {
    let level = level(crate::config::optional("LOG_LEVEL").as_deref());
    tracing_subscriber::fmt().json().flatten_event(true).with_max_level(level).with_target(false).init();
    panic::set_hook(Box::new(log_panic));
}

/// Logs where the code panicked. Leaves out the message, because it can quote a value that is personal data.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(location, "The code panicked");
}

/// Parses the log level and caps it at `info`: at `debug` and `trace` the AWS SDK and the Lambda runtime log whole
/// requests, including names and addresses.
fn level(wanted: Option<&str>) -> LevelFilter {
    wanted.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO).min(LevelFilter::INFO)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Collects the output of a subscriber.
    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn log_line_of_a_panic_names_the_location_and_not_the_message() {
        let output = Output::default();
        let writer = output.clone();
        let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
        let before = panic::take_hook();
        panic::set_hook(Box::new(log_panic));
        let panicked = tracing::subscriber::with_default(subscriber, || {
            panic::catch_unwind(|| "Ana".parse::<i64>().map_err(|_| "Ana").unwrap())
        });
        panic::set_hook(before);
        assert!(panicked.is_err());
        let logged = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        assert!(logged.contains("telemetry.rs") && !logged.contains("Ana"), "{logged}");
    }

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
