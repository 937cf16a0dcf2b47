//! Names, resolved to public addresses only.

use std::net::SocketAddr;

use couponflow_domain::webhook::{UrlPolicy, is_public};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// A name that stands for no address that may be connected to.
#[derive(Debug, thiserror::Error)]
#[error("the name stands for no public address")]
pub(crate) struct NotPublic;

/// Asks the system, and leaves out what is not within reach. What it answers is what is connected to: nobody asks again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolver(pub(crate) UrlPolicy);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(within(reach, found)?.into_iter()) as Addrs)
        })
    }
}

fn within(reach: UrlPolicy, found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, NotPublic> {
    let within: Vec<_> = found.filter(|address| reach == UrlPolicy::Anywhere || is_public(address.ip())).collect();
    if within.is_empty() { Err(NotPublic) } else { Ok(within) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(found: &[&str]) -> Result<Vec<String>, NotPublic> {
        let found = found.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0));
        within(UrlPolicy::Public, found).map(|within| within.iter().map(|address| address.ip().to_string()).collect())
    }

    #[test]
    fn a_name_that_stands_for_a_private_address_is_refused() {
        for inside in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:169.254.169.254", "fd00:ec2::254"] {
            assert!(public(&[inside]).is_err(), "{inside}");
        }
        assert!(public(&[]).is_err());
    }

    #[test]
    fn of_several_addresses_the_public_ones_are_left() {
        assert_eq!(public(&["10.0.0.1", "8.8.8.8", "::1"]).unwrap(), ["8.8.8.8"]);
    }

    #[tokio::test]
    async fn the_name_of_this_machine_is_refused() {
        let resolved = Resolver(UrlPolicy::Public).resolve("localhost".parse().unwrap()).await;
        assert!(resolved.err().is_some_and(|error| error.is::<NotPublic>()));
        assert!(Resolver(UrlPolicy::Anywhere).resolve("localhost".parse().unwrap()).await.is_ok());
    }
}
