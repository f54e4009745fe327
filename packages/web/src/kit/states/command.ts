/** Commands of empty states, with this server's address filled in, ready to be pasted. */

export function paydown(words: string, project: string): string {
  return `paydown ${words} --project ${project} --url ${globalThis.location.origin}`;
}

/** Scans the folder one stands in and sends the report here; nothing of the repository is executed. */
export function scanCommand(project: string): string {
  const path = `${globalThis.location.origin}/api/v1/projects/${project}/scans`;
  return `(printf '{"report":'; paydown scan . --format json; printf '}') | curl -H 'content-type: application/json' --data-binary @- ${path}`;
}
