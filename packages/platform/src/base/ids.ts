import { randomBytes } from "node:crypto";
import type { Clock } from "./clock.js";

/** Makes identities. Seeded in tests. */
export interface Ids {
  /** 26 characters, sortable by time (ULID: 48 bits of milliseconds, 80 random bits, Crockford base 32). */
  ulid(): string;
  /** Lower-case hex of that many random bytes; MLflow's run ids are `hex(16)`. */
  hex(bytes: number): string;
}

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export function createIds(clock: Clock, random: (size: number) => Uint8Array = randomBytes): Ids {
  return {
    ulid() {
      let time = clock.now();
      let head = "";
      for (let i = 0; i < 10; i++) {
        head = alphabet.charAt(time % 32) + head;
        time = Math.floor(time / 32);
      }
      let tail = "";
      for (const byte of random(16)) tail += alphabet.charAt(byte & 31);
      return head + tail;
    },
    hex: (bytes) => Buffer.from(random(bytes)).toString("hex"),
  };
}
