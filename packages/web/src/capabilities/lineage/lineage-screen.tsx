import { useSearchFields } from "#routes/use-place.js";
import { Explorer } from "./explorer.jsx";
import { Overview } from "./overview.jsx";

/** Without a focus the graph collapsed by kind; with one, one hop each way. Never everything on arrival. */
export function Screen() {
  const { focus } = useSearchFields();
  return focus === undefined || !focus.includes(":") ? <Overview /> : <Explorer key={focus} focus={focus} />;
}
