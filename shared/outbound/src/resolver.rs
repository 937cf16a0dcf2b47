//! DNS resolver that returns only the addresses that the URL policy permits.

use std::net::SocketAddr;

use couponflow_domain::delivery::webhook::{UrlPolicy, is_public};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Error for a host name that resolves to no permitted address.
#[derive(Debug, thiserror::Error)]
#[error("the name resolves to no public address")]
pub(crate) struct NotPublic;

/// Resolves host names with the operating system's resolver, and drops addresses that the policy
/// forbids. The connection uses only the remaining addresses, without a second lookup.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolver(pub(crate) UrlPolicy);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(allowed_addresses(reach, found)?.into_iter()) as Addrs)
        })
    }
}

fn allowed_addresses(reach: UrlPolicy, found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, NotPublic> {
    let allowed_addresses: Vec<_> =
        found.filter(|address| reach == UrlPolicy::Anywhere || is_public(address.ip())).collect();
    if allowed_addresses.is_empty() { Err(NotPublic) } else { Ok(allowed_addresses) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(found: &[&str]) -> Result<Vec<String>, NotPublic> {
        let found = found.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0));
        allowed_addresses(UrlPolicy::Public, found)
            .map(|allowed_addresses| allowed_addresses.iter().map(|address| address.ip().to_string()).collect())
    }

    #[test]
    fn a_name_without_a_public_address_is_rejected() {
        for inside in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:169.254.169.254", "fd00:ec2::254"] {
            assert!(public(&[inside]).is_err(), "{inside}");
        }
        assert!(public(&[]).is_err());
    }

    #[test]
    fn only_public_addresses_of_a_name_are_kept() {
        assert_eq!(public(&["10.0.0.1", "8.8.8.8", "::1"]).unwrap(), ["8.8.8.8"]);
    }

    #[tokio::test]
    async fn localhost_is_rejected_unless_private_addresses_are_allowed() {
        let resolved = Resolver(UrlPolicy::Public).resolve("localhost".parse().unwrap()).await;
        assert!(resolved.err().is_some_and(|error| error.is::<NotPublic>()));
        assert!(Resolver(UrlPolicy::Anywhere).resolve("localhost".parse().unwrap()).await.is_ok());
    }
}
