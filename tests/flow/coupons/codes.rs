//! Unique codes: generation, import, listing and CSV export.

use std::collections::BTreeSet;

use couponflow_tests::shop::{Shop, eventually, text};
use reqwest::header::{ACCEPT, CONTENT_TYPE, LINK, LOCATION};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// Waits for the job that a 202 response names, and returns it.
async fn wait_for_job(shop: &Shop, asked: Response) -> Value {
    let location = asked.headers().get(LOCATION).map(|location| location.to_str().unwrap().to_owned());
    let status = asked.status().as_u16();
    let job: Value = asked.json().await.unwrap();
    assert_eq!(status, 202, "{job:#}");
    let location = location.unwrap();
    assert_eq!(location, format!("/v1/jobs/{}", text(&job["id"])));
    eventually("the job to end", async || Some(shop.get(&location).await).filter(|job| job["status"] != "running"))
        .await
}

/// Follows the links of an export. Returns the rows of each page.
async fn export(shop: &Shop, path: &str) -> Vec<Vec<String>> {
    let (mut answers, mut path) = (Vec::new(), path.to_owned());
    loop {
        let answer = shop.request(Method::GET, &path).header(ACCEPT, "text/csv").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/csv; charset=utf-8");
        let link = answer.headers().get(LINK).map(|link| link.to_str().unwrap().to_owned());
        let csv = answer.text().await.unwrap();
        let mut lines = csv.lines().map(str::to_owned);
        assert_eq!(lines.next().unwrap(), "code,status,created_at,redeemed_at,redemption_id");
        answers.push(lines.collect());
        match link {
            None => return answers,
            Some(link) => {
                let next = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
                path = format!("{}{next}", path.split('?').next().unwrap());
            }
        }
    }
}

#[tokio::test]
async fn five_hundred_codes_are_generated_listed_and_exported() {
    let shop = Shop::open("codes").await;
    let coupon = shop.coupon("VIP50", json!({})).await;
    let path = format!("/v1/coupons/{coupon}/codes");
    let asked = shop.request(Method::POST, &path).json(&json!({"count": 500, "prefix": "vip"})).send().await.unwrap();
    let job = wait_for_job(&shop, asked).await;
    assert_eq!((&job["type"], &job["coupon_id"]), (&json!("generate_codes"), &json!(coupon)));
    assert_eq!((&job["status"], &job["done"], &job["failed"]), (&json!("completed"), &json!(500), &json!(0)));
    assert!(!job.to_string().contains("seed"));

    let codes = eventually("500 codes in the export", async || {
        Some(export(&shop, &path).await).filter(|answers| answers[0].len() == 500)
    })
    .await;
    let rows: BTreeSet<&str> = codes[0].iter().map(String::as_str).collect();
    assert_eq!((codes.len(), rows.len()), (1, 500));
    assert!(codes[0].is_sorted());
    for row in &rows {
        let columns: Vec<&str> = row.split(',').collect();
        assert!(columns[0].starts_with("VIP") && columns[0].len() == 16 && columns[2].ends_with('Z'), "{row}");
        assert_eq!((columns[1], &columns[3..]), ("available", &["", ""][..]), "{row}");
    }
    let in_parts = export(&shop, &format!("{path}?limit=200")).await;
    let sizes: Vec<usize> = in_parts.iter().map(Vec::len).collect();
    assert!(sizes == [200, 200, 100], "{sizes:?}");
    assert_eq!(in_parts.concat(), codes[0]);
    assert!(export(&shop, &format!("{path}?status=redeemed")).await.concat().is_empty());

    let first = shop.get(&format!("{path}?limit=2")).await;
    let second = shop.get(&format!("{path}?limit=2&cursor={}", text(&first["next_cursor"]))).await;
    let listed = [&first["data"][0], &first["data"][1], &second["data"][0], &second["data"][1]];
    for (listed, row) in listed.iter().zip(&codes[0]) {
        assert!(row.starts_with(listed["code"].as_str().unwrap()));
        assert_eq!((&listed["status"], &listed["redeemed_at"]), (&json!("available"), &Value::Null));
    }
}

#[tokio::test]
async fn an_import_reports_every_faulty_line_and_every_taken_code() {
    let shop = Shop::open("import").await;
    let coupon = shop.coupon("PARTNER", json!({})).await;
    shop.coupon("SUMMER26", json!({})).await;
    let path = format!("/v1/coupons/{coupon}/codes");
    let import = async |file: &'static str| {
        shop.request(Method::POST, &path)
            .header(CONTENT_TYPE, "text/csv; charset=utf-8")
            .body(file)
            .send()
            .await
            .unwrap()
    };
    let refused = import("code\r\nGOOD1\r\nb-a-d\r\ngood1\r\n").await;
    assert_eq!(refused.status().as_u16(), 422);
    let refused: Value = refused.json().await.unwrap();
    let expected = json!([
        {"pointer": "line:3", "detail": "must be 3 to 40 letters (A to Z) and digits"},
        {"pointer": "line:4", "detail": "repeats the code of line 2"},
    ]);
    assert_eq!(refused["errors"], expected);

    let job = wait_for_job(&shop, import("code\r\nGOOD1\r\nsummer26\r\nGOOD2\r\n").await).await;
    assert_eq!((&job["type"], &job["status"]), (&json!("import_codes"), &json!("completed")));
    assert_eq!((&job["count"], &job["done"], &job["failed"]), (&json!(3), &json!(3), &json!(1)));
    assert_eq!((&job["errors"][0]["line"], &job["errors"][0]["code"]), (&json!(3), &json!("SUMMER26")));
    let listed = eventually("two codes", async || {
        let list = shop.get(&path).await["data"].as_array().unwrap().clone();
        (list.len() == 2).then_some(list)
    })
    .await;
    assert_eq!(
        (&listed[0]["code"], &listed[1]["code"]),
        (&json!("GOOD1"), &json!("GOOD2")),
        "the rejected file has added nothing"
    );
}

#[tokio::test]
async fn invalid_code_requests_are_rejected_with_the_faulty_parameter() {
    let shop = Shop::open("codes-refused").await;
    let coupon = shop.coupon("VIP50", json!({})).await;
    let path = format!("/v1/coupons/{coupon}/codes");
    let guessable = shop.post(&path, json!({"count": 10, "length": 5})).await;
    assert_eq!((guessable.status, &guessable.body["errors"][0]["pointer"]), (422, &json!("/length")));
    assert!(text(&guessable.body["errors"][0]["detail"]).contains("allow_guessable"), "{}", guessable.body);
    let unknown = "/v1/coupons/cpn_01KAP2V7E8QJ6D0Y4T3M5N9R1C/codes";
    assert_eq!(shop.post(unknown, json!({"count": 10})).await.status, 404);
    let long = shop.request(Method::POST, &path).header(CONTENT_TYPE, "text/csv").body("A".repeat(4_000_001));
    assert_eq!(long.send().await.unwrap().status().as_u16(), 413);
    for (query, pointer) in
        [("status=lost", "?status"), ("cursor=!", "?cursor"), ("cursor=IQ", "?cursor"), ("limit=101", "?limit")]
    {
        let got = shop.send(Method::GET, &format!("{path}?{query}"), &shop.keys.admin, None).await;
        assert_eq!((got.status, &got.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{query}");
    }
    let server = shop.send(Method::GET, &path, &shop.keys.server, None).await;
    assert_eq!(server.status, 403);
    let job = shop.send(Method::GET, "/v1/jobs/job_01KAP2V7E8QJ6D0Y4T3M5N9R1C", &shop.keys.admin, None).await;
    assert_eq!(job.status, 404);
}
