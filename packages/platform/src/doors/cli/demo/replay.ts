import type { Client } from "@paydown/api/client";
import { recordOutcomes } from "@paydown/api/serving";
import { errors } from "../errors.js";
import type { Day, Example } from "./example.js";
import type { Progress } from "./progress.js";

export interface ReplayOptions {
  readonly example: Example;
  readonly client: Client;
  readonly url: string;
  readonly project: string;
  readonly deployment: string;
  readonly days: readonly Day[];
  /** Added to the data's own times: whole weeks, so that weekdays stay. */
  readonly shift: number;
  readonly rowsPerRequest: number;
  /** Who asks, with the share of requests. */
  readonly consumers: readonly { readonly name: string; readonly share: number }[];
  readonly data: string;
}

export interface Replayed {
  readonly requests: number;
  readonly rows: number;
  /** The last prediction made, `<requestId>/<row>`. */
  readonly last: string;
}

const parallelDays = 4;
/** What really happened is known six hours after the scheduled departure. */
const outcomeDelay = 6 * 3_600_000;

/** Asks the endpoint about each day's flights, then tells it what really happened. */
export async function replayDays(options: ReplayOptions, progress: Progress): Promise<Replayed> {
  const waiting = [...options.days];
  let requests = 0;
  let rows = 0;
  let done = 0;
  let last = "";
  await Promise.all(
    Array.from({ length: parallelDays }, async () => {
      for (let day = waiting.shift(); day !== undefined; day = waiting.shift()) {
        const answer = await replayDay(options, day);
        requests += answer.requests;
        rows += answer.rows;
        last = answer.last;
        done++;
        progress.update(done / options.days.length, new Date(day.at).toISOString().slice(0, 10));
      }
    }),
  );
  return { requests, rows, last };
}

async function replayDay(options: ReplayOptions, day: Day): Promise<Replayed> {
  const { example, rowsPerRequest, shift } = options;
  let last = "";
  let requests = 0;
  const outcomes: { requestId: string; row: number; value: number; at: number }[] = [];
  for (let start = 0; start < day.flights.length; start += rowsPerRequest) {
    const flights = day.flights.slice(start, start + rowsPerRequest);
    const eventTime = (flights[0]?.at ?? day.at) + shift;
    const id = `${new Date(day.at).toISOString().slice(0, 10)}-${start}`;
    const body = example.replay.toRequest(
      flights.map((one) => one.inputs),
      id,
      eventTime,
    );
    const requestId = await ask(options, body, consumerOf(options, requests));
    flights.forEach((flight, row) => {
      outcomes.push({ requestId, row, value: flight.late, at: flight.at + shift + outcomeDelay });
    });
    last = `${requestId}/0`;
    requests++;
  }
  if (outcomes.length > 0) await options.client.call(recordOutcomes, { project: options.project, outcomes });
  return { requests, rows: outcomes.length, last };
}

/** Shares are kept exactly over every ten requests of a day. */
function consumerOf(options: ReplayOptions, request: number): string {
  const place = (request % 10) / 10;
  let sum = 0;
  for (const consumer of options.consumers) {
    sum += consumer.share;
    if (place < sum - 1e-9) return consumer.name;
  }
  return options.consumers.at(-1)?.name ?? "unknown";
}

async function ask(options: ReplayOptions, body: object, consumer: string): Promise<string> {
  const response = await fetch(`${options.url}/v2/models/${options.deployment}/infer`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-consumer": consumer },
    body: JSON.stringify(body),
  });
  const reply = (await response.json()) as { parameters?: { prediction_id?: string }; error?: string };
  const id = reply.parameters?.prediction_id;
  if (!response.ok || id === undefined) {
    const problem = reply.error ?? `the endpoint answered ${response.status}`;
    throw errors.CLI_DEMO_STEP_FAILED({ step: "replay", problem, data: options.data });
  }
  return id;
}
