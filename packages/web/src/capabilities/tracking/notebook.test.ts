import { expect, test } from "vitest";
import { readNotebook } from "./notebook.jsx";

test("cells and outputs become text and images; HTML is left out and said", () => {
  const cells = readNotebook(
    JSON.stringify({
      cells: [
        {
          cell_type: "code",
          execution_count: 3,
          source: ["a\n", "b"],
          outputs: [
            { output_type: "display_data", data: { "text/html": "<script>1</script>" } },
            { output_type: "display_data", data: { "image/png": "javascript:alert(1)", "text/plain": "x" } },
            { output_type: "error", traceback: ["\u001b[31mKeyError\u001b[0m"] },
          ],
        },
      ],
    }),
  );
  expect(cells?.[0]).toMatchObject({ kind: "code", count: 3, source: "a\nb" });
  expect(cells?.[0]?.outputs).toEqual([
    { text: "", image: undefined, failed: false, left: true },
    { text: "x", image: undefined, failed: false, left: false },
    { text: "KeyError", image: undefined, failed: true, left: false },
  ]);
  expect(readNotebook('{"cells": [')).toBeUndefined();
  expect(readNotebook("[1]")).toBeUndefined();
});
