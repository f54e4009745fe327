import { getSelection, saveSelection } from "@paydown/api/tracking";
import { useMemo, useRef, useState } from "react";
import { client } from "#kit/data/client.js";
import { useOperation } from "#kit/data/use-operation.js";
import { tell } from "#kit/states/failure.jsx";
import { useField, useSetSearch } from "#routes/use-place.js";

/** Beyond so many the URL holds a short id that the server keeps. */
const IN_URL = 20;

/** The picked runs. They are in the URL: as ids up to twenty, beyond that as `@` and a short id under which the server keeps them. */
export function useSelection(project: string) {
  const [text] = useField("pick");
  const set = useSetSearch();
  const [problem, setProblem] = useState<string>();
  // What was picked here and is not named by the server yet.
  const [ahead, setAhead] = useState<ReadonlySet<string>>();
  const turn = useRef(0);
  const named = text?.startsWith("@") === true ? text.slice(1) : undefined;
  const kept = useOperation(getSelection, { project, selectionId: named ?? "" }, { enabled: named !== undefined });
  const picked = useMemo<ReadonlySet<string>>(() => {
    if (ahead !== undefined) return ahead;
    if (named !== undefined) return new Set(kept.data?.runIds);
    return new Set((text ?? "").split(",").filter((id) => id !== ""));
  }, [ahead, named, kept.data, text]);

  function pick(next: ReadonlySet<string>) {
    turn.current += 1;
    const mine = turn.current;
    setProblem(undefined);
    if (next.size <= IN_URL) {
      setAhead(undefined);
      set({ pick: next.size === 0 ? undefined : [...next].join(",") }, { replace: true });
      return;
    }
    setAhead(next);
    client.call(saveSelection, { project, runIds: [...next].slice(0, 10_000) }).then(
      (saved) => {
        if (mine !== turn.current) return;
        set({ pick: `@${saved.selectionId}` }, { replace: true });
      },
      (error: unknown) =>
        mine === turn.current && setProblem(`${tell(error).message} The selection is not in the address.`),
    );
  }
  const error = problem ?? (kept.error === null ? undefined : tell(kept.error).message);
  return { picked, pick, problem: error };
}
