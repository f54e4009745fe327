import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** One HTTP/1.1 connection, kept alive, without delay; one call at a time. Cheap, so that a bench measures the server. */
export interface Connection {
  call(method: string, path: string, body?: object): Promise<Answer>;
  close(): void;
}

/** Milliseconds a connection is trusted to be open without having been used. */
const mostRest = 2000;

export async function openConnection(base: string): Promise<Connection> {
  const { hostname, port } = new URL(base);
  const host = `${hostname}:${port}`;
  let socket = await open(hostname, Number(port));
  let used = performance.now();
  return {
    async call(method, path, body) {
      // Servers close connections that rest for some seconds, and clients' pools open new ones before that.
      if (socket.destroyed || performance.now() - used > mostRest) {
        socket.destroy();
        socket = await open(hostname, Number(port));
      }
      const text = body === undefined ? "" : JSON.stringify(body);
      const head =
        body === undefined ? "" : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
      const answer = nextAnswer(socket);
      socket.write(`${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${head}\r\n${text}`);
      return await answer.finally(() => {
        used = performance.now();
      });
    },
    close: () => void socket.destroy(),
  };
}

function open(hostname: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, hostname);
    socket.setNoDelay(true);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      // Read on, so that an end is noticed at rest too.
      socket.resume();
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });
}

function nextAnswer(socket: Socket): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    let length = 0;
    const take = (chunk: Buffer) => {
      received.push(chunk);
      length += chunk.length;
      // A long body is not joined again for each of its pieces: only its end is looked at.
      if (received.length > 1 && !mayBeWhole(received, length)) return;
      const answer = parse(received.length === 1 ? chunk : Buffer.concat(received));
      if (answer === undefined) return;
      socket.off("data", take);
      socket.off("close", fail);
      resolve(answer);
    };
    const fail = () => reject(new RangeError("the server closed the connection"));
    socket.on("data", take);
    socket.once("close", fail);
  });
}

const announced = new WeakMap<Buffer, number | "chunked">();

/** Whether enough has come for a whole answer, by what its first piece announced. */
function mayBeWhole(received: readonly Buffer[], length: number): boolean {
  const first = received[0] as Buffer;
  let expected = announced.get(first);
  if (expected === undefined) {
    const end = first.indexOf("\r\n\r\n");
    if (end < 0) return true;
    const size = /content-length: *(\d+)/i.exec(first.toString("latin1", 0, end))?.[1];
    expected = size === undefined ? "chunked" : end + 4 + Number(size);
    announced.set(first, expected);
  }
  if (expected !== "chunked") return length >= expected;
  const last = received.at(-1) as Buffer;
  return last.length < 7 || last.subarray(-5).equals(lastChunk);
}

const lastChunk = Buffer.from("0\r\n\r\n");

function parse(whole: Buffer): Answer | undefined {
  const end = whole.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = whole.toString("latin1", 0, end);
  const status = Number(head.slice(9, 12));
  const size = /content-length: *(\d+)/i.exec(head)?.[1];
  if (size !== undefined) {
    const body = whole.subarray(end + 4, end + 4 + Number(size));
    return body.length < Number(size) ? undefined : { status, body };
  }
  if (!whole.subarray(-5).equals(lastChunk)) return undefined;
  const pieces: Buffer[] = [];
  for (let at = end + 4; ; ) {
    const line = whole.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const bytes = Number.parseInt(whole.toString("latin1", at, line), 16);
    if (bytes === 0) return { status, body: Buffer.concat(pieces) };
    pieces.push(whole.subarray(line + 2, line + 2 + bytes));
    at = line + 4 + bytes;
  }
}
