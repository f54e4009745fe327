import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

/** Keeps texts secret at rest. */
export interface Sealing {
  /** Names the key without giving it away. */
  readonly keyId: string;
  /** The text, readable only with the key and for what it was sealed for. */
  seal(text: string, purpose: string): string;
  /** Undefined when it was sealed with another key, for something else, or was changed. */
  unseal(sealed: string, purpose: string): string | undefined;
}

const version = "v1";

/** AES-256-GCM. The key is derived from any text, so that a key of another tool's form can be given. */
export function openSealing(secret: string): Sealing {
  const key = createHash("sha256").update(`paydown sealing ${secret}`).digest();
  const keyId = createHash("sha256").update(key).digest("hex").slice(0, 8);
  return {
    keyId,
    seal(text, purpose) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(purpose));
      const bytes = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return [version, keyId, Buffer.concat([nonce, cipher.getAuthTag(), bytes]).toString("base64")].join(".");
    },
    unseal(sealed, purpose) {
      const [kind, id, text = ""] = sealed.split(".");
      if (kind !== version || id !== keyId) return undefined;
      const bytes = Buffer.from(text, "base64");
      if (bytes.length < 28) return undefined;
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12), { authTagLength: 16 });
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(12, 28));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8");
      } catch {
        // The tag does not fit: another key, another purpose, or somebody changed it.
        return undefined;
      }
    },
  };
}
