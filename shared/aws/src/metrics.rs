//! Prints metrics in CloudWatch's embedded metric format: one line of JSON on standard output per set of labels, from
//! which CloudWatch Logs creates the metrics.

use aws_sdk_dynamodb::config::interceptors::FinalizerInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use couponflow_app::kernel::metrics::store_called;
use metrics_cloudwatch_embedded::{Builder, Collector};

use crate::config;

/// Namespace of the metrics in CloudWatch.
pub const NAMESPACE: &str = "couponflow";

/// Dimension of every metric: the name of the function, which is unique among all stacks of an account.
pub const FUNCTION_NAME: &str = "FunctionName";

/// Metrics of a function instance.
#[derive(Clone, Copy)]
pub struct Metrics(Option<&'static Collector>);

impl Metrics {
    /// Starts to collect the metrics of this process. If another collector is installed, this one prints nothing.
    pub fn collect() -> Self {
        let builder = Builder::new().cloudwatch_namespace(NAMESPACE);
        let builder = match config::optional("AWS_LAMBDA_FUNCTION_NAME") {
            Some(function) => builder.with_dimension(FUNCTION_NAME, function),
            None => builder,
        };
        Self(builder.init().ok())
    }

    /// Returns a guard that prints the metrics of an invocation when it is dropped, even if the invocation panics.
    pub fn of_invocation(self) -> PrintOnDrop {
        PrintOnDrop(self.0)
    }
}

/// Prints the collected metrics when it is dropped.
pub struct PrintOnDrop(Option<&'static Collector>);

impl Drop for PrintOnDrop {
    fn drop(&mut self) {
        let Some(collector) = self.0 else { return };
        if let Err(error) = collector.flush(std::io::stdout().lock()) {
            tracing::warn!(%error, "Could not print the metrics of an invocation");
        }
    }
}

/// Counts the calls of a DynamoDB client.
#[derive(Debug)]
pub(crate) struct CountCalls;

impl Intercept for CountCalls {
    fn name(&self) -> &'static str {
        "CountCalls"
    }

    fn read_after_execution(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        store_called();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use couponflow_app::kernel::metrics;
    use serde_json::{Value, json};

    use super::*;

    /// Returns the lines that a function prints.
    fn printed(collector: &Collector) -> Vec<Value> {
        let mut lines = Vec::new();
        collector.flush(&mut lines).unwrap();
        String::from_utf8(lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    // One test, because a process has one collector.
    #[test]
    fn metrics_are_printed_once_per_set_of_labels_and_only_if_recorded() {
        let collector = Metrics::collect().0.unwrap();
        metrics::redeemed();
        metrics::redeemed();
        metrics::rejected("limit_reached");
        metrics::events_sent(0, 0);
        let lines = printed(collector);
        let [redeemed, rejected] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!(redeemed["Redeemed"], 2);
        assert_eq!((&rejected["Rejected"], &rejected["Reason"]), (&json!(1), &json!("limit_reached")));
        let directive = &rejected["_aws"]["CloudWatchMetrics"][0];
        assert_eq!((&directive["Namespace"], &directive["Dimensions"]), (&json!("couponflow"), &json!([["Reason"]])));
        assert_eq!(printed(collector), Vec::<Value>::new());
    }
}
