import { ApiError } from "@paydown/api/client";
import { OctagonX } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "#kit/controls/button.jsx";
import { TextField } from "#kit/controls/field.jsx";
import { signIn } from "#kit/data/client.js";
import css from "./states.module.css";

/** What failed, its code, and the next step, in the place that failed. The rest of the page lives. */
export function Failure({
  error,
  what,
  retry,
}: {
  readonly error: unknown;
  readonly what: string;
  readonly retry?: (() => void) | undefined;
}) {
  const told = tell(error);
  return (
    <section className={css.failure} role="alert">
      <header>
        <OctagonX size={16} aria-hidden />
        {what} could not be shown
        <code>{told.code}</code>
      </header>
      <p>{told.message}</p>
      <p>{told.next}</p>
      {told.status === 401 ? <SignIn /> : null}
      {retry === undefined || told.status === 401 ? null : (
        <div>
          <Button onClick={retry}>Try again</Button>
        </div>
      )}
    </section>
  );
}

function SignIn() {
  const [user, setUser] = useState("");
  const [secret, setSecret] = useState("");
  function enter(event: FormEvent) {
    event.preventDefault();
    const name = user.trim();
    // A password may begin or end with a space; a token never does.
    signIn(name === "" ? { secret: secret.trim() } : { user: name, secret });
    globalThis.location.reload();
  }
  return (
    <form onSubmit={enter}>
      <TextField
        label="User"
        hint="Leave it empty to come in with a token."
        autoComplete="username"
        value={user}
        onChange={(event) => setUser(event.target.value)}
      />
      <TextField
        label="Token or password"
        type="password"
        autoComplete="current-password"
        value={secret}
        onChange={(event) => setSecret(event.target.value)}
        required
      />
      <Button kind="primary" type="submit">
        Sign in for this tab
      </Button>
    </form>
  );
}

/** Any thrown thing as code, message and next step. */
export function tell(error: unknown): { code: string; message: string; next: string; status: number } {
  if (error instanceof ApiError)
    return { code: error.code, message: error.message, next: error.next, status: error.status };
  if (error instanceof TypeError) {
    return {
      code: "WEB_SERVER_UNREACHABLE",
      message: "The server did not answer.",
      next: "Check that `paydown up` still runs, then try again.",
      status: 0,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "WEB_UNEXPECTED",
    message,
    next: "Reload the page; if it stays, report it with the code and the address of the page.",
    status: 0,
  };
}
