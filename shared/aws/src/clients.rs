//! Configuration of the AWS SDK clients: credentials and region from the environment, one TLS stack, timeouts and
//! bounded retries.

use std::ops::Deref;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_config::environment::credentials::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};

use url::{Host, Url};

use crate::config::{MissingVariable, optional, required};
use crate::metrics::CountCalls;

/// Root certificates of all AWS endpoints: Amazon Root CA 1 to 4, and the Starfield Services root
/// that cross-signs them. Parsing these five certificates instead of the 140 of a system bundle
/// saves most of a cold start.
const AMAZON_ROOTS: &[u8] = include_bytes!("../certs/amazon-roots.pem");

/// Limit for establishing a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Limit for one attempt of a call.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// Limit for one call including its retries. It is shorter than the timeout of every function.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(8);

/// Client of a service that many invocations do not call. It is built on first use, because building a client takes
/// about 0.8 million instructions, a quarter of a cold start.
#[derive(Debug, Clone)]
pub struct LazyClient<C>(Arc<LazyLock<C, Box<dyn FnOnce() -> C + Send>>>);

impl<C> LazyClient<C> {
    /// Creates a client that `build` builds from the configuration on first use. Clones share the client.
    pub fn new(config: &SdkConfig, build: impl FnOnce(&SdkConfig) -> C + Send + 'static) -> Self {
        let config = config.clone();
        Self(Arc::new(LazyLock::new(Box::new(move || build(&config)))))
    }
}

impl<C> Deref for LazyClient<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

/// Builds the configuration that every AWS client of a function uses. The region, the credentials and, on the local
/// stack, the endpoint come from the environment.
///
/// # Errors
/// Returns an error if `AWS_REGION` is not set.
pub fn sdk_config() -> Result<SdkConfig, MissingVariable> {
    let credentials = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
    Ok(sdk_config_for(required("AWS_REGION")?, optional("AWS_ENDPOINT_URL"), credentials))
}

/// Whether this process uses the local stack: `AWS_ENDPOINT_URL` is a loopback address. A function on AWS cannot reach
/// AWS at such an address, so what is permitted only locally can't be permitted by a deployment.
pub fn is_local() -> bool {
    optional("AWS_ENDPOINT_URL").is_some_and(|endpoint| is_loopback(&endpoint))
}

fn is_loopback(endpoint: &str) -> bool {
    let host = Url::parse(endpoint).ok().and_then(|url| url.host().map(|host| host.to_owned()));
    match host {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

/// Builds the DynamoDB client of a function. The client counts its calls.
pub fn dynamodb(config: &SdkConfig) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::config::Builder::from(config).interceptor(CountCalls).build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

/// Builds the configuration for a region. `endpoint` replaces the AWS endpoint, for example by the
/// endpoint of the local stack.
pub fn sdk_config_for(region: String, endpoint: Option<String>, credentials: SharedCredentialsProvider) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(credentials)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard())
        .http_client(http_client(endpoint.as_deref()));
    config.set_endpoint_url(endpoint);
    config.build()
}

/// Returns the HTTP client for an endpoint: plain HTTP for an `http://` URL, otherwise TLS that trusts only Amazon's
/// roots.
fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    match endpoint {
        Some(endpoint) if endpoint.starts_with("http://") => aws_smithy_http_client::Builder::new().build_http(),
        _ => https(),
    }
}

fn https() -> SharedHttpClient {
    let trust = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    let context = TlsContext::builder().with_trust_store(trust).build();
    let builder = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    match context {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(_) => builder.build_https(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_loopback_endpoint_is_local() {
        for endpoint in ["http://127.0.0.1:4566", "http://127.8.0.1/", "http://[::1]:4566"] {
            assert!(is_loopback(endpoint), "{endpoint}");
        }
        for endpoint in [
            "",
            "127.0.0.1",
            "https://dynamodb.eu-west-1.amazonaws.com",
            "http://10.0.0.7:4566",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://localhost.example.com",
        ] {
            assert!(!is_loopback(endpoint), "{endpoint}");
        }
    }
}
