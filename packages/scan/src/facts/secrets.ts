import { createHash } from "node:crypto";

/** A credential found in text. The secret itself never leaves this module: `identity` is a hash of it. */
export interface SecretMatch {
  readonly kind: string;
  readonly offset: number;
  readonly identity: string;
  readonly confidence: "high" | "medium";
}

/** Formats that issuers publish: prefix and alphabet leave no room for chance. */
const issued: readonly (readonly [string, RegExp])[] = [
  ["AWS access key", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g],
  ["GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})\b/g],
  ["GitLab token", /\bglpat-[\w-]{20,}\b/g],
  ["Slack token", /\bxox[abprs]-\d{6,}-[\w-]{10,}\b/g],
  ["Slack webhook", /hooks\.slack\.com\/services\/T\w{6,}\/B\w{6,}\/\w{20,}/g],
  ["OpenAI key", /\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{32,200}\b/g],
  ["Anthropic key", /\bsk-ant-[\w-]{32,200}\b/g],
  ["Hugging Face token", /\bhf_[A-Za-z0-9]{34,}\b/g],
  ["Google API key", /\bAIza[0-9A-Za-z_-]{35}\b/g],
  ["Stripe key", /\b[rs]k_live_[0-9a-zA-Z]{20,}\b/g],
  ["private key", /-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP )?PRIVATE KEY(?: BLOCK)?-----/g],
  ["Azure storage key", /\bAccountKey=[A-Za-z0-9+/]{86}==/g],
  ["password in a URL", /\b[a-z][a-z0-9+.-]{2,20}:\/\/[\w.%-]{1,60}:([^\s:/@'"${}<>%*]{6,80})@[\w.-]+/g],
];

const assigned =
  /(?:^|[\s,{(["'])([\w.-]*(?:password|passwd|pwd|secret|api_?key|access_?key|auth_?token|access_?token|private_?key|client_?secret|credentials?|wandb_?key|token))["']?\s*(?:=|:|=>)\s*["']([^"'\s]{8,200})["']/gim;
const bare =
  /^\s*(?:export\s+)?([\w.-]*(?:PASSWORD|PASSWD|SECRET|API_?KEY|ACCESS_?KEY|AUTH_?TOKEN|ACCESS_?TOKEN|PRIVATE_?KEY|TOKEN))\s*[=:]\s*([^\s"'#${}<>()]{8,200})\s*$/gim;
const loginKey = /\b(?:wandb\.login|login)\s*\(\s*(?:key|token|api_key)?\s*=?\s*["']([A-Za-z0-9_-]{20,})["']/g;

const placeholder =
  /x{3,}|\*{3,}|\.{3}|your|<|>|\$\{|\{\{|%\(|example|sample|change_?me|dummy|placeholder|fake|test|todo|insert|redacted|password|passwd|secret|secure|default|none|null|undefined|token|key_?here|123456|abcdef|qwerty|localhost|env\[|environ|getenv|config\.|settings\.|foo|bar|lorem|admin|root$|minio|postgres|mlflow|airflow|guest/i;
const notSecret =
  /public|(path|file|name|url|uri|endpoint|env|field|column|header|param|type|_id|length|size|count|limit|regex|pattern|tokenizer|tokens|max_token|special|pad|eos|bos|unk|sep|cls|mask|label|prompt)s?$/i;

const maxMatches = 200;

/** Credentials in a text: issued formats surely, assignments to telling names when the value is random enough. */
export function findSecrets(text: string): SecretMatch[] {
  const found = new Map<number, SecretMatch>();
  for (const [kind, pattern] of issued) {
    for (const match of text.matchAll(pattern)) {
      const value = match[1] ?? match[0];
      if (found.size >= maxMatches) return [...found.values()];
      if (kind === "password in a URL" && (placeholder.test(value) || value.length < 6)) continue;
      if (kind !== "private key" && /x{6,}|EXAMPLE|0{8,}|1234567890abcdef/i.test(value)) continue;
      if (kind === "OpenAI key" && entropyOf(value) < 3.5) continue;
      if (
        kind === "private key" &&
        !/^[\s\\n"',]*[A-Za-z0-9+/=:\s-]{40,}/.test(
          text.slice(match.index + match[0].length, match.index + match[0].length + 120),
        )
      )
        continue;
      add(kind, match.index, match[0], "high");
    }
  }
  for (const pattern of [assigned, bare]) {
    for (const match of text.matchAll(pattern)) {
      const [whole, name = "", value = ""] = match;
      if (found.size >= maxMatches) break;
      if (notSecret.test(name) || placeholder.test(value) || !looksRandom(value)) continue;
      add(`value of ${name.replace(/^.*\./, "")}`, match.index + Math.max(0, whole.indexOf(name)), value, "medium");
    }
  }
  for (const match of text.matchAll(loginKey))
    if (looksRandom(match[1] ?? "") && !placeholder.test(match[1] ?? ""))
      add("login key", match.index, match[1] ?? "", "high");
  return [...found.values()].sort((a, b) => a.offset - b.offset);

  function add(kind: string, offset: number, secret: string, confidence: SecretMatch["confidence"]): void {
    const identity = `${kind} ${createHash("sha256").update(secret).digest("hex").slice(0, 16)}`;
    if (
      [...found.values()].some(
        (other) => Math.abs(other.offset - offset) < 120 && other.identity.slice(-16) === identity.slice(-16),
      )
    )
      return;
    if (!found.has(offset)) found.set(offset, { kind, offset, identity, confidence });
  }
}

/** Letters and digits mixed, and more than three bits a character: words and paths have less. */
function looksRandom(value: string): boolean {
  if (/^(https?:|\/|\.\/|[A-Za-z]:\\|s3:|gs:)/.test(value) || /^[a-z]+([-_. ][a-z]+)*$/i.test(value)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length;
  return kinds >= 2 && /\d/.test(value) && entropyOf(value) >= 3;
}

/** Shannon entropy, bits a character. */
function entropyOf(value: string): number {
  const counts = new Map<string, number>();
  for (const sign of value) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}
