import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { shortId } from "#kit/numbers/format.js";
import css from "./controls.module.css";

/** Copies a text and says so. An identity shows seven characters and copies all. */
export function CopyId({
  id,
  label,
  whole = false,
}: {
  readonly id: string;
  readonly label: string;
  readonly whole?: boolean;
}) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button
      type="button"
      className={css.copy}
      title={`${id}: copy`}
      onClick={() => void navigator.clipboard.writeText(id).then(() => setDone(true))}
    >
      <span className="only-read">{`Copy ${label} `}</span>
      {whole ? id : shortId(id)}
      {done ? <Check size={12} aria-hidden /> : <Copy size={12} aria-hidden />}
      <span className="only-read" aria-live="polite">
        {done ? "copied" : ""}
      </span>
    </button>
  );
}
