//! Pages rendered from canned responses: the documented examples of the API. The snapshots are in `snapshots/`. To
//! accept a change, run the test with `INSTA_UPDATE=always` and read the difference.

use couponflow_domain::automation::actions::StepKind;
use couponflow_domain::automation::workflow::Definition;
use couponflow_domain::automation::workflow::edit::{EditRequest, edit};
use couponflow_domain::delivery::webhook::UrlPolicy;
use couponflow_domain::kernel::input;

use couponflow_http::Operation;
use couponflow_http::doc::samples;
use serde_json::{Value, json};

use crate::api::{Api, ApiBody, ApiRequest, ApiResponse};
use crate::assets::TAG;
use crate::request::{PageRequest, SignedIn};
use crate::response::{PageBody, PageResponse};
use crate::router::answer;
use crate::sign_in::sign_in_page;

/// Answers each operation with its documented example, or with another response.
#[derive(Default)]
struct Canned {
    other: Vec<(Operation, u16, Value)>,
    sent: std::cell::RefCell<Vec<ApiRequest>>,
}

fn example(operation: Operation) -> Value {
    let list = |entry: Value| json!({"data": [entry], "next_cursor": "bmV4dA"});
    match operation {
        Operation::ListCoupons => list(json!(samples::coupons::coupon())),
        Operation::ReadCoupon | Operation::CreateCoupon | Operation::EditCoupon | Operation::PauseCoupon => {
            json!(samples::coupons::coupon())
        }
        Operation::ReadCouponStatistics => json!(samples::coupons::coupon_statistics()),
        Operation::ReadStatistics => json!(samples::coupons::statistics()),
        Operation::ListCodes => list(json!(samples::codes::unique_code())),
        Operation::IssueCodes | Operation::ReadJob => json!(samples::coupons::job()),
        Operation::ListEvents => list(samples::event(couponflow_domain::events::event::EventType::CouponRedeemed)),
        Operation::ListExecutions => list(json!(samples::automation::execution())),
        Operation::ReadExecution | Operation::RetryExecution => json!(samples::automation::execution()),
        Operation::ListRedemptions => list(json!(samples::purchases::redemption_record())),
        Operation::ReadRedemption => json!(samples::purchases::redemption_record()),
        Operation::RollBackRedemption => json!(samples::purchases::rolled_back()),
        Operation::ListWorkflows => list(json!(samples::automation::workflow())),
        Operation::ReadWorkflow | Operation::CreateWorkflow | Operation::SaveWorkflow => {
            json!(samples::automation::reviewed_workflow())
        }
        Operation::ListWorkflowVersions => list(json!(samples::automation::workflow_version())),
        Operation::ListContacts => list(json!(samples::contacts::contact())),
        Operation::DryRunWorkflow => json!({"data": [samples::automation::dry_run()], "next_cursor": "bmV4dA"}),
        Operation::PreviewOrder => order_preview(),
        Operation::ListKeys => list(json!(samples::tenants::key())),
        Operation::ListAuditEntries => list(json!(samples::tenants::audit_entry())),
        Operation::ReadContact => json!(samples::contacts::contact()),
        other => panic!("there is no canned response to {}", other.name()),
    }
}

/// Documented response to a preview of an order.
fn order_preview() -> Value {
    let document: Value = serde_json::from_str(include_str!("../../http/openapi.json")).unwrap();
    document["paths"]["/v1/preview"]["post"]["responses"]["200"]["content"]["application/json"]["example"].clone()
}

/// Makes an edit like the API, because every page of the editor asks for one.
fn edited(request: &ApiRequest) -> (u16, Value) {
    let Some(ApiBody::Json(body)) = &request.body else { panic!("{request:?}") };
    let request = match input::read(body, EditRequest::read) {
        Ok(request) => request,
        Err(faults) => return (422, json!({"detail": "The request is invalid.", "errors": faults})),
    };
    match edit(&request.document, &request.edit) {
        Ok(edited) => {
            let faults = Definition::review(&edited.document, UrlPolicy::Public).err().unwrap_or_default();
            let inverse = json!(edited.inverse);
            (200, json!({"document": edited.document, "inverse": inverse, "faults": faults, "warnings": []}))
        }
        Err(fault) => (422, json!({"detail": "The request is invalid.", "errors": [fault.in_request()]})),
    }
}

