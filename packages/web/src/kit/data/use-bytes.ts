import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { signedHeaders } from "./client.js";

export interface FileHead {
  readonly bytes: Uint8Array;
  /** Size of the whole file. */
  readonly total: number;
}

/** The first bytes of a file of this server, at most `most`; whatever the server sends, no more is read. */
async function readHead(href: string, most: number, signal?: AbortSignal): Promise<FileHead> {
  const response = await fetch(href, {
    headers: { range: `bytes=0-${most - 1}`, ...signedHeaders() },
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.status === 416) return { bytes: new Uint8Array(), total: 0 };
  if (!response.ok) throw new RangeError(`The file was answered with ${response.status}.`);
  const bytes = await readMost(response, most);
  const range = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
  const length = response.headers.get("content-length");
  return { bytes, total: Number(range ?? length ?? bytes.length) };
}

async function readMost(response: Response, most: number): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < most) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value.subarray(0, most - length));
    length += value.length;
  }
  await reader.cancel();
  const bytes = new Uint8Array(Math.min(length, most));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function useHead(href: string, most: number, hash: string): UseQueryResult<FileHead> {
  return useQuery({
    queryKey: ["bytes", href, most, hash],
    queryFn: ({ signal }) => readHead(href, most, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
}

/** Saves a file: by its own link, or through this page where who asks must be told, which a link cannot. */
export async function saveFile(href: string, name: string): Promise<void> {
  const link = document.createElement("a");
  link.download = name;
  const headers = signedHeaders();
  if (headers.authorization === undefined) {
    link.href = href;
    link.click();
    return;
  }
  const response = await fetch(href, { headers });
  if (!response.ok) throw new RangeError(`The file was answered with ${response.status}.`);
  const url = URL.createObjectURL(await response.blob());
  link.href = url;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
