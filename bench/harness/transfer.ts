import { connect } from "node:net";

/**
 * Sends or fetches one file over a connection of its own and answers the milliseconds it took. Plain sockets, because a client
 * that parses and copies on the same cores would be measured in place of the server.
 */
export async function upload(address: string, content: Uint8Array): Promise<number> {
  const { took, head } = await exchange(address, "PUT", content);
  if (!/^HTTP\/1\.1 2\d\d /.test(head)) throw new RangeError(`the upload was answered ${head.slice(0, 200)}`);
  return took;
}

/** As `upload`; throws unless the answer is a 200 with at least so many bytes. */
export async function download(address: string, bytes: number): Promise<number> {
  const { took, head, received } = await exchange(address, "GET");
  if (!head.startsWith("HTTP/1.1 200 ") || received < bytes) {
    throw new RangeError(`${received} of ${bytes} bytes came back after ${head.slice(0, 200)}`);
  }
  return took;
}

function exchange(address: string, method: string, content?: Uint8Array) {
  const { hostname, port, pathname } = new URL(address);
  const buffer = Buffer.allocUnsafeSlow(512 * 1024);
  return new Promise<{ took: number; head: string; received: number }>((resolve, reject) => {
    const began = performance.now();
    let head = "";
    let received = 0;
    const socket = connect({
      host: hostname,
      port: Number(port),
      onread: {
        buffer,
        callback(length) {
          if (head.length < 1024) head += buffer.toString("latin1", 0, Math.min(length, 1024));
          received += length;
          return true;
        },
      },
    });
    socket.once("error", reject);
    socket.once("close", () => resolve({ took: performance.now() - began, head, received }));
    const length = content === undefined ? "" : `content-length: ${content.length}\r\n`;
    socket.write(`${method} ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nconnection: close\r\n${length}\r\n`);
    if (content !== undefined) socket.write(content);
  });
}