impl Api for Canned {
    async fn send(&self, request: ApiRequest) -> ApiResponse {
        let operation = request.operation;
        let edited = (operation == Operation::EditWorkflowDocument).then(|| edited(&request));
        self.sent.borrow_mut().push(request);
        let etag = Some("\"1\"".to_owned());
        match self.other.iter().find(|(known, _, _)| *known == operation) {
            Some((_, status, body)) => ApiResponse { status: *status, etag, body: body.clone() },
            None => match edited {
                Some((status, body)) => ApiResponse { status, etag: None, body },
                None => ApiResponse { status: 200, etag, body: example(operation) },
            },
        }
    }
}

fn request(method: &str, address: &str, form: &[(&str, &str)]) -> PageRequest {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    PageRequest {
        method: method.to_owned(),
        path: path.split('/').map(str::to_owned).collect(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        form: form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        now: "2026-11-27T12:00:00Z".parse().unwrap(),
        nonce: "nonce".to_owned(),
    }
}

fn person() -> SignedIn {
    SignedIn { form_token: "form-token".to_owned(), tenant: "demo".to_owned() }
}

async fn get(api: &Canned, address: &str) -> PageResponse {
    answer(api, &request("GET", address, &[]), &person()).await
}

async fn post(api: &Canned, address: &str, form: &[(&str, &str)]) -> PageResponse {
    let form = [&[("form_token", "form-token")], form].concat();
    answer(api, &request("POST", address, &form), &person()).await
}

/// Returns the page without the part of the addresses that changes with every asset.
fn html(response: &PageResponse) -> String {
    let PageBody::Text(html) = &response.body else { panic!("{response:?}") };
    html.replace(TAG, "TAG")
}

fn header<'a>(response: &'a PageResponse, name: &str) -> &'a str {
    response.headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

const COUPON: &str = "coupons/cpn_01KAP2V7E8QJ6D0Y4T3M5N9R1C";

#[tokio::test]
async fn pages_show_the_documented_responses() {
    for (name, address) in [
        ("home", "home".to_owned()),
        ("coupons", "coupons?status=active".to_owned()),
        ("coupon", format!("{COUPON}?done=created")),
        ("coupon-new", "coupons/new".to_owned()),
        ("coupon-edit", format!("{COUPON}/edit")),
        ("coupon-delete", format!("{COUPON}/delete")),
        ("codes", format!("{COUPON}/codes")),
        ("job", format!("{COUPON}/jobs/job_1")),
        ("redemptions", "redemptions?code=FLASH20".to_owned()),
        ("redemption", "redemptions/rdm_1".to_owned()),
        ("rollback", "redemptions/rdm_1/rollback".to_owned()),
        ("workflows", "workflows".to_owned()),
        ("workflow", "workflows/wfl_1".to_owned()),
        ("workflow-new", "workflows/new".to_owned()),
        ("workflow-edit", "workflows/wfl_1/edit".to_owned()),
        ("workflow-delete", "workflows/wfl_1/delete".to_owned()),
        ("executions", "executions?status=failed".to_owned()),
        ("execution", "executions/exe_1".to_owned()),
        ("events", "events?type=CouponRedeemed&from=2026-11-01&to=2026-11-30".to_owned()),
        ("contacts", "contacts".to_owned()),
        ("contact", "contacts/ctc_1".to_owned()),
        ("erase", "contacts/ctc_1/erase".to_owned()),
        ("dry-run", "workflows/wfl_1/try".to_owned()),
        ("test", "coupons/test?codes=FLASH20,WELCOME5&price=100+USD".to_owned()),
        ("keys", "keys".to_owned()),
        ("key-revoke", "keys/key_1/revoke".to_owned()),
        ("audit", "audit".to_owned()),
    ] {
        let page = get(&Canned::default(), &address).await;
        assert_eq!(page.status, 200, "{name}: {}", html(&page));
        insta::assert_snapshot!(name, html(&page));
    }
}

