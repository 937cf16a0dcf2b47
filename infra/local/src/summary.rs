//! Prints to standard output how to use the stack.

use std::io::{self, Write};
use std::path::Path;

use couponflow_local::StackInfo;

const ORDER: &str = r#""order":{"id":"order_1","currency":"USD","lines":[{"product_id":"prod_plan","product_type":"one_time","quantity":1,"unit_amount":4900}]}"#;

/// Prints the address and keys of the stack, the link that signs in to the console, and example requests. If `empty` is
/// true, no demonstration has created coupons and workflows. The examples then include a request that creates a coupon,
/// and no request that reads e-mails.
pub(crate) fn stack(info: &StackInfo, console: &str, empty: bool) {
    let (coupon, mail) = if empty { (create_coupon(info), String::new()) } else { (String::new(), read_mail(info)) };
    let StackInfo { mail_url, keys, .. } = info;
    print(&format!(
        r#"
The stack is up. Paste this line into another terminal, or run `eval "$(cargo run -q -- env)"` there:

  {exports}

  console     {console}
              (signs you in once, within an hour)
  e-mails     {mail_url}
  for scripts .local/stack.json
{coupon}
Apply a code (storefront key):

{apply}
Redeem the code (server key):

{redeem}{mail}
Press Ctrl-C to stop the stack.
"#,
        exports = info.exports(),
        apply = purchase(info, "apply", &keys.storefront),
        redeem = purchase(info, "redeem", &keys.server),
    ));
}

fn create_coupon(info: &StackInfo) -> String {
    let body = r#"{"code":"MEMBER20","name":"New member","discount":{"type":"percentage","percent_off":20}}"#;
    format!("\nCreate a coupon (admin key):\n\n{}", post(info, "coupons", &info.keys.admin, body))
}

fn purchase(info: &StackInfo, operation: &str, key: &str) -> String {
    let customer = r#""customer":{"email":"dana@example.com","first_name":"Dana"}"#;
    post(info, operation, key, &format!(r#"{{"code":"MEMBER20",{customer},{ORDER}}}"#))
}

fn post(info: &StackInfo, path: &str, key: &str, body: &str) -> String {
    let address = &info.api_url;
    format!("  curl {address}/v1/{path} -H 'Authorization: Bearer {key}' \\\n    --json '{body}'\n")
}

fn read_mail(info: &StackInfo) -> String {
    format!("\nRead the e-mails that the workflows sent:\n\n  curl {}\n", info.mail_url)
}

/// Prints a shell command that exports the address and the keys of the stack.
pub(crate) fn exports(info: &StackInfo) {
    print(&format!("{}\n", info.exports()));
}

/// Prints the directory of the installed tools.
pub(crate) fn tools(directory: &Path) {
    print(&format!("{}\n", directory.display()));
}

/// Writes to standard output. Ignores errors, such as a closed pipe.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
