//! What a person needs to know to use the stack, on standard output.

use std::io::{self, Write};
use std::path::Path;

use couponflow_local::StackInfo;

/// Prints how to reach the stack, with requests to paste. An `empty` one has no coupon yet.
pub(crate) fn stack(info: &StackInfo, empty: bool) {
    let StackInfo { api_url, keys, mail_url, .. } = info;
    let create = format!(
        r#"
Create a coupon, as an operator does:

  curl -X POST {api_url}/v1/coupons \
    -H 'authorization: Bearer {}' -H 'content-type: application/json' \
    -d '{{"code":"MEMBER20","name":"New member","discount":{{"type":"percentage","percent_off":20}}}}'
"#,
        keys.admin,
    );
    print(&format!(
        r#"
The stack is up.

  API         {api_url}
  storefront  {storefront}
  server      {server}
  admin       {admin}
  mail        {mail_url}
  for scripts .local/stack.json
{create}
Apply a code, as a storefront does:

  curl -X POST {api_url}/v1/apply \
    -H 'authorization: Bearer {storefront}' -H 'content-type: application/json' \
    -d '{{"code":"MEMBER20","customer":{{"email":"dana@example.com","first_name":"Dana"}},{order}}}'

Redeem it, as a shop's server does:

  curl -X POST {api_url}/v1/redeem \
    -H 'authorization: Bearer {server}' -H 'content-type: application/json' \
    -d '{{"code":"MEMBER20","customer":{{"email":"dana@example.com","first_name":"Dana"}},{order}}}'

Read the mail it caused:

  curl {mail_url}

Ctrl-C stops everything.
"#,
        create = if empty { create.as_str() } else { "" },
        storefront = keys.storefront,
        server = keys.server,
        admin = keys.admin,
        order = r#""order":{"id":"order_1","currency":"USD","lines":[{"product_id":"prod_plan","product_type":"one_time","quantity":1,"unit_amount":4900}]}"#,
    ));
}

/// Prints where tools are.
pub(crate) fn tools(directory: &Path) {
    print(&format!("{}\n", directory.display()));
}

/// What nobody reads any more is let go.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
