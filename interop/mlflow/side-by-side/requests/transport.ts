import type { Session } from "../session.ts";

const api = "/api/2.0/mlflow";

/** How requests travel: prefixes, content types, leniency, unknown routes, methods. */
export async function transport({ ask }: Session): Promise<void> {
  await ask("health answers", "GET", "/health", {});
  await ask("the browser's prefix answers as the SDK's does", "POST", "/ajax-api/2.0/mlflow/experiments/search", {
    json: { max_results: 5 },
  });
  await ask("a doubled slash is one", "GET", `//api/2.0/mlflow/experiments/get`, { query: { experiment_id: "0" } });
  await ask("an unknown route", "GET", `${api}/experiments/unheard-of`, { pick: () => "" });
  await ask("an unknown method", "PUT", `${api}/experiments/get`, {});
  await ask("a GET route asked by POST", "POST", `${api}/experiments/get`, { json: { experiment_id: "0" } });
  await ask("a POST route asked by GET", "GET", `${api}/experiments/create`, {});
  for (const [name, type] of [
    ["none", ""],
    ["text", "text/plain"],
    ["form", "application/x-www-form-urlencoded"],
    ["JSON with parameters", "application/json; charset=utf-8"],
    ["JSON in capitals", "Application/JSON"],
  ] as const) {
    await ask(`a body of content type ${name}`, "POST", `${api}/experiments/search`, {
      body: '{"max_results": 5}',
      headers: type === "" ? {} : { "content-type": type },
    });
  }
  const json = { "content-type": "application/json" };
  for (const [name, body] of [
    ["empty", ""],
    ["null", "null"],
    ["a list", "[]"],
    ["a number", "3"],
    ["truncated", '{"max_results": 5'],
    ["JSON in a JSON string", '"{\\"max_results\\": 5}"'],
    ["an unknown field beside a known one", '{"max_results": 5, "colour": "red"}'],
    ["camelCase", '{"maxResults": 5}'],
    ["both spellings of a field", '{"maxResults": 5, "max_results": 5}'],
    ["an integer as text", '{"max_results": "5"}'],
    ["an integer with a fraction", '{"max_results": 5.0}'],
    ["a fraction", '{"max_results": 5.5}'],
    ["an integer as words", '{"max_results": "five"}'],
    ["a boolean for an integer", '{"max_results": true}'],
    ["a list for an integer", '{"max_results": [5]}'],
    ["a null field", '{"max_results": null}'],
    ["a huge integer", '{"max_results": 123456789012345678901234567890}'],
    ["an enum by name", '{"max_results": 5, "view_type": "ALL"}'],
    ["an enum by number", '{"max_results": 5, "view_type": 2}'],
    ["an unknown enum name", '{"max_results": 5, "view_type": "SOME"}'],
    ["an unknown enum number", '{"max_results": 5, "view_type": 9}'],
    ["a text for a list", '{"max_results": 5, "order_by": "name"}'],
    ["a number for a text", '{"max_results": 5, "filter": 3}'],
  ] as const) {
    await ask(`a body that is ${name}`, "POST", `${api}/experiments/search`, { body, headers: json });
  }
  for (const [name, query] of [
    ["a repeated scalar", "max_results=5&max_results=6"],
    ["an unknown key", "max_results=5&colour=red"],
    ["camelCase", "maxResults=5"],
    ["words for a number", "max_results=five"],
    ["an empty number", "max_results="],
    ["a repeated list", "max_results=5&order_by=name&order_by=creation_time DESC"],
    ["an enum", "max_results=5&view_type=ALL"],
    ["nothing", ""],
  ] as const) {
    await ask(`a query with ${name}`, "GET", `${api}/experiments/search`, { query });
  }
}
