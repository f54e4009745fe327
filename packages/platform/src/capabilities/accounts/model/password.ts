import { scrypt, timingSafeEqual } from "node:crypto";

/** Cost of new hashes: 32 MiB and about a fifth of a second; older hashes keep theirs, which is stored with them. */
const cost = { N: 2 ** 15, r: 8, p: 3 };
const hashLength = 32;
/** A stored hash may not ask for more than this, whoever wrote it. */
const most = { N: 2 ** 17, r: 16, p: 8 };

/** `scrypt$<N>$<r>$<p>$<salt>$<hash>`. The salt is 16 random bytes in hex, made by the caller. */
export async function hashPassword(password: string, salt: string): Promise<string> {
  const bytes = Buffer.from(salt, "hex");
  const hash = await derive(password, bytes, cost, hashLength);
  return `scrypt$${cost.N}$${cost.r}$${cost.p}$${bytes.toString("base64")}$${hash.toString("base64")}`;
}

/** Whether the password is the one the stored hash was made of. Against `undefined` it takes as long and is false. */
export async function isPassword(password: string, stored: string | undefined): Promise<boolean> {
  const parsed = stored === undefined ? undefined : parse(stored);
  const { salt, hash, ...work } = parsed ?? { ...cost, salt: Buffer.alloc(16), hash: Buffer.alloc(hashLength) };
  const found = await derive(password, salt, work, hash.length);
  return timingSafeEqual(found, hash) && parsed !== undefined;
}

/** What is wrong with it; undefined for nothing. The well-known ones are what installations are broken into with. */
export function passwordProblem(password: string): string | undefined {
  if (password.length < 12) return `has ${password.length}`;
  if (password.length > 1024) return `has ${password.length}, more than the 1024 that are taken`;
  if (password === "password1234") return "is the default of old MLflow servers, which everybody knows";
  return undefined;
}

function parse(stored: string): { N: number; r: number; p: number; salt: Buffer; hash: Buffer } | undefined {
  const [scheme, N, r, p, salt, hash] = stored.split("$");
  const work = { N: Number(N), r: Number(r), p: Number(p) };
  if (scheme !== "scrypt" || salt === undefined || hash === undefined) return undefined;
  if (!(work.N <= most.N && work.r <= most.r && work.p <= most.p)) return undefined;
  return { ...work, salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
}

function derive(
  password: string,
  salt: Buffer,
  work: { N: number; r: number; p: number },
  length: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N: work.N, r: work.r, p: work.p, maxmem: 160 * work.N * work.r };
    scrypt(password.normalize("NFKC"), salt, length, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
