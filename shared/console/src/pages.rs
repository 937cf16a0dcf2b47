//! Pages, one folder per capability.

pub(crate) mod audit;
pub(crate) mod home;
pub(crate) mod keys;
pub(crate) mod contacts {
    pub(crate) mod detail;
    pub(crate) mod list;
}
pub(crate) mod coupons {
    pub(crate) mod codes;
    pub(crate) mod create;
    pub(crate) mod delete;
    pub(crate) mod detail;
    pub(crate) mod edit;
    pub(crate) mod job;
    pub(crate) mod list;
    mod terms_fields;
    mod terms_read;
    mod terms_write;
    pub(crate) mod test;
}
pub(crate) mod events {
    pub(crate) mod list;
}
pub(crate) mod executions {
    pub(crate) mod detail;
    pub(crate) mod list;
}
pub(crate) mod redemptions {
    pub(crate) mod detail;
    pub(crate) mod list;
}
pub(crate) mod workflows {
    pub(crate) mod detail;
    pub(crate) mod dry_run;
    pub(crate) mod editor;
    mod filter_rows;
    pub(crate) mod list;
    mod tree;
}
