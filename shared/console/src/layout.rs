//! What all pages have in common: title, navigation, notice and the token of the forms.

use crate::assets::TAG;
use crate::request::{PageRequest, SignedIn};

/// Frame of a page.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) title: String,
    /// Relative address of `/console/`.
    pub(crate) root: String,
    /// Entry of the navigation that the page belongs to.
    pub(crate) section: &'static str,
    /// Tenant of the person. Empty before the sign-in.
    pub(crate) tenant: String,
    pub(crate) form_token: String,
    /// Outcome of the change that led to the page.
    pub(crate) notice: &'static str,
}

/// Entry of the navigation: path and label.
pub(crate) const SECTIONS: [(&str, &str); 9] = [
    ("home", "Home"),
    ("coupons", "Coupons"),
    ("redemptions", "Redemptions"),
    ("workflows", "Workflows"),
    ("executions", "Executions"),
    ("events", "Events"),
    ("contacts", "Contacts"),
    ("keys", "Keys"),
    ("audit", "Audit log"),
];

/// Notices by the value of the query parameter `done`.
const NOTICES: [(&str, &str); 16] = [
    ("created", "The coupon was created."),
    ("saved", "The changes were saved."),
    ("unchanged", "Nothing was changed."),
    ("paused", "The coupon is paused. Shops cannot apply or redeem it."),
    ("activated", "The coupon is active."),
    ("deleted", "The coupon was deleted."),
    ("rolled_back", "The redemption was rolled back."),
    ("published", "The version was published."),
    ("workflow_paused", "The workflow is paused. Events start no executions of it."),
    ("workflow_created", "The workflow was created. It runs after it is published."),
    ("restored", "The version was restored as the draft. It runs after it is published."),
    ("retried", "The execution runs again from its failed step."),
    ("cancelled", "The execution was cancelled."),
    ("erased", "The contact was erased. Its data in stored records is removed within about two minutes."),
    ("revoked", "The key was revoked."),
    ("workflow_deleted", "The workflow was deleted."),
];

impl Layout {
    /// Creates the frame of a page of a section.
    pub(crate) fn new(
        request: &PageRequest,
        person: &SignedIn,
        section: &'static str,
        title: impl Into<String>,
    ) -> Self {
        let done = request.query("done");
        Self {
            title: title.into(),
            root: request.root(),
            section,
            tenant: person.tenant.clone(),
            form_token: person.form_token.clone(),
            notice: NOTICES.iter().find(|(name, _)| *name == done).map_or("", |(_, notice)| notice),
        }
    }

    /// Creates the frame of a page for people who have not signed in.
    pub(crate) fn public(request: &PageRequest, title: &str) -> Self {
        let (tenant, form_token) = (String::new(), String::new());
        Self { title: title.to_owned(), root: request.root(), section: "", tenant, form_token, notice: "" }
    }

    /// Returns the relative address of the assets.
    pub(crate) fn assets(&self) -> String {
        format!("{}assets/{TAG}", self.root)
    }

    /// Returns the entries of the navigation.
    pub(crate) fn sections(&self) -> &'static [(&'static str, &'static str)] {
        &SECTIONS
    }
}
