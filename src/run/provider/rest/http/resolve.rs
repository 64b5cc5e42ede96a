//! From a host's name to the addresses that are connected to: those that may not be asked are left out.
//!
//! This is the last look before a connection is made, on the very addresses that the connection gets, so
//! that a name which changes its address between two looks gains nothing.

use std::net::SocketAddr;
use std::sync::Arc;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::hosts::Hosts;
use crate::run::provider::FetchError;

/// Looks names up and keeps the addresses that the hosts' rules let through.
#[derive(Debug, Clone)]
pub(super) struct Screened {
    pub(super) inner: Arc<dyn Resolver>,
    pub(super) hosts: Arc<Hosts>,
}

impl Resolver for Screened {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        // The user's own proxy may be anywhere; it is the proxy that looks up the hosts behind it.
        if config.proxy().is_some_and(|proxy| proxy.uri().authority() == uri.authority()) {
            return Ok(found);
        }
        let mut kept = self.empty();
        let mut refusal = None;
        for address in &found {
            match self.check(uri, *address) {
                Ok(()) => kept.push(*address),
                Err(error) => refusal = Some(error),
            }
        }
        match refusal {
            Some(error) if kept.is_empty() => Err(Error::Other(Box::new(error))),
            _ => Ok(kept),
        }
    }
}

impl Screened {
    fn check(&self, uri: &Uri, address: SocketAddr) -> Result<(), FetchError> {
        let host = uri.host().unwrap_or_default();
        self.hosts.check_ip(host, &format!("{host}:{}", address.port()), address.ip())
    }
}