#[tokio::test]
async fn empty_lists_say_what_to_do() {
    let empty = || json!({"data": [], "next_cursor": null});
    let lists = [
        Operation::ListCoupons,
        Operation::ListCodes,
        Operation::ListEvents,
        Operation::ListExecutions,
        Operation::ListRedemptions,
        Operation::ListWorkflows,
        Operation::ListContacts,
    ];
    let api = Canned { other: lists.map(|operation| (operation, 200, empty())).into(), ..Canned::default() };
    for (address, advice) in [
        ("home", "Create a coupon, then apply its code"),
        ("coupons", "Create the first coupon"),
        ("coupons?status=paused", "Show all coupons"),
        ("redemptions", "Redeem a code in your shop"),
        ("redemptions?order_id=1", "Show all redemptions"),
        ("workflows", "Create the first workflow"),
        ("executions", "Publish a workflow"),
        ("events", "Apply or redeem a code in your shop"),
        ("contacts", "Shops create contacts"),
    ] {
        let page = html(&get(&api, address).await);
        assert!(page.contains(advice), "{address}: {page}");
    }
}

#[test]
fn sign_in_page_asks_for_a_key_or_uses_a_link() {
    insta::assert_snapshot!("sign-in", html(&sign_in_page(&request("GET", "sign-in", &[]), 200, "")));
    let of_link = html(&sign_in_page(&request("GET", "sign-in?token=abc", &[]), 200, ""));
    assert!(of_link.contains("name=\"link_token\" value=\"abc\"") && !of_link.contains("type=\"password\""));
    let again = html(&sign_in_page(&request("POST", "sign-in?token=abc", &[]), 401, "This key is <wrong>."));
    assert!(again.contains("This key is &#60;wrong&#62;.") && again.contains("type=\"password\""), "{again}");
}

#[tokio::test]
async fn faults_of_the_api_are_shown_at_their_fields_and_values_are_kept() {
    let problem = json!({"status": 422, "detail": "The request is invalid.", "errors": [
        {"pointer": "/discount/percent_off", "detail": "must be at most 100"},
        {"pointer": "/thresholds/0", "detail": "requires max_redemptions"},
        {"pointer": "", "detail": "is too large"}]});
    let api = Canned { other: vec![(Operation::CreateCoupon, 422, problem)], ..Canned::default() };
    let form = [("code", "A<b>"), ("discount_type", "percentage"), ("percent_off", "120")];
    let page = post(&api, "coupons/new", &form).await;
    let text = html(&page);
    assert_eq!(page.status, 422);
    assert!(text.contains("3 faults") && text.contains("href=\"#f-percent_off\""), "{text}");
    assert!(text.contains("aria-describedby=\"h-percent_off e-percent_off\" aria-invalid=\"true\""), "{text}");
    assert!(text.contains("value=\"A&#60;b&#62;\"") && text.contains("value=\"120\""), "{text}");
    let sent = api.sent.borrow();
    assert_eq!(sent.last().map(|request| request.operation), Some(Operation::CreateCoupon));
}

#[tokio::test]
async fn unchanged_form_changes_nothing_and_a_changed_name_changes_only_the_name() {
    let coupon = json!(samples::coupons::coupon());
    let api = Canned::default();
    let page = html(&get(&api, &format!("{COUPON}/edit")).await);
    assert!(page.contains(coupon["name"].as_str().unwrap()), "{page}");
    let form = [
        ("etag", "\"1\""),
        ("name", "Other"),
        ("discount_type", "percentage"),
        ("percent_off", "20"),
        ("duration", "once"),
        ("combinable", "on"),
        ("release_on", "payment_failed"),
    ];
    let stale = post(&api, &format!("{COUPON}/edit"), &[("etag", "\"0\"")]).await;
    assert_eq!(stale.status, 412);
    let saved = post(&api, &format!("{COUPON}/edit"), &form).await;
    assert_eq!(saved.status, 303);
    let sent = api.sent.borrow();
    let edit = sent.iter().rfind(|request| request.operation == Operation::EditCoupon).expect("an edit");
    assert_eq!(edit.if_match.as_deref(), Some("\"1\""));
    let Some(ApiBody::Json(patch)) = &edit.body else { panic!("{edit:?}") };
    assert_eq!((&patch["name"], patch.get("duration")), (&json!("Other"), None));
}

