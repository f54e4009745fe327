import { createLineMap, lineAt } from "#facts/lines.js";
import { findSecrets } from "#facts/secrets.js";
import { defineRule, type FileRule } from "#rule.js";

const configFile =
  /(^|\/)(\.env(\.[\w-]+)?|[^/]*\.(ya?ml|json|toml|ini|cfg|conf|properties|sh|tf|tfvars|env|txt|md|xml)|Dockerfile[^/]*|docker-compose[^/]*|Makefile|credentials|\.netrc|\.pypirc|\.npmrc)$/i;
const generated =
  /(^|\/)(package-lock\.json|yarn\.lock|poetry\.lock|uv\.lock|pnpm-lock\.yaml|conda-lock\.ya?ml|.*\.min\.js(on)?|\.env\.(example|sample|template|dist))$/i;
const maxBytes = 1_000_000;

// Joined at run time, so that this file holds no text that looks like a credential.
const exampleKey: string = ["AKIA", "Z7QW3RT5YU8IOP2K"].join("");
const examplePassword: string = ["tR8f", "Kq2Zp9Lm4Xw7"].join("");

/** Credentials in code, notebooks (outputs too) and configuration. The secret is never quoted. */
const rule: FileRule = defineRule({
  code: "MLD903",
  slug: "secret-in-code-config-notebook",
  family: "priv",
  tier: "on",
  origin: "gitleaks; detect-secrets (formats from the issuers' documentation)",
  evidence: ["T", "N", "C"],
  confidence: "high",
  principalClass: "config",
  effort: 30,
  fix: "advice",
  securitySeverity: 8.5,
  summary: "A credential stands in the repository.",
  why: "Everybody with a clone, a fork or a rendered notebook has it, for as long as the history lives.",
  remedy: "Revoke it at its issuer first; then read it from the environment or a secret store.",
  examples: {
    bad: [
      `key = '${exampleKey}'  # finding\n`,
      `db_password = "${examplePassword}"  # finding\n`,
      { "config.yml": `user: reader\napi_key: "${examplePassword}"  # finding\n` },
      {
        "a.ipynb": {
          cells: [
            {
              source: "print(key)",
              count: 1,
              outputs: [{ output_type: "stream", name: "stdout", text: [`${exampleKey}\n`] }],
            },
          ],
        },
      },
    ],
    good: [
      "import os\npassword = os.environ['DB_PASSWORD']\napi_key = 'your-api-key-here'\n",
      "token = 'EXAMPLE_TOKEN_1234'\nsecret_name = 'projects/1/secrets/a2b'\n",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's placeholder is what is meant
      { "config.yml": "password: ${DB_PASSWORD}\ntoken: <token>\n" },
      "max_tokens = '4096'\npad_token = '<pad>'\n",
      { "package-lock.json": `{"token": "${examplePassword}"}` },
    ],
  },
  check(facts, report) {
    if (facts.isTest) return;
    for (const secret of findSecrets(facts.text)) {
      report({
        at: { offset: secret.offset },
        message: `A ${secret.kind} is written into the code.`,
        confidence: secret.confidence,
        identity: secret.identity,
      });
    }
    for (const cell of facts.cells) {
      for (const output of cell.outputs) {
        for (const secret of findSecrets(output.text)) {
          report({
            at: { cell: cell.number, rawLine: output.rawLine },
            message: `A ${secret.kind} is printed in the output of cell ${cell.number}.`,
            confidence: secret.confidence,
            identity: `output ${secret.identity}`,
          });
        }
      }
      if (cell.type === "code" && !cell.foreign) continue;
      for (const secret of findSecrets(cell.source))
        report({
          at: { cell: cell.number },
          message: `A ${secret.kind} stands in cell ${cell.number}.`,
          confidence: secret.confidence,
          identity: secret.identity,
        });
    }
  },
  checkProject(project, report) {
    for (const { path, bytes } of project.files) {
      if (
        !configFile.test(path) ||
        generated.test(path) ||
        bytes > maxBytes ||
        /(^|\/)(tests?|docs?|fixtures?)\//.test(path)
      )
        continue;
      const text = project.readText(path, maxBytes);
      if (text === undefined) continue;
      const secrets = findSecrets(text);
      if (secrets.length === 0) continue;
      const lines = createLineMap(text);
      for (const secret of secrets)
        report(path, {
          at: { line: lineAt(lines, secret.offset) },
          message: `A ${secret.kind} stands in ${path.slice(path.lastIndexOf("/") + 1)}.`,
          confidence: secret.confidence,
          identity: secret.identity,
        });
    }
  },
});

export default rule;
