//! Who applies codes.

use couponflow_domain::purchases::{Application, ApplicationOwner, ApplicationToken, Maker};
use couponflow_domain::tenants::secret::TenantSecret;

/// Who applies codes.
#[derive(Debug, Clone, Copy)]
pub struct Applicant<'a> {
    /// Secret of the tenant, which keys the ids of the applications.
    pub secret: &'a TenantSecret,
    pub maker: Maker,
    /// Token that the caller sent, or a new token. A new application gets this token.
    pub token: &'a ApplicationToken,
}

impl Applicant<'_> {
    /// Returns the owner of the applications that the applicant makes.
    pub(super) fn owner(&self) -> ApplicationOwner {
        ApplicationOwner { maker: self.maker, token: Some(self.token.digest()) }
    }

    /// Whether the token of the application is the token of this caller, so that the caller may see it.
    pub fn has_token_of(&self, application: &Application) -> bool {
        application.owner.is_proven_by(&self.owner())
    }
}
