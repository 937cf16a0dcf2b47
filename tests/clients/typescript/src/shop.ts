// A shop that applies, holds, redeems and rolls back codes. It prints what the API returned, as JSON.

import createClient from "openapi-fetch";
import type { components, paths } from "./couponflow.js";

type Problem = components["schemas"]["Problem"];
type Order = components["schemas"]["OrderInput"];

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`set ${name}`);
  return value;
}

function connect(key: string) {
  return createClient<paths>({
    baseUrl: variable("API"),
    headers: { Authorization: `Bearer ${variable(key)}` },
  });
}

function order(id: string): Order {
  return {
    id,
    currency: "USD",
    lines: [{ product_id: "prod_plan", quantity: 2, unit_amount: 2500 }],
  };
}

/** Returns the sentence to show a shopper. The compiler checks each code against the codes of the document. */
function sentence(problem: Problem): string {
  switch (problem.code) {
    case "coupon_not_found":
      return "This code is not valid.";
    case "coupon_expired":
      return "This code has expired.";
    case "limit_reached":
      return "This code has been used up.";
    // @ts-expect-error: the document has no such code.
    case "coupon_lost":
      return "";
    default:
      return problem.detail;
  }
}

/** Returns the data of a successful response, and throws an error for any other response. */
function expect<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

const storefront = connect("STOREFRONT");
const server = connect("SERVER");
const customer = { email: "ana@example.com" };

async function applyOneCodeAgain() {
  const body = { code: "ALPHA20", customer, order: order("ts_1"), application_token: crypto.randomUUID() };
  expect(await storefront.POST("/v1/apply", { body }));
  const applied = expect(await storefront.POST("/v1/apply", { body }));
  if (!("id" in applied)) throw new Error("one code has one application");
  return { total: applied.total.amount, currency: applied.total.currency };
}

async function applySeveralCodes() {
  const body = { codes: ["ALPHA20", "BETA10", "NOSUCHCODE"], customer, order: order("ts_2") };
  const applied = expect(await storefront.POST("/v1/apply", { body }));
  if (!("results" in applied)) throw new Error("several codes have several results");
  const results = applied.results.map((result) =>
    result.status === "applied" ? result.application.total_after_code.amount : sentence(result.rejection),
  );
  return { total: applied.total.amount, results };
}

async function rejectedCode() {
  const { data, error } = await storefront.POST("/v1/apply", {
    body: { code: "NOSUCHCODE", customer, order: order("ts_3") },
  });
  if (data !== undefined || !("code" in error)) throw new Error("the code is rejected");
  return { code: error.code, sentence: sentence(error) };
}

async function redeemOneCode() {
  const redeemed = expect(
    await server.POST("/v1/redeem", { body: { code: "ALPHA20", customer, order: order("ts_4") } }),
  );
  if (!("id" in redeemed)) throw new Error("one code has one redemption");
  return { total: redeemed.total.amount, status: redeemed.status };
}

async function redeemSeveralCodes() {
  const redeemed = expect(
    await server.POST("/v1/redeem", { body: { codes: ["ALPHA20", "BETA10"], customer, order: order("ts_5") } }),
  );
  if (!("redemptions" in redeemed)) throw new Error("several codes have several redemptions");
  return { total: redeemed.total.amount, codes: redeemed.redemptions.map((redemption) => redemption.code) };
}

async function holdRedeemAndRollBack() {
  const held = expect(
    await server.POST("/v1/apply", {
      body: { code: "ALPHA20", customer, order: order("ts_6"), hold: { ttl_seconds: 900 } },
    }),
  );
  if (!("id" in held)) throw new Error("one code has one application");
  const redeemed = expect(
    await server.POST("/v1/redeem", { body: { application_id: held.id, order: order("ts_6") } }),
  );
  if (!("id" in redeemed)) throw new Error("one application has one redemption");
  const rolledBack = expect(
    await server.POST("/v1/redemptions/{id}/rollback", {
      params: { path: { id: redeemed.id } },
      body: { reason: "refunded" },
    }),
  );
  return {
    held: held.hold !== null,
    redeemed: redeemed.status,
    rolledBack: rolledBack.status,
    reason: rolledBack.rollback?.reason,
  };
}

/** Requests that the compiler must reject. Nothing calls this function. */
export async function requestsThatDoNotCompile() {
  // @ts-expect-error: a request has `code` or `codes`.
  await storefront.POST("/v1/apply", { body: { customer, order: order("ts_7") } });
  // @ts-expect-error: a request does not have both.
  await storefront.POST("/v1/apply", { body: { code: "ALPHA20", codes: ["BETA10"], order: order("ts_7") } });
  // @ts-expect-error: a customer has an `email` or an `id`.
  await storefront.POST("/v1/apply", { body: { code: "ALPHA20", customer: {}, order: order("ts_7") } });
  // @ts-expect-error: there is no such reason.
  await server.POST("/v1/redemptions/{id}/rollback", { params: { path: { id: "" } }, body: { reason: "lost" } });
}

console.log(
  JSON.stringify({
    apply: await applyOneCodeAgain(),
    applySeveral: await applySeveralCodes(),
    rejected: await rejectedCode(),
    redeem: await redeemOneCode(),
    redeemSeveral: await redeemSeveralCodes(),
    hold: await holdRedeemAndRollBack(),
  }),
);