#[tokio::test]
async fn form_without_the_token_of_the_session_is_rejected() {
    let api = Canned::default();
    for token in ["", "other"] {
        let forged = request("POST", &format!("{COUPON}/pause"), &[("form_token", token)]);
        assert_eq!(answer(&api, &forged, &person()).await.status, 403);
    }
    assert_eq!(*api.sent.borrow(), []);
    let paused = post(&api, &format!("{COUPON}/pause"), &[]).await;
    assert_eq!(paused.status, 303);
    assert!(header(&paused, "location").ends_with("?done=paused"), "{paused:?}");
}

#[tokio::test]
async fn text_of_people_is_escaped_everywhere() {
    let hostile = "<script>alert(1)</script>\" onload=\"x";
    let mut coupon = json!(samples::coupons::coupon());
    coupon["name"] = json!(hostile);
    coupon["metadata"] = json!({"note": hostile});
    let list = json!({"data": [coupon.clone()], "next_cursor": null});
    let other = vec![(Operation::ReadCoupon, 200, coupon), (Operation::ListCoupons, 200, list)];
    let api = Canned { other, ..Canned::default() };
    let mut checked = 0;
    for page in ["home", "coupons", COUPON, &format!("{COUPON}/edit"), &format!("{COUPON}/delete")] {
        let html = html(&get(&api, page).await);
        assert!(!html.contains("<script>alert") && !html.contains("\" onload"), "{page}: {html}");
        checked += html.matches("&#60;script&#62;alert").count();
    }
    assert!(checked >= 5, "the name is shown {checked} times");
}

#[tokio::test]
async fn problem_of_the_api_becomes_a_page_with_its_status() {
    let problem = json!({"status": 404, "detail": "The coupon does not exist."});
    let api = Canned { other: vec![(Operation::ReadCoupon, 404, problem)], ..Canned::default() };
    let page = get(&api, COUPON).await;
    assert!(page.status == 404 && html(&page).contains("The coupon does not exist."), "{page:?}");
    assert_eq!(get(&Canned::default(), "nothing").await.status, 404);
}

#[tokio::test]
async fn fault_of_a_search_is_shown_at_its_field() {
    let problem = json!({"status": 422, "detail": "The request is invalid.",
        "errors": [{"pointer": "?customer_email", "detail": "must be an e-mail address"}]});
    let api = Canned { other: vec![(Operation::ListRedemptions, 422, problem)], ..Canned::default() };
    let page = get(&api, "redemptions?customer_email=ana").await;
    let text = html(&page);
    assert_eq!(page.status, 422);
    assert!(
        text.contains("id=\"e-customer_email\">must be an e-mail address") && text.contains("value=\"ana\""),
        "{text}"
    );
}

/// Returns the value of an attribute after a mark in the page.
fn attribute(html: &str, mark: &str, name: &str) -> String {
    let (_, rest) = html.split_once(mark).unwrap_or_else(|| panic!("{mark} is in {html}"));
    let (_, rest) = rest.split_once(&format!("{name}=\"")).unwrap();
    rest.split('"')
        .next()
        .unwrap()
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
}

/// Editor of a workflow, driven through its buttons.
struct Editor {
    api: Canned,
    page: String,
    status: u16,
}

impl Editor {
    async fn open(address: &str) -> Self {
        let api = Canned::default();
        let page = get(&api, address).await;
        Self { status: page.status, page: html(&page), api }
    }

    /// Presses a button with this value, after entering the fields.
    async fn press(&mut self, value: &str, fields: &[(&str, &str)]) {
        let held = ["etag", "document", "undo", "open", "idempotency_key"];
        let held = held.map(|name| (name, attribute(&self.page, &format!("type=\"hidden\" name=\"{name}\""), "value")));
        let held = held.each_ref().map(|(name, value)| (*name, value.as_str()));
        let page = post(&self.api, "workflows/new", &[&held[..], fields, &[("do", value)]].concat()).await;
        self.status = page.status;
        if page.status == 303 {
            return;
        }
        self.page = html(&page);
    }

