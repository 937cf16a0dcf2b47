//! The network of a client, for rate limits. An attacker who controls one address often controls its neighbours, too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns the network of an IP address: the first 24 bits of an IPv4 address, or the first 64 bits of an IPv6 address.
/// Returns `None` if the text is not an IP address.
pub fn client_network(address: &str) -> Option<String> {
    Some(match address.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(address) => {
            let network = address.to_bits() & (u128::MAX << 64);
            format!("{}/64", Ipv6Addr::from_bits(network))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_addresses_have_one_network() {
        for (address, network) in [
            ("203.0.113.9", Some("203.0.113.0/24")),
            ("203.0.113.255", Some("203.0.113.0/24")),
            ("::ffff:203.0.113.9", Some("203.0.113.0/24")),
            ("2001:db8:1:2:3:4:5:6", Some("2001:db8:1:2::/64")),
            ("2001:0DB8:1:2::", Some("2001:db8:1:2::/64")),
            ("shop.example.com", None),
            ("203.0.113.9, 10.0.0.1", None),
            ("", None),
        ] {
            assert_eq!(client_network(address).as_deref(), network, "{address}");
        }
    }
}
