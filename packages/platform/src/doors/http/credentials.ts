import type { FastifyRequest } from "fastify";
import type { Credentials } from "#capabilities/accounts/index.js";

/** `Bearer <token>`, or Basic with a user's password or a token as password; undefined without either. */
export function credentialsOf(request: FastifyRequest): Credentials | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return undefined;
  const address = request.ip;
  const [scheme, value = ""] = header.split(" ", 2);
  if (scheme?.toLowerCase() !== "basic") return { secret: value, address };
  const text = Buffer.from(value, "base64").toString("utf8");
  const at = text.indexOf(":");
  return at < 0 ? { secret: text, address } : { user: text.slice(0, at), secret: text.slice(at + 1), address };
}