    /// Presses the button with this label.
    async fn click(&mut self, label: &str, fields: &[(&str, &str)]) {
        let (before, _) =
            self.page.split_once(&format!(">{label}")).unwrap_or_else(|| panic!("{label}: {}", self.page));
        let button = before.rsplit_once("<button").unwrap().1.to_owned();
        self.press(&attribute(&button, "name=\"do\"", "value"), fields).await;
    }

    fn document(&self) -> Value {
        serde_json::from_str(&attribute(&self.page, "type=\"hidden\" name=\"document\"", "value")).unwrap()
    }
}

#[tokio::test]
async fn workflow_is_built_by_buttons_from_an_empty_one() {
    let mut editor = Editor::open("workflows/new").await;
    assert!(editor.page.contains("Still to do before the workflow can be saved"), "{}", editor.page);
    editor.press("apply", &[("name", "New <member>")]).await;
    editor.click("Choose the trigger", &[]).await;
    editor.press("apply", &[("trigger", "coupon_redeemed")]).await;
    editor.click("Add condition", &[]).await;
    editor.press("apply", &[("field", "coupon_code")]).await;
    editor.press("apply", &[("operator", "is"), ("value", "MEMBER20")]).await;
    editor.click("Add a step", &[]).await;
    editor.click("Add tag", &[]).await;
    assert!(editor.page.contains("id=\"f-tag\"") && !editor.page.contains("aria-invalid=\"true\""), "{}", editor.page);
    editor.press("apply", &[("tag", ""), ("step_id", "tag")]).await;
    assert!(
        editor.page.contains("1 field to complete") && editor.page.contains("aria-invalid=\"true\""),
        "{}",
        editor.page
    );
    editor.press("apply", &[("tag", "Member20-Used"), ("step_id", "tag")]).await;
    editor.click("Add a step", &[]).await;
    editor.click("Send email", &[]).await;
    let mail = [
        ("step_id", "welcome"),
        ("subject", "Welcome, {{customer.first_name|default('friend')}}"),
        ("text", "Hi\r\nthere"),
    ];
    editor.press("apply", &mail).await;
    let expected = json!({
        "name": "New <member>",
        "trigger": {"type": "coupon_redeemed",
            "filters": [{"field": "coupon_code", "operator": "is", "value": "MEMBER20"}]},
        "steps": [
            {"id": "tag", "type": "add_tag", "tag": "Member20-Used"},
            {"id": "welcome", "type": "send_email",
                "subject": "Welcome, {{customer.first_name|default('friend')}}", "text": "Hi\nthere"}]});
    assert_eq!(editor.document(), expected);
    assert!(!editor.page.contains("Still to do"), "{}", editor.page);
    insta::assert_snapshot!("workflow-editor", editor.page);
    editor.press("save", &[]).await;
    assert_eq!(editor.status, 303);
    let sent = editor.api.sent.borrow();
    let created = sent.last().unwrap();
    assert_eq!((created.operation, created.idempotency_key.as_deref()), (Operation::CreateWorkflow, Some("nonce")));
    assert_eq!(created.body, Some(ApiBody::Json(expected)));
}

#[tokio::test]
async fn undo_takes_back_every_edit_of_the_editor() {
    let mut editor = Editor::open("workflows/new").await;
    let empty = editor.document();
    editor.press("apply", &[("name", "Other")]).await;
    editor.press("edit {\"type\":\"set_trigger\",\"trigger\":{\"type\":\"coupon_applied\"}}", &[]).await;
    editor.click("Add group", &[]).await;
    for kind in StepKind::IN_DOCUMENTS {
        let name: &str = (*kind).into();
        editor.click("Add a step<span class=\"hidden\"> at the end", &[]).await;
        editor.click(&format!("{}<small>", crate::format::title(name)), &[]).await;
        assert_eq!(editor.status, 200, "{name}");
    }
    editor.click("Move to…", &[]).await;
    editor.click("The workflow itself<small>", &[]).await;
    editor.click("Duplicate", &[]).await;
    editor.click("Add branch", &[]).await;
    editor.click("Remove<span", &[]).await;
    assert_eq!(editor.document()["steps"].as_array().unwrap().len(), StepKind::IN_DOCUMENTS.len() + 1);
    let mut undone = 0;
    while editor.page.contains(">Undo<") {
        editor.press("undo", &[]).await;
        assert_eq!(editor.status, 200);
        undone += 1;
    }
    assert_eq!((editor.document(), undone), (empty, StepKind::IN_DOCUMENTS.len() + 7));
}

#[tokio::test]
async fn edit_that_breaks_a_reference_is_made_only_when_it_is_confirmed() {
    let mut editor = Editor::open("workflows/new").await;
    let document = json!({"name": "Bonus", "trigger": {"type": "coupon_redeemed"}, "steps": [
        {"id": "bonus", "type": "generate_coupon", "coupon": {"name": "B", "discount": {"type": "percentage", "percent_off": 5}}},
        {"id": "offer", "type": "notify", "channel": "email", "to": ["a@example.com"], "subject": "x", "text": "{{steps.bonus.code}}"}]});
    editor.click("Edit as JSON", &[]).await;
    editor.press("apply", &[("json", "{")]).await;
    assert!(editor.status == 422 && editor.page.contains("This is not valid JSON"), "{}", editor.page);
    editor.press("apply", &[("json", &document.to_string())]).await;
    assert_eq!(editor.document(), document);
    editor.click("Remove<span", &[]).await;
    assert_eq!((editor.status, editor.document()), (422, document));
    editor.click("Make the change anyway", &[]).await;
    assert_eq!(editor.document()["steps"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn faults_of_a_save_are_shown_and_the_document_is_kept() {
    let problem = json!({"status": 422, "detail": "The request is invalid.",
        "errors": [{"pointer": "/steps/0/tag", "detail": "is missing"}]});
    let mut editor = Editor::open("workflows/new").await;
    editor.api.other = vec![(Operation::CreateWorkflow, 422, problem)];
    editor.press("edit {\"type\":\"add_step\",\"step\":{\"type\":\"add_tag\"},\"at\":{}}", &[]).await;
    editor.press("save", &[]).await;
    assert_eq!((editor.status, editor.document()["steps"][0]["type"].as_str()), (422, Some("add_tag")));
    assert!(
        editor.page.contains("The workflow was not saved") && editor.page.contains("href=\"#step-add_tag\""),
        "{}",
        editor.page
    );
    editor.press("dance", &[]).await;
    assert_eq!(editor.status, 400);
}

#[tokio::test]
async fn secret_of_a_new_key_is_shown_once() {
    let created = json!({"id": "key_1", "secret": "cf_server_secret"});
    let api = Canned { other: vec![(Operation::CreateKey, 201, created)], ..Canned::default() };
    let page = html(&post(&api, "keys", &[("name", "Checkout"), ("scope", "server"), ("idempotency_key", "k1")]).await);
    assert!(page.contains("<code>cf_server_secret</code>") && page.contains("not shown again"), "{page}");
    let key = api.sent.borrow()[0].idempotency_key.clone();
    assert_eq!(key.as_deref(), Some("k1"));
    assert!(!html(&get(&api, "keys").await).contains("cf_server_secret"));
}

#[tokio::test]
async fn price_that_is_no_amount_is_a_fault_of_its_field() {
    let page = get(&Canned::default(), "coupons/test?codes=A1B&price=100").await;
    assert!(page.status == 422 && html(&page).contains("id=\"e-price\""), "{page:?}");
}

#[tokio::test]
async fn rollback_says_what_each_reason_does() {
    let mut coupon = json!(samples::coupons::coupon());
    coupon["release_on"] = json!(["refunded"]);
    let api = Canned { other: vec![(Operation::ReadCoupon, 200, coupon)], ..Canned::default() };
    let text = html(&get(&api, "redemptions/rdm_1/rollback").await);
    assert!(text.contains("Refunded: the redemption becomes available again"), "{text}");
    assert!(text.contains("Order cancelled: the redemption stays used"), "{text}");
    let done = post(&api, "redemptions/rdm_1/rollback", &[("reason", "refunded")]).await;
    assert_eq!(header(&done, "location"), "../rdm_1?done=rolled_back");
    let sent = api.sent.borrow();
    let expected = ApiBody::Json(json!({"reason": "refunded"}));
    assert_eq!(sent.last().and_then(|request| request.body.clone()), Some(expected));
}
